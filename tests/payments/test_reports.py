"""The books reckoned twice, and figures by month."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from payments import services
from payments.models import Charge, LedgerLine
from payments.reports import (
    Period,
    aid_by_month,
    cross_checks,
    income_by_month,
    purpose_name,
    trial_balance,
)
from scip.accounts.models import User
from scip.console.charts import aid_given, money_in
from tests.payments.disputes import disputed
from tests.payments.test_exports import everything

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
type MakeCharge = Callable[..., Charge]


def around_now() -> Period:
    today = timezone.localdate()
    return Period(today - DAY, today + DAY, "posted_at")


def pay(charge: Charge, staff: User, reference: str, **fields: object) -> None:
    values = {
        "method": "bank",
        "amount_cents": services.balance(charge).due_cents,
        "received_at": timezone.now(),
    }
    services.record_offline_payment(charge, reference=reference, by=staff, **values | fields)


def test_the_books_hold_and_both_ways_of_reckoning_agree(staff, participant, make_charge):
    everything(staff, participant, make_charge)
    lost = make_charge(participant)
    pay(lost, staff, "L")
    disputed(lost.payments.get(), "open", "lost", cents=1_000)
    trial = trial_balance(around_now(), by=staff)
    assert trial.holds
    assert set(trial.totals) == {"USD", "EUR"}
    assert trial.line_count == LedgerLine.objects.count()
    checks = cross_checks()
    assert {(check.account, check.currency) for check in checks} == {
        ("receivable", "USD"),
        ("receivable", "EUR"),
        ("aid_fund", "USD"),
    }
    assert all(check.holds for check in checks)
    fund = next(check for check in checks if check.account == "aid_fund")
    assert fund.rows_cents == services.fund_balance("USD") == 50_000


def test_a_line_that_is_missing_shows_as_a_difference(staff, participant, make_charge):
    """Negative control: a ledger that forgets adjustments does not pass."""
    charge = make_charge(participant)
    services.adjust_charge(charge, kind="waiver", cents=-500, reason="Kindness", by=staff)
    assert all(check.holds for check in cross_checks())
    with connection.cursor() as cursor:
        cursor.execute("select pg_get_viewdef('payments_ledgerline'::regclass)")
        (sql,) = cursor.fetchone()
        kept = sql.rstrip(" ;")
        cursor.execute(
            "create or replace view payments_ledgerline as "
            f"select * from ({kept}) as every where kind <> 'adjustment'"
        )
    (check,) = cross_checks()
    assert not check.holds
    assert check.ledger_cents - check.rows_cents == 500


def test_a_trial_balance_that_does_not_add_up_says_so(staff, charge):
    trial = trial_balance(around_now(), by=staff)
    assert trial.holds
    assert not type(trial)(trial.standings[:1], 1).holds


def test_others_see_their_own_lines_only(stranger, participant, staff, charge):
    assert trial_balance(around_now(), by=stranger).standings == ()
    assert trial_balance(around_now(), by=participant).line_count == 1


def test_income_is_what_came_less_what_went_back_by_purpose_and_month(
    staff, participant, make_charge
):
    now = timezone.now()
    first = make_charge(participant)
    pay(first, staff, "A", received_at=now - 70 * DAY)
    refunds = services.return_money(first, cents=9_500, by=staff, reason="Kindness")
    services.record_returned(refunds[0], reference="B", by=staff)
    pay(make_charge(participant, purpose="tuition_level_b", amount_cents=100), staff, "C")
    pay(make_charge(participant, currency="EUR", amount_cents=5_000), staff, "D")
    pay(make_charge(participant), staff, "E", received_at=now - 400 * DAY)
    this, before = (timezone.localdate(at).replace(day=1) for at in (now, now - 70 * DAY))
    found = income_by_month(now - 150 * DAY)
    assert found == [
        (before, "tuition_level_a", "USD", 289_500),
        (this, "tuition_level_a", "EUR", 5_000),
        (this, "tuition_level_a", "USD", -9_500),
        (this, "tuition_level_b", "USD", 100),
    ]
    chart = money_in(now)
    assert chart.series == ("Tuition, Level A", "Tuition, Level B")
    last = chart.rows[-1]
    assert (last.values, last.texts, last.note) == (
        (-9_500, 100),
        ["−USD 95", "USD 1"],
        "EUR 50",
    )
    bars = {row.label: parts for row, parts in chart.drawn}
    assert bars[last.label] == [(2, 0.0, 0.03)]
    assert [parts for label, parts in bars.items() if label != last.label and parts] == [
        [(1, 0.0, 100.0)]
    ]


def test_a_fourth_purpose_and_more_are_one_colour(staff, participant, make_charge):
    for number in range(1, 6):
        charge = make_charge(participant, purpose=f"kind_{number}", amount_cents=number * 100)
        pay(charge, staff, str(number))
    chart = money_in(timezone.now())
    assert chart.series == ("Kind 5", "Kind 4", "Kind 3", "Other")
    assert chart.rows[-1].values == (500, 400, 300, 300)


def test_aid_given_is_net_of_what_was_not_used(staff, participant):
    services.add_gift(cents=100_000, currency="USD", reason="A foundation", by=staff)
    grants = [
        services.set_aside(cents=cents, currency="USD", user=participant, reason="Aid", by=staff)
        for cents in (30_000, 20_000)
    ]
    services.put_back(grants[1], by=staff, reason="Not used")
    now = timezone.now()
    month = timezone.localdate(now).replace(day=1)
    assert aid_by_month(now - DAY) == [(month, "USD", 30_000)]
    assert [row["value"] for row in aid_given(now).rows] == [0, 0, 0, 0, 0, 30_000]
    assert aid_given(now + 400 * DAY).has_figures is False


@pytest.mark.parametrize(
    ("purpose", "words"),
    [("tuition_level_a", "Tuition, Level A"), ("aid_fund", "Aid fund"), ("re_review", "Re review")],
)
def test_purposes_have_names(purpose, words):
    assert purpose_name(purpose) == words
