"""The same events again and again end in the same books, line by line."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from payments import services
from payments.models import Charge, LedgerLine, SandboxEvent, StripeEvent
from payments.sandbox import desk
from scip.accounts.models import User
from tests.payments.conftest import TERMS, Till, post_event

# A database that does not keep the one thing by which money is known again.
FORGETFUL = """
    create function forget_reference() returns trigger language plpgsql as $$
    begin
        new.reference = new.reference || '-' || gen_random_uuid();
        return new;
    end $$;
    create trigger forget_reference before insert on payments_payment
        for each row execute function forget_reference();
"""
NOT_FORGETFUL = """
    drop trigger forget_reference on payments_payment;
    drop function forget_reference();
"""


def charge_of(user: User, cents: int) -> Charge:
    return services.open_charge(
        user,
        purpose="replay",
        description="Replay",
        amount_cents=cents,
        currency="USD",
        due_at=timezone.now() + timedelta(days=3),
        refund_terms=TERMS,
    )


def a_busy_month(user: User, staff: User, charges: int) -> list[dict]:
    """So many charges, each paid; refunds of ours and theirs, some failed; disputes won and
    lost: ten events a charge. Returns what Stripe would tell, in its order."""
    SandboxEvent.objects.all().delete()
    for number in range(charges):
        charge = charge_of(user, 10_000 + number)
        services.ask_stripe(Till(charge).pay())
        reference = charge.payments.get().reference
        (ours,) = services.return_money(charge, cents=1000, by=staff, reason="Part")
        services.send_refund(ours)
        theirs = desk.refund_at_stripe(reference, 500)
        if number % 2:
            desk.refund_fails(theirs["id"])
        dispute = desk.open_dispute(reference, 2000)
        desk.close_dispute(dispute["id"], "lost" if number % 2 else "won")
    return [event.body for event in SandboxEvent.objects.order_by("created_at")]


def tell(bodies: list[dict]) -> None:
    for body in bodies:
        assert post_event(body) == 200
        services.handle_event(body["id"])


def books(user: User) -> list[tuple]:
    """Every line of the person's books in full, moments included."""
    return list(LedgerLine.objects.filter(user=user).order_by("line").values_list())


def replays_agree(user: User, staff: User, charges: int) -> tuple[int, bool]:
    """How many events were told, and whether two replays left the books as they were: one
    with the events known, one as if none had been heard of and in another order."""
    bodies = a_busy_month(user, staff, charges)
    tell(bodies)
    first = books(user)
    tell(bodies)
    second = books(user)
    StripeEvent.objects.all().delete()
    shuffled = list(bodies)
    random.Random(3).shuffle(shuffled)
    tell(shuffled)
    assert not StripeEvent.objects.filter(handled_at=None).exists()
    return len(bodies), bool(first) and first == second == books(user)


def test_events_replayed_twice_end_in_identical_books(participant, staff):
    told, agree = replays_agree(participant, staff, 3)
    assert told > 25
    assert agree


def test_the_control_money_whose_reference_is_forgotten_changes_the_books(participant, staff):
    with connection.cursor() as cursor:
        cursor.execute(FORGETFUL)
    bodies = [body for body in two_payments(participant) if body["type"].startswith("checkout")]
    tell(bodies)
    before = books(participant)
    StripeEvent.objects.all().delete()
    tell(bodies)
    assert books(participant) != before


def two_payments(user: User) -> list[dict]:
    SandboxEvent.objects.all().delete()
    for _ in range(2):
        Till(charge_of(user, 10_000)).pay()
    return [event.body for event in SandboxEvent.objects.order_by("created_at")]


@pytest.mark.soak
def test_a_thousand_events_replayed_twice_end_in_identical_books(participant, staff):
    told, agree = replays_agree(participant, staff, 100)
    assert told >= 1000
    assert agree
