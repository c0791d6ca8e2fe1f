"""Refunds and payment intents against localstripe: a fake of Stripe written by others, in a
process of its own, over HTTP.

It knows no Checkout Sessions, idempotency keys, disputes or dates in lists, and refunds more
than was paid; docs/payments.md says what that leaves unproven.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import stripe
from django.utils import timezone

from payments import services
from payments.gateway import stripe_client
from payments.models import Charge, Checkout, CreditNote, Payment, Refund
from payments.services.stripe_refunds import (
    ask_refund,
    checkout_behind,
    refunds_at_stripe,
    take_in_refund,
)

# Its own start listens on every address of the machine and keeps its objects in a file.
START = """
import sys
from aiohttp import web
from localstripe.resources import Store
from localstripe.server import app
Store.dump_to_disk = lambda self: None
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", START, str(port)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, "localstripe did not start"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def paid_there(address: str, settings, charge: Charge) -> Payment:
    """A payment intent of localstripe's with our metadata, recorded here."""
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_test_foreign", address
    checkout = Checkout.objects.create(
        charge=charge,
        idempotency_key="5d1f3f3e-7d0c-4c0c-9f5e-0d6f4f5b6c7d",
        amount_cents=289_500,
        currency="USD",
        state="paid",
        expires_at=timezone.now(),
    )
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    method = stripe_client().v1.payment_methods.create({"type": "card", "card": card})
    intent = stripe_client().v1.payment_intents.create(
        {
            "amount": 289_500,
            "currency": "usd",
            "payment_method": method.id,
            "metadata": {"charge": str(charge.pk), "checkout": str(checkout.pk)},
        }
    )
    stripe_client().v1.payment_intents.confirm(intent.id)
    payment, _ = services.record_payment(
        charge,
        amount_cents=289_500,
        currency="USD",
        method=Payment.Method.STRIPE,
        reference=intent.id,
        received_at=timezone.now(),
    )
    return payment


def test_our_refund_is_what_a_foreign_stripe_understands(paid_there: Payment, staff):
    (refund,) = services.return_money(paid_there.charge, cents=100_000, by=staff, reason="Withdrew")
    refund = services.send_refund(refund)
    theirs = stripe_client().v1.refunds.retrieve(refund.reference)
    assert refund.state == Refund.State.DONE
    assert (theirs.amount, theirs.currency, theirs.payment_intent) == (
        100_000,
        "usd",
        paid_there.reference,
    )
    assert theirs.metadata.to_dict() == {
        "charge": str(paid_there.charge_id),
        "refund": str(refund.pk),
    }
    assert CreditNote.objects.get().refund == refund
    assert ask_refund(refund).state == Refund.State.DONE


def test_a_lost_answer_is_found_there_by_our_number(paid_there: Payment, staff):
    """localstripe has no idempotency: only looking around first keeps this at one refund."""
    (refund,) = services.return_money(paid_there.charge, cents=5000, by=staff, reason="Withdrew")
    services.send_refund(refund)
    Refund.objects.update(state="requested", reference=None, done_at=None)
    assert services.send_refund(refund).state == Refund.State.DONE
    assert len(refunds_at_stripe({"payment_intent": paid_there.reference})) == 1


def test_a_refund_started_there_is_taken_in_once(paid_there: Payment):
    theirs = stripe_client().v1.refunds.create(
        {"payment_intent": paid_there.reference, "amount": 700}
    )
    (listed,) = refunds_at_stripe({"charge": theirs.charge})
    for shown in (theirs, listed, theirs):
        take_in_refund(shown, now=timezone.now())
    refund = Refund.objects.get()
    assert (refund.amount_cents, refund.flag, refund.state) == (700, "foreign", "done")


def test_a_payment_intents_metadata_leads_back_to_its_checkout(paid_there: Payment):
    found = checkout_behind(paid_there.reference)
    assert found == paid_there.charge.checkouts.get()
    with pytest.raises(stripe.InvalidRequestError):
        checkout_behind("pi_unknown")


def test_what_it_refuses_is_the_offices_in_its_words(paid_there: Payment, staff):
    charge = paid_there.charge
    lost, _ = services.record_payment(
        charge,
        amount_cents=900,
        currency="USD",
        method=Payment.Method.STRIPE,
        reference="pi_unknown",
        received_at=timezone.now() + timedelta(seconds=5),
    )
    (refund,) = services.return_money(charge, cents=900, by=staff, reason="Withdrew")
    assert refund.payment == lost
    refund = services.send_refund(refund)
    assert (refund.state, refund.failure, refund.flag) == ("failed", "Not Found", "failed")


def test_what_it_does_not_know_is_reported_and_holds_up_nothing(paid_there: Payment, staff):
    (refund,) = services.return_money(paid_there.charge, cents=5000, by=staff, reason="Withdrew")
    report = services.reconcile()
    assert report.changed == [f"refund {refund.pk}: requested → done"]
    assert report.unanswered == ["list: APIError"]
