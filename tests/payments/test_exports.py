"""The books as CSV: every line of the period once, the sums of the ledger, nothing secret."""

import csv
import io
import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from payments import services
from payments.exports import HEAD, decimal, rows_of
from payments.models import Adjustment, Charge, LedgerLine
from payments.reports import Period
from scip.accounts.models import User
from scip.audit.models import Entry

pytestmark = pytest.mark.django_db
BOOKS = "/admin/payments/charge/books/"
DAY = timedelta(days=1)


def around_now() -> dict[str, str]:
    today = timezone.localdate(timezone=UTC)
    first, last = (today - DAY).isoformat(), (today + DAY).isoformat()
    return {"first": first, "last": last, "day": "posted_at"}


def download(office: Client, **period: str) -> list[dict[str, str]]:
    response: Any = office.post(BOOKS, period or around_now())
    text = b"".join(response.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def everything(staff: User, participant: User, make_charge: Callable[..., Charge]) -> None:
    """A line of most kinds, in two currencies."""
    services.add_gift(cents=90_000, currency="USD", reason="=HYPERLINK(1)", by=staff)
    grant = services.set_aside(
        cents=50_000, currency="USD", user=participant, reason="Secret need", by=staff
    )
    aid = Adjustment(kind="aid", amount_cents=-50_000, reason="Secret need", grant=grant)
    supported = make_charge(participant, adjustments=[aid])
    lend = make_charge(participant, amount_cents=319_500, gift_cents=30_000)
    foreign = make_charge(participant, currency="EUR", amount_cents=12_345, purpose="other")
    for number, charge in enumerate((supported, lend, foreign)):
        services.record_offline_payment(
            charge,
            method="cheque" if number else "bank",
            reference=f"T {number}",
            amount_cents=services.balance(charge).due_cents,
            received_at=timezone.now() - 2 * DAY,
            by=staff,
        )
    refunds = services.return_money(lend, cents=20_000, by=staff, reason="Kindness")
    services.record_returned(refunds[0], reference="B 1", by=staff)
    services.cancel_charge(foreign, by=staff, reason="Agreed")


def test_the_exports_sums_are_the_ledgers(office, staff, participant, make_charge):
    everything(staff, participant, make_charge)
    rows = download(office)
    assert {row["line"] for row in rows} == set(LedgerLine.objects.values_list("line", flat=True))
    assert len(rows) == LedgerLine.objects.count()
    for side in ("debit", "credit"):
        for found in LedgerLine.objects.values(side, "currency").annotate(sum=Sum("amount_cents")):
            exported = sum(
                Decimal(row["amount"])
                for row in rows
                if row[side] == found[side] and row["currency"] == found["currency"]
            )
            assert exported == Decimal(found["sum"]) / 100


def test_each_line_says_what_bookkeeping_asks(office, staff, participant, make_charge):
    everything(staff, participant, make_charge)
    rows = {row["line"]: row for row in download(office)}
    charge = Charge.objects.get(currency="EUR")
    payment = charge.payments.get()
    row = rows[f"payment-{payment.pk}"]
    assert tuple(row) == HEAD
    assert row["value_day"] == payment.received_at.astimezone(UTC).date().isoformat()
    assert row["posted"].startswith(payment.recorded_at.astimezone(UTC).date().isoformat())
    assert row | {"posted": "", "value_day": ""} == {
        "line": f"payment-{payment.pk}",
        "posted": "",
        "value_day": "",
        "kind": "payment",
        "charge": charge.reference,
        "purpose": "other",
        "text": "Learning cohort 1: tuition",
        "reference": "T 2",
        "debit": "cheque",
        "credit": "receivable",
        "amount": "123.45",
        "currency": "EUR",
    }


def test_no_reason_for_aid_leaves_and_no_cell_is_a_formula(office, staff, participant, make_charge):
    everything(staff, participant, make_charge)
    text = "\n".join("|".join(row.values()) for row in download(office))
    assert "Secret need" not in text
    assert "'=HYPERLINK(1)" in text
    assert participant.name not in text
    assert participant.email not in text


def test_a_period_begins_and_ends_at_the_offices_midnight(office, staff, participant, make_charge):
    moments = {
        "before": datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC),
        "first": datetime(2026, 3, 1, tzinfo=UTC),
        "last": datetime(2026, 3, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        "after": datetime(2026, 4, 1, tzinfo=UTC),
    }
    for name, moment in moments.items():
        make_charge(participant, description=name, now=moment)
    # Whoever is looking: the office's zone counts, not the reader's.
    staff.time_zone = "Pacific/Auckland"
    staff.save()
    rows = download(office, first="2026-03-01", last="2026-03-31")
    assert [row["text"] for row in rows] == ["first", "last"]
    page = office.get(BOOKS, {"first": "2026-03-01", "last": "2026-03-31"})
    receivable = next(row for row in page.context["trial"].standings if row.account == "receivable")
    assert (receivable.opening_cents, receivable.debit_cents, receivable.closing_cents) == (
        289_500,
        2 * 289_500,
        3 * 289_500,
    )
    assert "Download 2 lines as CSV" in page.content.decode()


def test_the_export_is_put_on_record_and_looking_is_not(office, staff, charge):
    office.get(BOOKS)
    assert not Entry.objects.filter(action="books.exported").exists()
    download(office)
    entry = Entry.objects.get(action="books.exported")
    assert entry.actor_id == staff.pk
    assert entry.data == around_now() | {"rows": 1}


def test_a_period_that_runs_backwards_is_asked_again(office, charge):
    page = office.post(BOOKS, {"first": "2026-03-02", "last": "2026-03-01"})
    assert page.status_code == 200
    assert "This day lies before the first one." in page.content.decode()
    assert page.context["trial"] is None
    for odd in ({"first": "x", "last": "y"}, {"first": "0001-01-01", "last": "9999-12-31"}):
        assert office.get(BOOKS, odd).status_code == 200


def test_the_books_are_the_offices_alone(as_user, aid_decider, facilitator, participant, charge):
    for method in ("get", "post"):
        assert getattr(as_user(aid_decider), method)(BOOKS, around_now()).status_code == 403
        for user in (facilitator, participant):
            response = getattr(as_user(user), method)(BOOKS, around_now())
            assert response.status_code == 302
            assert response.url.startswith("/admin/login/?next=")
    assert not Entry.objects.filter(action="books.exported").exists()


@pytest.mark.parametrize("count", [1, 3])
def test_page_and_download_ask_the_same_for_any_length(
    office, staff, participant, make_charge, count
):
    for number in range(count):
        make_charge(participant, description=str(number))
    office.get(BOOKS)
    with CaptureQueriesContext(connection) as queries:
        office.get(BOOKS, around_now())
    assert len(queries) == 15, "\n".join(query["sql"][:120] for query in queries)
    with CaptureQueriesContext(connection) as queries:
        assert len(download(office)) == count
    assert len(queries) == 8, "\n".join(query["sql"][:120] for query in queries)


def test_rows_are_fetched_as_they_are_sent(staff, participant):
    """10,000 lines take no more memory than 2,000 did."""
    now = timezone.now()
    today = timezone.localdate(timezone=UTC)

    def peak() -> int:
        tracemalloc.start()
        count = sum(1 for _row in rows_of(Period(today - DAY, today + DAY), by=staff))
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == Charge.objects.count() + 1
        return most

    def more(count: int) -> None:
        Charge.objects.bulk_create(
            Charge(
                user=participant,
                purpose="x",
                description="x",
                amount_cents=1,
                due_at=now,
                created_at=now,
            )
            for _number in range(count)
        )

    more(2_000)
    small = peak()
    more(8_000)
    assert peak() < small * 1.5


@pytest.mark.parametrize(
    ("cents", "text"), [(289_550, "2895.50"), (5, "0.05"), (-1, "-0.01"), (100, "1.00")]
)
def test_amounts_leave_as_numbers(cents, text):
    assert decimal(cents) == text


def test_a_period_is_whole_days():
    period = Period(date(2026, 3, 1), date(2026, 3, 1))
    assert period.end - period.start == DAY


def test_the_list_of_charges_leads_there(office):
    html = office.get(reverse("admin:payments_charge_changelist")).content.decode()
    assert BOOKS in html
    assert reverse("admin:payments_charge_waiting") in html
