"""Stepping back: the share by the frozen terms, booked so that every account adds up."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from payments import services
from payments.models import Adjustment, Dispute, FundEntry, LedgerLine, Refund
from scip.audit.models import Entry
from scip.requirements import Refusal
from tests.payments.disputes import disputed
from tests.payments.test_charges import bank
from tests.payments.test_ledger import balances

BEFORE = datetime(2098, 12, 1, tzinfo=UTC)
BETWEEN = datetime(2099, 1, 5, tzinfo=UTC)
AFTER = datetime(2099, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "percent", "back", "kept"),
    [(BEFORE, 100, 289_500, 0), (BETWEEN, 50, 144_750, 144_750), (AFTER, 0, 0, 289_500)],
)
def test_what_comes_back_follows_the_terms(charge, staff, now, percent, back, kept):
    bank(charge, 289_500, by=staff)
    plan = services.plan_cancellation(charge, now=now)
    assert (plan.percent, plan.back_cents, plan.kept_cents) == (percent, back, kept)
    assert services.cancel_charge(charge, by=charge.user, reason="Moved", now=now) == plan
    standing = services.balance(charge)
    assert (standing.owed_cents, standing.refunded_cents, standing.due_cents) == (kept, back, 0)
    assert standing.to_return_cents == 0
    assert sum(refund.amount_cents for refund in charge.refunds.all()) == back


def test_an_unpaid_charge_is_owed_no_more(charge, staff):
    plan = services.cancel_charge(charge, by=staff, reason="Offer ended")
    assert (plan.waived_cents, plan.back_cents) == (289_500, 0)
    assert services.balance(charge).owed_cents == 0
    line = charge.adjustments.get()
    assert (line.kind, line.amount_cents) == (Adjustment.Kind.CANCELLATION, -289_500)


def test_cancelling_twice_changes_nothing(charge, staff):
    bank(charge, 289_500, by=staff)
    services.cancel_charge(charge, by=staff, reason="Withdrawn", now=BEFORE)
    services.cancel_charge(charge, by=staff, reason="Other", now=BEFORE)
    charge.refresh_from_db()
    assert charge.cancel_reason == "Withdrawn"
    assert (charge.refunds.count(), charge.adjustments.count()) == (1, 1)
    assert Entry.objects.filter(action="charge.cancelled").count() == 1


def test_money_beyond_what_was_owed_always_comes_back(charge, staff):
    bank(charge, 300_000, by=staff)
    services.cancel_charge(charge, by=staff, reason="Late", now=AFTER)
    assert charge.refunds.get().amount_cents == 10_500
    assert services.balance(charge).owed_cents == 289_500


@pytest.mark.parametrize("cents", [-1, 289_501])
def test_the_office_cannot_send_back_more_than_there_is(charge, staff, cents):
    bank(charge, 289_500, by=staff)
    with pytest.raises(Refusal, match="Between USD 0 and USD 2,895"):
        services.cancel_charge(charge, by=staff, reason="Kind", refund_cents=cents, now=AFTER)
    charge.refresh_from_db()
    assert charge.cancelled_at is None


def test_the_office_may_deviate_with_a_reason(charge, staff):
    bank(charge, 200_000, by=staff)
    bank(charge, 89_500, "T-2", by=staff)
    services.cancel_charge(charge, by=staff, reason="Illness", refund_cents=250_000, now=AFTER)
    assert sorted(charge.refunds.values_list("amount_cents", flat=True)) == [89_500, 160_500]
    assert set(charge.refunds.values_list("reason", flat=True)) == {"Illness"}


def test_what_a_bank_holds_in_a_dispute_is_not_sent_a_second_time(charge, staff):
    payment = bank(charge, 289_500, by=staff)
    Dispute.objects.create(
        charge=charge, payment=payment, reference="dp_1", amount_cents=289_500, currency="USD"
    )
    services.cancel_charge(charge, by=staff, reason="Withdrawn", now=BEFORE)
    assert not Refund.objects.exists()
    assert services.balance(charge).to_return_cents == 289_500


def test_instalments_are_cancelled_with_the_first(charge, staff):
    later = [(96_500, datetime(2098, 1, 1, tzinfo=UTC)), (96_500, datetime(2098, 2, 1, tzinfo=UTC))]
    first, second, third = services.agree_instalments(charge, later=later, by=staff)
    bank(first, 96_500, by=staff)
    bank(second, 96_500, "T-2", by=staff)
    plan = services.cancel_charge(first, by=staff, reason="Withdrawn", now=BETWEEN)
    assert (plan.held_cents, plan.back_cents, plan.waived_cents) == (193_000, 96_500, 96_500)
    assert [services.balance(part).due_cents for part in (first, second, third)] == [0, 0, 0]
    assert balances() == {"receivable": -96_500, "income": -96_500, "bank": 193_000}


def test_aid_and_gifts_go_back_in_the_same_share(participant, staff, make_charge):
    services.add_gift(cents=200_000, currency="USD", reason="A friend", by=staff)
    grant = services.set_aside(
        cents=100_000, currency="USD", user=participant, reason="Supported rate", by=staff
    )
    aid = Adjustment(
        kind="aid", amount_cents=-100_000, reason="Supported rate", author=staff, grant=grant
    )
    charge = make_charge(participant, adjustments=[aid], gift_cents=20_000)
    bank(charge, 189_500, by=staff)
    assert services.fund_balance() == 120_000
    services.cancel_charge(charge, by=staff, reason="Withdrawn", now=BETWEEN)
    back = FundEntry.objects.get(kind="grant_back")
    gone = FundEntry.objects.get(kind="surplus_back")
    assert (back.amount_cents, gone.amount_cents) == (50_000, -10_000)
    assert services.fund_balance() == 160_000
    services.record_returned(charge.refunds.get(), reference="T-9", by=staff)
    # Kept: half of what was paid, half of the aid, less the half of the gift that stays given.
    assert balances() == {
        "gifts": 200_000,
        "aid_fund": -160_000,
        "bank": 94_750,
        "income": -(94_750 + 50_000 - 10_000),
    }


def test_aid_comes_back_in_the_share_of_all_instalments_together(participant, staff, make_charge):
    services.add_gift(cents=89_500, currency="USD", reason="A friend", by=staff)
    grant = services.set_aside(
        cents=89_500, currency="USD", user=participant, reason="Supported rate", by=staff
    )
    aid = Adjustment(kind="aid", amount_cents=-89_500, reason="Supported rate", grant=grant)
    charge = make_charge(participant, adjustments=[aid])
    later = [(100_000, datetime(2098, 1, 1, tzinfo=UTC))]
    first, second = services.agree_instalments(charge, later=later, by=staff)
    bank(first, 100_000, by=staff)
    bank(second, 100_000, "T-2", by=staff)
    services.cancel_charge(first, by=staff, reason="Illness", refund_cents=100_000, now=AFTER)
    assert FundEntry.objects.get(kind="grant_back").amount_cents == 44_750


def test_money_that_was_never_owed_brings_no_aid_back(participant, staff, make_charge):
    services.add_gift(cents=89_500, currency="USD", reason="A friend", by=staff)
    grant = services.set_aside(
        cents=89_500, currency="USD", user=participant, reason="Supported rate", by=staff
    )
    aid = Adjustment(kind="aid", amount_cents=-89_500, reason="Supported rate", grant=grant)
    charge = make_charge(participant, adjustments=[aid])
    bank(charge, 300_000, by=staff)
    services.cancel_charge(charge, by=staff, reason="Withdrawn", now=AFTER)
    assert charge.refunds.get().amount_cents == 100_000
    assert not FundEntry.objects.filter(kind="grant_back").exists()


def test_what_a_cancelled_charge_lost_to_a_bank_is_written_off(charge, staff):
    payment = bank(charge, 289_500, by=staff)
    services.cancel_charge(charge, by=staff, reason="Withdrawn", now=AFTER)
    with pytest.raises(Refusal, match="was cancelled"):
        services.adjust_charge(charge, kind="correction", cents=-1, reason="Why", by=staff)
    disputed(payment, "open", "lost", now=AFTER)
    assert balances()["receivable"] == 289_500
    services.adjust_charge(charge, kind="correction", cents=-289_500, reason="Lost", by=staff)
    assert "receivable" not in balances()
    assert services.balance(charge).to_return_cents == 0


def test_an_unused_grant_comes_back_whole(participant, staff):
    services.add_gift(cents=50_000, currency="USD", reason="A friend", by=staff)
    grant = services.set_aside(
        cents=50_000, currency="USD", user=participant, reason="Scholarship", by=staff
    )
    assert services.fund_balance() == 0
    assert services.put_back(grant, by=staff, reason="Declined") is not None
    assert services.put_back(grant, by=staff, reason="Declined") is None
    assert services.fund_balance() == 50_000
    assert balances() == {"aid_fund": -50_000, "gifts": 50_000}
    assert LedgerLine.objects.filter(debit="aid_promised", credit="aid_fund").count() == 1


def test_a_cancelled_charge_keeps_money_that_comes_after_all(charge, staff):
    services.cancel_charge(charge, by=staff, reason="Offer ended", now=timezone.now())
    bank(charge, 289_500, by=staff)
    assert services.balance(charge).to_return_cents == 289_500
    services.request_refund(charge, cents=289_500, by=staff, reason="Came late")
    assert services.balance(charge).to_return_cents == 0
