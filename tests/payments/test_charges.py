"""Opening, cancelling, balances, and telling the owner."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import services
from payments.models import Adjustment, Charge, Payment, Settlement
from payments.services.settlements import ClaimedTwice
from payments.signals import Claim, charge_settled
from scip.audit.models import Entry
from scip.requirements import Refusal


def bank(charge, cents, reference="T-1", **fields):
    return services.record_offline_payment(
        charge,
        method="bank",
        reference=reference,
        amount_cents=cents,
        received_at=timezone.now() - timedelta(hours=1),
        **fields,
    )


def test_the_balance_is_derived_from_every_line(participant, staff, make_charge):
    charge = make_charge(
        participant,
        adjustments=[
            Adjustment(kind="aid", amount_cents=-100_000, reason="Supported rate", author=staff),
            Adjustment(kind="correction", amount_cents=500, reason="Bank fee", author=staff),
        ],
    )
    bank(charge, 90_000, by=staff)
    standing = services.balance(charge)
    assert (standing.owed_cents, standing.paid_cents, standing.due_cents) == (
        190_000,
        90_000,
        100_000,
    )
    assert (standing.refunded_cents, standing.lost_cents, standing.is_settled) == (0, 0, False)


def test_a_refund_asks_for_nothing_again(charge, staff):
    bank(charge, 289_500, by=staff)
    services.return_money(charge, cents=144_750, by=staff, reason="Illness")
    balance = services.balance(charge)
    assert (balance.refunded_cents, balance.due_cents, balance.is_settled) == (144_750, 0, True)
    assert (balance.owed_cents, balance.held_cents, balance.to_return_cents) == (
        144_750,
        144_750,
        0,
    )


def test_adjustments_cannot_take_off_more_than_the_price(participant, staff, make_charge):
    too_much = Adjustment(kind="aid", amount_cents=-289_501, reason="Too much", author=staff)
    with pytest.raises(ValueError, match="more than the price"):
        make_charge(participant, adjustments=[too_much])
    assert not Charge.objects.exists()


def test_full_aid_settles_at_once_without_any_payment(
    participant, staff, make_charge, owner, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        charge = make_charge(
            participant,
            adjustments=[
                Adjustment(kind="scholarship", amount_cents=-289_500, reason="Full", author=staff)
            ],
        )
    assert owner == [charge]
    assert Settlement.objects.get(charge=charge).claimed_as == "test.told"
    assert not charge.payments.exists()
    with pytest.raises(Refusal, match="already paid"):
        services.start_checkout(charge, by=participant, success_url="x", cancel_url="y")
    assert not charge.checkouts.exists()


def test_part_payments_settle_when_the_last_arrives(
    charge, staff, owner, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        bank(charge, 200_000, by=staff)
    assert owner == []
    with django_capture_on_commit_callbacks(execute=True):
        bank(charge, 89_500, "T-2", by=staff)
    assert owner == [charge]
    assert list(charge.payments.values_list("flag", flat=True)) == ["", ""]


def test_an_offline_reference_counts_once_per_method(charge, staff):
    bank(charge, 100, "  T  1 ", by=staff)
    with pytest.raises(Refusal, match="already on record"):
        bank(charge, 100, "T 1", by=staff)
    services.record_offline_payment(
        charge,
        method="cheque",
        reference="T 1",
        amount_cents=100,
        received_at=timezone.now(),
        by=staff,
    )
    assert charge.payments.count() == 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"reference": "  "}, "reference"),
        ({"amount_cents": 0}, "amount"),
        ({"received_at": timezone.now() + timedelta(days=2)}, "later than now"),
    ],
)
def test_what_cannot_be_an_offline_payment_is_refused(charge, staff, change, sentence):
    values = {
        "method": "bank",
        "reference": "T-1",
        "amount_cents": 100,
        "received_at": timezone.now(),
    }
    with pytest.raises(Refusal, match=sentence):
        services.record_offline_payment(charge, by=staff, **values | change)
    assert not Payment.objects.exists()


def test_only_bank_and_cheque_are_offline(charge, staff):
    with pytest.raises(ValueError, match="stripe"):
        services.record_offline_payment(
            charge,
            method="stripe",
            reference="pi_1",
            amount_cents=1,
            received_at=timezone.now(),
            by=staff,
        )


def test_money_after_cancelling_is_kept_and_flagged(charge, staff):
    services.cancel_charge(charge, by=staff, reason="Offer ended")
    payment = bank(charge, 289_500, by=staff)
    assert payment.flag == Payment.Flag.AFTER_CANCEL
    assert services.balance(charge).paid_cents == 289_500
    assert list(Charge.objects.all().needing_a_look()) == [charge]


def test_too_much_money_is_kept_and_flagged(charge, staff):
    assert bank(charge, 300_000, by=staff).flag == Payment.Flag.OVERPAID
    assert charge.settlement


def test_another_currency_is_kept_flagged_and_does_not_count(charge):
    payment, is_new = services.record_payment(
        charge,
        amount_cents=289_500,
        currency="EUR",
        method="stripe",
        reference="pi_eur",
        received_at=timezone.now(),
    )
    assert (is_new, payment.flag) == (True, Payment.Flag.CURRENCY_MISMATCH)
    assert services.balance(charge).due_cents == 289_500
    assert not Settlement.objects.exists()


def test_looking_clears_the_look_list_and_keeps_the_flags(charge, staff):
    bank(charge, 300_000, by=staff)
    assert services.mark_looked_at(charge, by=staff, note="Refunded the difference") == 1
    assert not Charge.objects.all().needing_a_look().exists()
    assert services.mark_looked_at(charge, by=staff, note="Again") == 0
    payment = charge.payments.get()
    assert (payment.flag, payment.look_note, payment.looked_by) == (
        "overpaid",
        "Refunded the difference",
        staff,
    )


def test_a_receivers_failure_keeps_the_money_and_is_tried_again(
    charge, staff, owner, django_capture_on_commit_callbacks, caplog
):
    """A worker that dies, or an owner that raises, undoes the owner's own work only."""
    is_broken = [True]

    def fail(sender, **kwargs):
        Entry.objects.create(action="half.done")
        if is_broken:
            raise RuntimeError("the owner stumbles")

    charge_settled.connect(fail)
    with django_capture_on_commit_callbacks(execute=True):
        bank(charge, 289_500, by=staff)
    assert charge.payments.get().amount_cents == 289_500
    assert charge.settlement.claimed_at is None
    assert not Entry.objects.filter(action="half.done").exists()
    assert services.sweep_settlements() == [charge.settlement.pk]
    is_broken.clear()
    claim = services.dispatch_settlement(charge.settlement.pk)
    assert claim == Claim("test.told")
    assert services.sweep_settlements() == []
    assert services.dispatch_settlement(charge.settlement.pk) is None, "told once"


def test_two_owners_are_refused_and_nothing_is_done(charge, staff, owner):
    bank(charge, 289_500, by=staff)

    def also(sender, **kwargs):
        return Claim("somebody.else")

    charge_settled.connect(also)
    with pytest.raises(ClaimedTwice, match=r"test.told, somebody.else"):
        services.dispatch_settlement(charge.settlement.pk)
    charge.settlement.refresh_from_db()
    assert charge.settlement.claimed_at is None


def test_an_owners_flag_reaches_the_look_list(charge, staff, owner):
    bank(charge, 289_500, by=staff)
    charge_settled.receivers = []
    charge_settled.sender_receivers_cache.clear()

    def gone(sender, **kwargs):
        return Claim("enrolment.late", flag="place_gone")

    charge_settled.connect(gone)
    services.dispatch_settlement(charge.settlement.pk)
    charge.settlement.refresh_from_db()
    assert (charge.settlement.claimed_as, charge.settlement.flag) == (
        "enrolment.late",
        "place_gone",
    )
    assert list(Charge.objects.all().needing_a_look()) == [charge]


def test_unclaimed_for_an_hour_goes_to_the_office_and_leaves_by_itself(charge, staff, owner):
    bank(charge, 289_500, by=staff)
    settled_at = charge.settlement.settled_at
    services.sweep_settlements(now=settled_at + timedelta(minutes=59))
    assert not Charge.objects.all().needing_a_look().exists()
    services.sweep_settlements(now=settled_at + timedelta(minutes=60))
    assert list(Charge.objects.all().needing_a_look()) == [charge]
    services.dispatch_settlement(charge.settlement.pk)
    assert not Charge.objects.all().needing_a_look().exists()
