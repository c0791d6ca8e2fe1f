"""Stripe's events in every order, and a hundred copies at once."""

import random
import time
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from bench.soak.outcome import Outcome
from bench.soak.threads import all_at_once
from payments import services
from payments.models import Charge, Payment, Settlement, StripeEvent
from scip.accounts.models import User
from tests import world
from tests.payments import conftest, test_events

MORE = 280
COPIES = 100


def charge_of(user: User) -> Charge:
    """A charge that no process owns."""
    return services.open_charge(
        user,
        purpose="soak",
        description="Soak",
        amount_cents=289_500,
        currency="USD",
        due_at=timezone.now() + timedelta(days=3),
        refund_terms=conftest.TERMS,
    )


def check_sequences(more: int = MORE, *, every_nth: int = 1) -> Outcome:
    """All orders of five events with none or one delivered again (720), and some with two.

    ``every_nth`` takes only some of the 720.
    """
    started = time.monotonic()
    clear()
    till = conftest.Till(charge_of(world.make_user("soak-stripe@example.com")))
    every = test_events.sequences()
    chosen = [found for found in every if len(found) <= 6][::every_nth]
    twice = random.Random(5).sample([found for found in every if len(found) > 6], more)
    try:
        test_events.run_sequences(till, chosen + twice)
    except AssertionError as failure:
        found = str(failure)[:200]
    else:
        found = "one end state"
    return Outcome(
        name="Stripe, orders",
        figure=f"{len(chosen) + len(twice)} sequences of 5 events with copies: one end state",
        found=found,
        is_met=found == "one end state",
        control="with payments added per event",
        control_failed=naive_sequences(chosen),
        seconds=time.monotonic() - started,
    )


def naive_sequences(chosen: list[tuple[int, ...]]) -> bool:
    """The control: who books money per success event ends in different states."""
    success = {2, 3, 4}
    return len({sum(number in success for number in found) for found in chosen}) > 1


def check_copies(copies: int = COPIES) -> Outcome:
    """The same event at once over many connections: one payment, one settlement, one receipt."""
    started = time.monotonic()
    good = copies_at_once(copies)
    with pytest.MonkeyPatch.context() as patch:
        test_events.forget_what_is_known(patch)
        bad = copies_at_once(20, tolerant=True)
    return Outcome(
        name="Stripe, copies",
        figure=f"{copies} copies at once: all answered 200, one payment",
        found=f"{good[0]} answered 200, {good[1]} payment, {good[2]} settlement",
        is_met=good == (copies, 1, 1),
        control="with the look-up of known payments off",
        control_failed=bad[0] < 20,
        seconds=time.monotonic() - started,
    )


def copies_at_once(copies: int, *, tolerant: bool = False) -> tuple[int, int, int]:
    """How many were answered and handled, payments and settlements then."""
    clear()
    user = world.make_user(f"soak-copies-{time.monotonic_ns()}@example.com")
    till = conftest.Till(charge_of(user))
    till.pay()
    body = till.events()[-1]

    def arrive() -> int:
        try:
            status = conftest.post_event(body)
            services.handle_event(body["id"])
        except DatabaseError:
            if not tolerant:
                raise
            return 0
        return status

    answers = all_at_once([arrive] * copies)
    settled = Settlement.objects.filter(charge=till.charge).count()
    return answers.count(200), Payment.objects.filter(charge=till.charge).count(), settled


def clear() -> None:
    """Forget events of earlier checks: the practice checkout lists all it ever made."""
    from payments.models import SandboxEvent

    StripeEvent.objects.all().delete()
    SandboxEvent.objects.all().delete()
