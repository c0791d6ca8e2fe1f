"""One checkout under way per charge, and every way in which it can end."""

import threading
import uuid
from contextlib import suppress
from datetime import timedelta
from queue import Empty

import pytest
import stripe
from celery import Celery, current_app
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from payments import services
from payments.gateway import stripe_client
from payments.models import Checkout, Payment, SandboxObject, StripeCustomer
from payments.sandbox import desk
from payments.services import checkouts
from scip.requirements import Refusal
from scip.states import IllegalMove, lock, move
from tests.payments.conftest import PAGES
from tests.payments.test_charges import bank


def start(charge, **fields):
    return services.start_checkout(charge, by=charge.user, **PAGES | fields)


def test_two_tabs_get_the_same_checkout(till):
    first, second = start(till.charge), start(till.charge)
    assert first == second
    checkout = till.charge.checkouts.get()
    assert first.endswith(f"/payments/sandbox/{checkout.session_id}/")


def test_a_second_charge_reuses_the_customer(till, make_charge):
    till.open()
    start(make_charge(till.charge.user))
    assert StripeCustomer.objects.count() == 1
    assert SandboxObject.objects.filter(kind="customer").count() == 1


def test_the_session_leads_back_to_the_charge(till):
    checkout = till.open()
    session = stripe_client().v1.checkout.sessions.retrieve(checkout.session_id)
    assert session.metadata.to_dict() == {
        "charge": str(till.charge.pk),
        "checkout": str(checkout.pk),
    }
    assert (session.amount_total, session.currency) == (289_500, "usd")
    assert session.expires_at - session.created >= 30 * 60


def test_a_crash_before_stripes_answer_was_kept_opens_the_same_session_again(till):
    checkout = till.open()
    session_id = checkout.session_id
    Checkout.objects.filter(pk=checkout.pk).update(session_id=None, url="")
    assert session_id in start(till.charge)
    assert till.charge.checkouts.get().session_id == session_id


def test_a_checkout_that_stripe_never_heard_of_ends_by_its_time(till):
    checkout = Checkout.objects.create(
        charge=till.charge,
        idempotency_key=uuid.uuid4(),
        amount_cents=289_500,
        currency="USD",
        expires_at=timezone.now() + timedelta(minutes=20),
    )
    start(till.charge)
    states = list(till.charge.checkouts.order_by("pk").values_list("state", flat=True))
    assert states == ["expired", "open"], "too late to open the old one, so a new one"
    checkout.refresh_from_db()
    assert checkout.session_id is None


def test_only_its_owner_pays_a_charge_online(till, stranger):
    with pytest.raises(Refusal, match="Only the person"):
        services.start_checkout(till.charge, by=stranger, **PAGES)
    assert not Checkout.objects.exists()


def test_paid_and_cancelled_charges_open_no_checkout(till, make_charge, staff):
    till.pay()
    services.ask_stripe(till.charge.checkouts.get())
    with pytest.raises(Refusal, match="already paid"):
        start(till.charge)
    other = make_charge(till.charge.user)
    services.cancel_charge(other, by=staff, reason="Withdrawn")
    with pytest.raises(Refusal, match="was cancelled"):
        start(other)
    assert Checkout.objects.count() == 1


def test_after_a_part_payment_the_old_checkout_ends_and_a_new_one_asks_for_the_rest(till, staff):
    first = till.open()
    services.record_offline_payment(
        till.charge,
        method="cheque",
        reference="C 7",
        amount_cents=100_000,
        received_at=timezone.now(),
        by=staff,
    )
    start(till.charge)
    first.refresh_from_db()
    second = till.charge.checkouts.latest("pk")
    assert (first.state, second.state, second.amount_cents) == ("expired", "open", 189_500)
    assert desk.look_at(first.session_id)["status"] == "expired"


def test_a_declined_card_can_be_tried_again_in_the_same_checkout(till):
    checkout = till.open()
    desk.decline(checkout.session_id)
    assert services.ask_stripe(checkout).state == "open"
    desk.pay(checkout.session_id)
    assert services.ask_stripe(checkout).state == "paid"
    assert services.balance(till.charge).is_settled


def test_slow_money_is_pending_then_paid(till):
    checkout = till.pay(slowly=True)
    assert services.ask_stripe(checkout).state == "pending"
    with pytest.raises(Refusal, match="on its way"):
        start(till.charge)
    SandboxObject.objects.filter(settles_at__isnull=False).update(settles_at=timezone.now())
    assert services.ask_stripe(checkout).state == "paid"
    assert services.balance(till.charge).is_settled


def test_slow_money_that_fails_can_be_tried_again(till):
    checkout = till.pay(slowly=True)
    services.ask_stripe(checkout)
    desk.slow_payment_fails(checkout.session_id)
    assert services.ask_stripe(checkout).state == "failed"
    start(till.charge)
    assert list(till.charge.checkouts.order_by("pk").values_list("state", flat=True)) == [
        "failed",
        "open",
    ]


def pass_the_end(checkout):
    """The session's time is over at Stripe."""
    session = SandboxObject.objects.get(object_id=checkout.session_id)
    session.body["expires_at"] = 1
    session.save()


def test_an_abandoned_checkout_ends_and_the_next_one_is_new(till):
    checkout = till.open()
    pass_the_end(checkout)
    assert services.ask_stripe(checkout).state == "expired"
    with pytest.raises(desk.CheckoutClosed):
        desk.pay(checkout.session_id)
    start(till.charge)
    assert till.charge.checkouts.latest("pk").state == "open"


def test_success_after_expiry_is_kept_and_flagged(till):
    checkout = till.pay()
    with transaction.atomic():
        move(lock(checkout), Checkout.State.EXPIRED, by=None)
    assert services.ask_stripe(checkout).state == "paid"
    payment = till.charge.payments.get()
    assert payment.flag == Payment.Flag.AFTER_EXPIRY
    assert services.balance(till.charge).is_settled


def test_success_after_cancelling_is_kept_and_flagged(till):
    checkout = till.pay()
    services.cancel_charge(till.charge, by=None, reason="The time to pay was over")
    services.ask_stripe(checkout)
    assert till.charge.payments.get().flag == Payment.Flag.AFTER_CANCEL


def test_cancelling_ends_the_open_checkout_at_stripe(till):
    checkout = till.open()
    services.cancel_charge(till.charge, by=None, reason="The time to pay was over")
    assert services.end_checkout(checkout).state == "expired"
    assert desk.look_at(checkout.session_id)["status"] == "expired"


@pytest.mark.parametrize("change", ["waived", "paid in part"])
def test_a_checkout_for_an_amount_that_is_no_longer_due_is_ended(
    till, staff, change, django_capture_on_commit_callbacks
):
    checkout = till.open()
    real = current_app._get_current_object()
    mine = Celery("ends", broker=f"memory://{uuid.uuid4()}/")
    mine.set_current()
    try:
        with django_capture_on_commit_callbacks(execute=True):
            if change == "waived":
                services.adjust_charge(
                    till.charge, kind="waiver", cents=-9_500, reason="Kindness", by=staff
                )
            else:
                bank(till.charge, 9_500, by=staff)
        found = []
        with mine.connection() as connection, suppress(Empty):
            queue = connection.SimpleQueue("celery")
            while True:
                message = queue.get(block=False)
                found.append((message.headers["task"], *message.payload[0]))
    finally:
        real.set_current()
    assert ("payments.end_checkout", checkout.pk) in found


def test_ending_a_checkout_that_was_just_paid_counts_the_money(till):
    checkout = till.pay()
    assert services.end_checkout(checkout).state == "paid"
    assert services.balance(till.charge).is_settled


@pytest.mark.parametrize(
    ("change", "flag", "counts"),
    [
        ({"currency": "eur"}, Payment.Flag.CURRENCY_MISMATCH, False),
        ({"amount_received": 289_400}, Payment.Flag.AMOUNT_MISMATCH, False),
        ({"amount_received": 300_000}, Payment.Flag.OVERPAID, True),
    ],
)
def test_what_differs_from_what_was_asked_is_flagged(till, change, flag, counts):
    checkout = till.pay()
    intent = SandboxObject.objects.get(kind="payment_intent")
    intent.body |= change
    intent.save()
    services.ask_stripe(checkout)
    payment = till.charge.payments.get()
    assert (payment.flag, services.balance(till.charge).is_settled) == (flag, counts)


def test_a_session_that_stripe_does_not_know_brings_no_money(till):
    checkout = till.open()
    SandboxObject.objects.all().delete()
    assert services.ask_stripe(checkout).state == "failed"


def test_old_news_never_turns_a_paid_checkout_back(till):
    """Answers of Stripe's that were on their way while the money arrived."""
    checkout = till.open()
    sessions = stripe_client().v1.checkout.sessions
    expand = {"expand": ["payment_intent"]}
    still_open = sessions.retrieve(checkout.session_id, expand)
    desk.pay(checkout.session_id, slowly=True)
    processing = sessions.retrieve(checkout.session_id, expand)
    SandboxObject.objects.filter(settles_at__isnull=False).update(settles_at=timezone.now())
    assert services.ask_stripe(checkout).state == "paid"
    for stale in (still_open, processing):
        followed = checkouts.follow_session(checkout, stale, now=timezone.now())
        assert followed.state == "paid"
    assert till.charge.payments.count() == 1


def test_the_table_refuses_what_cannot_happen(till):
    checkout = till.open()
    with transaction.atomic():
        move(lock(checkout), Checkout.State.PAID, by=None)
    for state in ("open", "pending", "failed", "expired"):
        with pytest.raises(IllegalMove), transaction.atomic():
            move(lock(checkout), state, by=None)


def test_the_database_allows_one_checkout_under_way(till):
    checkout = till.open()
    with pytest.raises(IntegrityError, match="checkout_one_under_way"), transaction.atomic():
        Checkout.objects.create(
            charge=till.charge,
            idempotency_key=uuid.uuid4(),
            amount_cents=1,
            currency="USD",
            expires_at=checkout.expires_at,
        )


@pytest.mark.django_db(transaction=True)
def test_twenty_taps_at_once_open_one_session(till):
    addresses, barrier = [], threading.Barrier(20)

    def tap():
        try:
            barrier.wait()
            addresses.append(start(till.charge))
        finally:
            connection.close()

    threads = [threading.Thread(target=tap) for _ in range(20)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(addresses) == 20
    assert len(set(addresses)) == 1
    assert SandboxObject.objects.filter(kind="checkout.session").count() == 1
    assert StripeCustomer.objects.count() == 1


def test_the_practice_checkout_refuses_what_stripe_refuses(till):
    sessions = stripe_client().v1.checkout.sessions
    line = {
        "quantity": 1,
        "price_data": {
            "currency": "usd",
            "unit_amount": 5000,
            "product_data": {"name": "Tuition"},
        },
    }
    good = {"mode": "payment", "line_items": [line], "success_url": PAGES["success_url"]}
    cheap = {**line, "price_data": {**line["price_data"], "unit_amount": 49}}
    soon = int((timezone.now() + timedelta(minutes=20)).timestamp())
    for bad in ({"line_items": [cheap]}, {"expires_at": soon}, {"customer": "cus_none"}):
        with pytest.raises(stripe.InvalidRequestError):
            sessions.create({**good, **bad})
    first = sessions.create(good, {"idempotency_key": "k"})
    assert sessions.create(good, {"idempotency_key": "k"}).id == first.id
    assert sessions.create(good, {"idempotency_key": "other"}).id != first.id
    with pytest.raises(stripe.IdempotencyError):
        sessions.create({**good, "client_reference_id": "x"}, {"idempotency_key": "k"})
