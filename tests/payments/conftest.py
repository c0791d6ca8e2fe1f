"""Charges, and what a person does at the practice checkout."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from payments import services
from payments.gateway import webhook_secret
from payments.models import Charge, Checkout, SandboxEvent, Settlement
from payments.refund_terms import RefundStep, RefundTerms
from payments.sandbox import desk
from payments.sandbox.events import sign
from payments.signals import Claim, charge_settled
from scip.accounts.models import User
from tests import world

TERMS = RefundTerms(
    ("All of it comes back until 30 days before the start.", "Half until 14 days before."),
    (
        RefundStep(datetime(2099, 1, 1, tzinfo=UTC), 100),
        RefundStep(datetime(2099, 1, 17, tzinfo=UTC), 50),
    ),
)
PAGES = {
    "success_url": "http://testserver/payments/1/returned/",
    "cancel_url": "http://testserver/payments/1/",
}


@pytest.fixture
def make_charge() -> Callable[..., Charge]:
    def make(user: User, **fields: object) -> Charge:
        world.make_edition()
        values = {
            "purpose": "tuition_level_a",
            "description": "Learning cohort 1: tuition",
            "amount_cents": 289_500,
            "currency": "USD",
            "due_at": timezone.now() + timedelta(days=3),
            "refund_terms": TERMS,
        }
        return services.open_charge(user, **values | fields)

    return make


@pytest.fixture
def charge(participant: User, make_charge: Callable[..., Charge]) -> Charge:
    return make_charge(participant)


@dataclass
class Till:
    """A person's way to and through the checkout, and the events that follow."""

    charge: Charge

    def open(self) -> Checkout:
        services.start_checkout(self.charge, by=self.charge.user, **PAGES)
        return self.charge.checkouts.latest("pk")

    def pay(self, *, slowly: bool = False) -> Checkout:
        checkout = self.open()
        desk.pay(checkout.session_id, slowly=slowly)
        return checkout

    def events(self) -> list[dict]:
        """What the practice checkout wants to tell, oldest first."""
        return [event.body for event in SandboxEvent.objects.order_by("created_at")]

    def post(self, body: dict, **changes: object) -> int:
        return post_event(body, **changes)

    def tell(self) -> None:
        """Deliver every event through the webhook and handle it, as a worker would."""
        for body in self.events():
            assert self.post(body) == 200
            services.handle_event(body["id"])

    def standing(self) -> tuple:
        """Everything that must not depend on order and number of events."""
        charge = Charge.objects.get(pk=self.charge.pk)
        return (
            services.balance(charge),
            list(charge.checkouts.order_by("pk").values_list("state", flat=True)),
            charge.payments.count(),
            list(charge.payments.values_list("receipt__number", "flag")),
            Settlement.objects.filter(charge=charge).count(),
        )


def post_event(body: dict | str, *, at=None, secret: str = "", header: str | None = None) -> int:
    """Post an event to the webhook as Stripe would; returns the status."""
    if isinstance(body, str):
        payload, signature = body, header or ""
    else:
        payload, signature = sign(body, secret or webhook_secret(), at=at)
    response = Client().post(
        "/payments/stripe/webhook/",
        payload,
        content_type="application/json",
        headers={"stripe-signature": signature if header is None else header},
    )
    return response.status_code


@pytest.fixture
def office(as_user: Callable[[User], Client], staff: User) -> Client:
    return as_user(staff)


@pytest.fixture
def till(charge: Charge) -> Till:
    return Till(charge)


@contextmanager
def one_owner() -> Iterator[list[Charge]]:
    """A process that owns every charge and notes what it was told."""
    told: list[Charge] = []

    def claim(sender: object, charge: Charge, settlement: Settlement, **kwargs: object) -> Claim:
        told.append(charge)
        return Claim("test.told")

    # Other processes are silenced for the while, so that there is exactly one owner.
    silenced, charge_settled.receivers = charge_settled.receivers, []
    charge_settled.sender_receivers_cache.clear()
    charge_settled.connect(claim)
    try:
        yield told
    finally:
        charge_settled.receivers = silenced
        charge_settled.sender_receivers_cache.clear()


@pytest.fixture
def owner() -> Iterator[list[Charge]]:
    with one_owner() as told:
        yield told


def example_event(**changes: object) -> dict:
    return json.loads(
        json.dumps(
            {
                "id": "evt_example",
                "object": "event",
                "type": "checkout.session.completed",
                "created": 1,
                "data": {"object": {"id": "cs_test_unknown", "object": "checkout.session"}},
            }
            | changes
        )
    )
