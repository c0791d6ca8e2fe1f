"""The day on which money moved: told by Stripe, kept beside the day of booking, asked for by the
books."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from payments import services
from payments.gateway import stripe_client
from payments.models import LedgerLine, Payment, SandboxObject
from payments.reports import Period, trial_balance
from payments.services.checkouts import received_at
from tests.payments.conftest import Till
from tests.payments.test_exports import download

DAY = timedelta(days=1)
TOOK_IN = datetime(2027, 3, 31, 22, 30, tzinfo=UTC)
TOLD = datetime(2027, 4, 2, 8, tzinfo=UTC)


def stripe_books(checkout, moment: datetime) -> None:
    """Stripe took the money of this checkout in at ``moment``."""
    row = SandboxObject.objects.get(kind="balance_transaction")
    row.body["created"] = int(moment.timestamp())
    row.save()


@pytest.fixture
def paid(till: Till) -> Payment:
    """Taken in by Stripe on the last day of March; we were told in April."""
    checkout = till.pay()
    stripe_books(checkout, TOOK_IN)
    services.ask_stripe(checkout, now=TOLD)
    return till.charge.payments.get()


def test_a_payment_counts_from_when_stripe_took_it_in(paid):
    assert (paid.received_at, paid.recorded_at) == (TOOK_IN, TOLD)
    line = LedgerLine.objects.get(line=f"payment-{paid.pk}")
    assert (line.value_at, line.posted_at) == (TOOK_IN, TOLD)
    assert paid.receipt.facts["paid_on"] == TOOK_IN.astimezone(paid.charge.user.zone).strftime(
        "%Y-%m-%d"
    )
    assert paid.receipt.issued_at == TOLD


def test_slow_money_counts_from_the_day_it_arrived_not_from_the_visit(till):
    checkout = till.pay(slowly=True)
    services.ask_stripe(checkout)
    SandboxObject.objects.filter(settles_at__isnull=False).update(settles_at=timezone.now())
    with_money = stripe_client().v1.checkout.sessions.retrieve(checkout.session_id)
    assert with_money.payment_status == "paid"
    later = timezone.now() + 3 * DAY
    stripe_books(checkout, later)
    services.ask_stripe(checkout, now=later + DAY)
    assert till.charge.payments.get().received_at == later.replace(microsecond=0)


def test_a_clock_ahead_of_ours_brings_no_day_to_come(till):
    checkout = till.pay()
    now = timezone.now()
    stripe_books(checkout, now + DAY)
    services.ask_stripe(checkout, now=now)
    assert till.charge.payments.get().received_at == now


def test_without_a_booking_the_charge_says_when_and_without_that_the_intent(till):
    checkout = till.pay()
    SandboxObject.objects.filter(kind="balance_transaction").delete()
    row = SandboxObject.objects.get(kind="payment_intent")
    row.body["created"] = int(TOOK_IN.timestamp())
    row.save()
    for path in ("payment_intent.latest_charge.balance_transaction", "payment_intent"):
        session = stripe_client().v1.checkout.sessions.retrieve(
            checkout.session_id, {"expand": [path]}
        )
        assert received_at(session.payment_intent, TOLD) == TOOK_IN


def test_the_books_count_by_either_day(paid, staff, as_user):
    march = {"first": "2027-03-31", "last": "2027-03-31"}
    april = {"first": "2027-04-02", "last": "2027-04-02"}
    line = f"payment-{paid.pk}"
    office = as_user(staff)
    found = {
        (day, period["first"]): line in [row["line"] for row in download(office, **period, day=day)]
        for day in ("value_at", "posted_at")
        for period in (march, april)
    }
    assert found == {
        ("value_at", "2027-03-31"): True,
        ("value_at", "2027-04-02"): False,
        ("posted_at", "2027-03-31"): False,
        ("posted_at", "2027-04-02"): True,
    }
    page = office.get("/admin/payments/charge/books/", march | {"day": "value_at"}).content.decode()
    assert 'value="value_at" selected' in page


@pytest.mark.parametrize("day", ["value_at", "posted_at"])
def test_by_either_day_the_books_of_all_time_are_the_same(paid, staff, day):
    always = trial_balance(Period(date(2020, 1, 1), date(2099, 1, 1), day), by=staff)
    assert always.holds
    assert {row.account: row.closing_cents for row in always.standings} == {
        "receivable": 0,
        "income": -289_500,
        "stripe": 289_500,
    }


def test_an_unknown_day_is_refused(staff, as_user):
    page = as_user(staff).get(
        "/admin/payments/charge/books/",
        {"first": "2027-03-31", "last": "2027-03-31", "day": "charge__user__password"},
    )
    assert page.context["form"].errors["day"]
    assert page.context["period"] is None
