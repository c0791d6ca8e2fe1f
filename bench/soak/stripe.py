"""Stripe's events in every order, a hundred copies at once, replays, and killed workers."""

import random
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from bench.soak.outcome import Outcome
from bench.soak.threads import all_at_once
from payments import services
from payments.models import Charge, Payment, Settlement, StripeEvent
from scip.accounts.models import Role, User
from tests import world
from tests.payments import conftest, test_events, test_faults, test_replay

MORE = 120
COPIES = 100
ONE_END = "one end state"


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
    found = end_of(till, chosen + twice)
    return Outcome(
        name="Stripe, orders",
        figure=f"{len(chosen) + len(twice)} sequences of 5 events with copies: one end state",
        found=found,
        is_met=found == ONE_END,
        control="with a database that forgets the reference by which money is known again",
        control_failed=forgetful(lambda: end_of(till, chosen[:6])) != ONE_END,
        seconds=time.monotonic() - started,
    )


def end_of(till: conftest.Till, chosen: list[tuple[int, ...]]) -> str:
    """One end state, or what went wrong."""
    try:
        test_events.run_sequences(till, chosen)
    except AssertionError as failure:
        return str(failure)[:200]
    return ONE_END


def forgetful[T](act: Callable[[], T]) -> T:
    """Run with a database that does not keep a payment's reference as it was given."""
    with connection.cursor() as cursor:
        cursor.execute(test_replay.FORGETFUL)
        try:
            return act()
        finally:
            cursor.execute(test_replay.NOT_FORGETFUL)


def check_replays(charges: int = 100) -> Outcome:
    """A thousand events told again as known ones, then as new ones in another order."""
    started = time.monotonic()
    clear()
    person = world.make_user(f"soak-replay-{time.monotonic_ns()}@example.com")
    office = world.make_user(f"soak-office-{time.monotonic_ns()}@example.com", Role.STAFF)
    told, agree = test_replay.replays_agree(person, office, charges)
    return Outcome(
        name="Stripe, replays",
        figure="every event replayed twice: the same books, line by line",
        found=f"{told} events, books {'identical' if agree else 'DIFFERENT'}",
        is_met=agree,
        control="with a database that forgets the reference by which money is known again",
        control_failed=forgetful(replays_differ),
        seconds=time.monotonic() - started,
    )


def replays_differ() -> bool:
    """Two payments told twice add lines to the books."""
    clear()
    person = world.make_user(f"soak-replay-{time.monotonic_ns()}@example.com")
    bodies = [
        body for body in test_replay.two_payments(person) if body["type"].startswith("checkout")
    ]
    test_replay.tell(bodies)
    before = test_replay.books(person)
    StripeEvent.objects.all().delete()
    test_replay.tell(bodies)
    return test_replay.books(person) != before


def check_kills(wanted: int | None = None) -> Outcome:
    """Workers killed before each line (or so many) of handling an event, of sending a refund."""
    started = time.monotonic()
    clear()
    person = world.make_user(f"soak-kills-{time.monotonic_ns()}@example.com")
    office = world.make_user(f"soak-killer-{time.monotonic_ns()}@example.com", Role.STAFF)
    try:
        with conftest.one_owner():
            events = test_faults.kill_the_webhook(charge_of, person, wanted)
            refunds = test_faults.kill_the_refund(charge_of, person, office, wanted)
    except AssertionError as failure:
        found = str(failure)[:200]
    else:
        found = f"{events} deaths with an event, {refunds} with a refund: none lost, none twice"
    return Outcome(
        name="Stripe, killed workers",
        figure="a worker killed before any line: one payment, one refund, one line each",
        found=found,
        is_met=found.endswith("none twice"),
        control="without key and look around, dying after Stripe's answer",
        control_failed=sent_twice(person, office),
        seconds=time.monotonic() - started,
    )


def sent_twice(person: User, office: User) -> bool:
    """The control: a refund that Stripe cannot tell from another goes twice."""
    with pytest.MonkeyPatch.context() as patch:
        test_faults.forget_what_was_sent(patch)
        return test_faults.sent_after_dying(charge_of, person, office) == 2


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
