"""Two hundred takers, twenty seats, fifty rounds."""

import random
import statistics
import time
from collections import Counter
from functools import partial

from django.db import IntegrityError, connection, transaction

from bench import rush
from bench.soak.outcome import Outcome
from bench.soak.threads import all_at_once
from cohorts.models import Application, Cohort, Offer, Seat
from cohorts.services.offers import offer_place
from payments.models import Charge
from scip.accounts.models import Role, User
from scip.requirements import Refusal
from tests import world
from tests.cohorts import admission

TAKERS, SEATS, ROUNDS = 200, 20, 50
SENT = Application.State.SUBMITTED


def check_seats(takers: int = TAKERS, seats: int = SEATS, rounds: int = ROUNDS) -> Outcome:
    """Exactly as many places held as there are seats, every round; no error, no deadlock."""
    started = time.monotonic()
    office = world.make_user("soak-seats@example.com", Role.STAFF)
    cohort = world.make_cohort(capacity=seats)
    waiting = [admission.sent(cohort) for _ in range(takers)]
    tallies: Counter[tuple[int, int, int]] = Counter()
    for number in range(rounds):
        random.Random(number).shuffle(waiting)
        answers = all_at_once([partial(attempt, application, office) for application in waiting])
        numbers = sorted(Seat.objects.filter(cohort=cohort).values_list("number", flat=True))
        is_gapless = numbers == list(range(1, seats + 1))
        tallies[answers.count("held"), len(numbers) if is_gapless else -1, len(answers)] += 1
        give_all_back(cohort)
    wanted = Counter({(seats, seats, takers): rounds})
    oversold = naive_round(cohort, waiting[: min(takers, 60)])
    return Outcome(
        name="seats",
        figure=f"{takers} takers, {seats} seats, {rounds} rounds: exactly {seats} each time",
        found=", ".join(f"{held} held in {count} rounds" for (held, *_), count in tallies.items()),
        is_met=tallies == wanted,
        control=f"without lock and seat rows, {oversold} of {seats} seats were sold",
        control_failed=oversold > seats,
        seconds=time.monotonic() - started,
    )


def check_reservations(takers: int = 140, seats: int = 120, rounds: int = 3) -> Outcome:
    """The same over HTTP: the office's form takes the seats, then everybody accepts at once.

    How many a second is told here and judged by `make bench`.
    """
    started = time.monotonic()
    office = rush.office_cookies("soak-rush")
    with rush.served() as port:
        rush.reserve(port, office, 24, 20)
        found = [rush.reserve(port, office, takers, seats) for _ in range(rounds)]
        careless = rush.ask_all(port, [rush.Ask.post("/applications/1/offer/", b"accept=1", {})])
    rate = statistics.median(item.accepts.per_second for item in found)
    oversold = sum(max(item.held, item.accepted) - seats for item in found)
    strays = sum((item.strays for item in found), Counter())
    return Outcome(
        name="reservations",
        figure=f"over HTTP, {takers} for {seats} seats, {rounds} rounds: 0 oversold",
        found=(
            f"{rate:.0f} accepted a second, "
            f"{statistics.median(item.offers.per_second for item in found):.0f} offered, "
            f"{oversold} oversold, {strays.total()} other answers"
        ),
        is_met=not strays and all(item.held == item.accepted == seats for item in found),
        control="a press without the form's token is an answer of another kind",
        control_failed=[item.status for item in careless.answers] == [403],
        seconds=time.monotonic() - started,
    )


def attempt(application: Application, office: User) -> str:
    """One try for a place; only a refusal in words may go wrong."""
    try:
        offer_place(application, tier="standard", by=office)
    except Refusal:
        return "refused"
    return "held"


def give_all_back(cohort: Cohort) -> None:
    """Everybody without a place again, for the next round."""
    Seat.objects.filter(cohort=cohort).delete()
    Offer.objects.filter(application__cohort=cohort).delete()
    Application.objects.filter(cohort=cohort).update(state=SENT)


def naive_round(cohort: Cohort, waiting: list[Application]) -> int:
    """The control: count the charges, then open one if there is room; no lock, no seat rows."""

    def naive(application: Application) -> None:
        with transaction.atomic():
            sold = Charge.objects.filter(purpose="control", description=cohort.slug).count()
            if sold < cohort.capacity:
                Charge.objects.create(
                    user_id=application.user_id,
                    purpose="control",
                    description=cohort.slug,
                    amount_cents=1,
                    due_at=cohort.applications_close_at,
                )
                with connection.cursor() as cursor:
                    cursor.execute("select pg_sleep(0.01)")

    all_at_once([partial(naive, application) for application in waiting])
    return Charge.objects.filter(purpose="control", description=cohort.slug).count()


def check_capacity_trigger() -> bool:
    """The database alone refuses a seat too many, whatever code asks for it."""
    cohort = world.make_cohort(capacity=1)
    first, second = (admission.sent(cohort) for _ in range(2))
    Seat.objects.create(cohort=cohort, number=1, application=first)
    try:
        with transaction.atomic():
            Seat.objects.create(cohort=cohort, number=2, application=second)
    except IntegrityError:
        return True
    return False
