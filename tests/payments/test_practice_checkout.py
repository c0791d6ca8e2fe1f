"""The practice checkout: a bank's confirmation, its time, slow money that does not come, the past."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from payments import services
from payments.models import Charge, Payment, SandboxObject
from payments.sandbox import desk
from scip.formats import moment
from scip.mail.models import Letter
from scip.policy.models import Edition
from tests.payments.conftest import Till
from tests.payments.test_charges import bank


@pytest.fixture
def mine(participant, as_user):
    return as_user(participant)


def test_a_bank_that_asks_for_a_confirmation_takes_nothing_before_it(mine, till):
    address = f"/payments/sandbox/{till.open().session_id}/"
    asked = mine.post(address, {"act": "proof"}, follow=True).content.decode()
    assert "Your bank asks whether it is you" in asked
    assert services.reconcile().changed == []
    refused = mine.post(address, {"act": "decline"}, follow=True).content.decode()
    assert "Nothing was taken" in refused
    mine.post(address, {"act": "proof"})
    assert mine.post(address, {"act": "pay"}).status_code == 302
    till.tell()
    assert services.balance(till.charge).is_settled


def test_a_checkout_whose_time_ran_out_is_followed_by_a_new_one(mine, till):
    checkout = till.open()
    ended = mine.post(f"/payments/sandbox/{checkout.session_id}/", {"act": "run_out"}, follow=True)
    assert "This checkout has ended" in ended.content.decode()
    till.tell()
    checkout.refresh_from_db()
    assert checkout.state == "expired"
    again = mine.post(f"/payments/{till.charge.pk}/checkout/")
    assert checkout.session_id not in again["Location"]


def test_slow_money_that_fails_by_itself_leaves_everything_open(mine, till):
    checkout = till.open()
    mine.post(f"/payments/sandbox/{checkout.session_id}/", {"act": "slow_fails"})
    till.tell()
    SandboxObject.objects.filter(settles_at__isnull=False).update(settles_at=timezone.now())
    desk.follow_clocks()
    till.tell()
    checkout.refresh_from_db()
    assert (checkout.state, Payment.objects.exists()) == ("failed", False)
    page = mine.get(f"/payments/{till.charge.pk}/returned/").content.decode()
    assert "This payment did not go through" in page


def slow_no(till: Till, **due: datetime) -> Letter:
    """Slow money that is on its way and does not come; its letter."""
    checkout = till.pay(slowly=True)
    till.tell()
    Charge.objects.filter(pk=till.charge.pk).update(**due)
    desk.slow_payment_fails(checkout.session_id)
    for _copy in range(2):
        till.tell()
    return Letter.objects.get(dedupe_key=f"payment-not-through:{checkout.pk}")


def test_whoever_left_the_page_learns_that_slow_money_did_not_come(till):
    letter = slow_no(till)
    assert letter.subject == "Your payment of USD 2,895 did not come through"
    assert "USD 2,895 is still open" in letter.text
    assert f"/payments/{till.charge.pk}/" in letter.text


def test_a_banks_no_after_the_day_to_pay_by_leaves_three_days(till):
    began = timezone.now()
    letter = slow_no(till, due_at=began - timedelta(days=4))
    till.charge.refresh_from_db()
    assert timedelta(hours=72) <= till.charge.due_at - began < timedelta(hours=73)
    with timezone.override(till.charge.user.zone):
        assert moment(till.charge.due_at) in letter.text


def test_a_later_day_to_pay_by_stays(till):
    later = timezone.now() + timedelta(days=30)
    slow_no(till, due_at=later)
    till.charge.refresh_from_db()
    assert till.charge.due_at == later


def test_slow_money_that_others_paid_meanwhile_asks_for_nothing(till, staff):
    checkout = till.pay(slowly=True)
    till.tell()
    bank(till.charge, 289_500, by=staff)
    desk.slow_payment_fails(checkout.session_id)
    till.tell()
    letter = Letter.objects.get(dedupe_key=f"payment-not-through:{checkout.pk}")
    assert "nothing for you to do" in letter.text


def test_money_of_the_past_can_go_back_and_be_disputed(charge):
    moment = timezone.now() - timedelta(days=90)
    reference = desk.paid_before(289_500, "USD", at=moment, metadata={"charge": str(charge.pk)})
    payment, _new = services.record_payment(
        charge,
        amount_cents=289_500,
        currency="USD",
        method="stripe",
        reference=reference,
        received_at=moment,
    )
    (refund,) = services.return_money(charge, cents=10_000, by=charge.user, reason="Kindness")
    assert services.send_refund(refund).state == "done"
    desk.open_dispute(payment.reference, 279_500)
    services.reconcile()
    assert charge.disputes.get().state == "open"


def test_how_long_the_second_chance_is_stands_in_the_edition(till):
    Edition.objects.update(second_chance_hours=24)
    began = timezone.now()
    slow_no(till, due_at=began - timedelta(days=4))
    till.charge.refresh_from_db()
    assert timedelta(hours=24) <= till.charge.due_at - began < timedelta(hours=25)
