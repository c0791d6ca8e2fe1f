"""What time does: last calls, offers and unpaid places past their end, freed seats offered on.

A sweep only lists; each case is settled in a transaction (and in the worker in a task) of its
own, so that one difficulty never holds up the others. Every case may be settled twice, or
beside people: what somebody else settled first is left alone.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from cohorts.emails import admission as letters
from cohorts.models import Application, Cohort, Enrolment, Offer
from cohorts.queries.cancelling import is_money_on_its_way
from cohorts.services.grants import close_request
from cohorts.services.offers import lock_for_seat, offer_next
from cohorts.services.places import free_place, give_up_place, is_paid, lock_charges
from scip.mail.models import Letter
from scip.mail.services import queue_draft
from scip.states import lock, move

# When the last call goes out; offers that last no longer get none.
LAST_CALL = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class DueCase:
    """Something whose time has come: which of `SETTLES`, and the row's id."""

    kind: str
    pk: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """How much one run did."""

    reminded: int
    lapsed_offers: int
    lapsed_places: int
    offered: int


def due_cases(now: datetime | None = None) -> list[DueCase]:
    """Everything whose time has come; five queries."""
    now = now or timezone.now()
    ended = Offer.objects.filter(state=Offer.State.OPEN, expires_at__lte=now)
    # The office may have given more time on the charge.
    unpaid = Enrolment.objects.filter(
        state=Enrolment.State.AWAITING_PAYMENT, pay_by__lte=now, charge__due_at__lte=now
    )
    found = {
        "last_call": offers_to_remind(now),
        "offer": ended.order_by("pk").values_list("pk", flat=True),
        "place": unpaid.order_by("pk").values_list("pk", flat=True),
        "waiting_list": cohorts_with_waiting_list(),
    }
    return [DueCase(kind, pk) for kind, pks in found.items() for pk in pks]


def settle_case(case: DueCase, now: datetime | None = None) -> int:
    """Do what is due in one case; how many letters it led to at most (0: settled already)."""
    return SETTLES[case.kind](case.pk, now or timezone.now())


def sweep_offers(now: datetime | None = None) -> Sweep:
    """Settle everything that is due at ``now``, here and one after the other.

    For whoever travels in time (the demo world, tests); the worker hands each case to a
    task of its own.
    """
    now = now or timezone.now()
    done: Counter[str] = Counter()
    for case in due_cases(now):
        done[case.kind] += settle_case(case, now)
    return Sweep(
        reminded=done["last_call"],
        lapsed_offers=done["offer"],
        lapsed_places=done["place"],
        offered=done["waiting_list"],
    )


def offers_to_remind(now: datetime) -> list[int]:
    """Open offers in their last days that have had no last call yet."""
    soon = Offer.objects.filter(
        state=Offer.State.OPEN, expires_at__gt=now, expires_at__lte=now + LAST_CALL
    )
    pks = [
        pk
        for pk, made_at, expires_at in soon.values_list("pk", "made_at", "expires_at")
        if expires_at - made_at > LAST_CALL
    ]
    known = set(
        Letter.objects.filter(dedupe_key__in=[last_call_key(pk) for pk in pks]).values_list(
            "dedupe_key", flat=True
        )
    )
    return [pk for pk in pks if last_call_key(pk) not in known]


def last_call_key(pk: int) -> str:
    return f"offer:{pk}:last-call"


def remind(pk: int, now: datetime) -> int:
    """Send the last call, unless the offer was answered just now."""
    rows = Offer.objects.select_related("application__cohort__edition", "application__user")
    with transaction.atomic():
        offer = rows.get(pk=pk)
        application = lock(offer.application)
        if lock(offer).state != Offer.State.OPEN:
            return 0
        queue_draft(
            letters.offer_reminder(offer), to=application.user, dedupe_key=last_call_key(pk)
        )
        return 1


def lapse_offer(pk: int, now: datetime) -> int:
    """End an offer whose time is over and pass the seat on; 0 if it was answered."""
    rows = Offer.objects.select_related("application__cohort")
    with transaction.atomic():
        cohort, application, offer = lock_for_seat(rows.get(pk=pk))
        if offer.state != Offer.State.OPEN or now < offer.expires_at:
            return 0
        move(offer, Offer.State.LAPSED, by=None, now=now)
        move(application, Application.State.LAPSED, by=None, now=now)
        close_request(application, by=None, now=now, also_granted=False)
        free_place(application, by=None)
        offer_next(cohort, now=now)
        queue_draft(
            letters.offer_lapsed(offer),
            to=application.user,
            dedupe_key=f"offer:{offer.pk}:lapsed",
        )
        return 1


def lapse_place(pk: int, now: datetime) -> int:
    """Free a place that was not paid in time; 0 if it was paid or promised.

    Money that arrived but was not dispatched yet keeps the place: a settlement is on its way.
    So does any part of it, and a payment that a bank is carrying out: a place with money on it
    never lapses by itself, the office decides.
    """
    rows = Enrolment.objects.select_related("application__cohort")
    with transaction.atomic():
        enrolment = rows.get(pk=pk)
        cohort = lock(enrolment.application.cohort)
        application = lock(enrolment.application)
        enrolment = lock(enrolment)
        charge = lock_charges(enrolment)  # money that is just being recorded decides first
        is_late = now >= max(enrolment.pay_by, charge.due_at)
        is_waiting = enrolment.state == Enrolment.State.AWAITING_PAYMENT
        has_money = is_paid(enrolment) or is_money_on_its_way(enrolment)
        if not is_waiting or not is_late or has_money:
            return 0
        give_up_place(application, to=Enrolment.State.LAPSED, by=None, now=now)
        move(application, Application.State.LAPSED, by=None, now=now)
        close_request(application, by=None, now=now, also_granted=False)
        free_place(application, by=None)
        offer_next(cohort, now=now)
        enrolment.refresh_from_db()
        queue_draft(
            letters.place_lapsed(enrolment),
            to=application.user,
            dedupe_key=f"enrolment:{enrolment.pk}:lapsed",
        )
        return 1


def cohorts_with_waiting_list() -> list[int]:
    """Open cohorts where somebody waits (a seat may be free: aid decided, seats added)."""
    waits = Application.objects.waiting_list().order_by().filter(cohort=OuterRef("pk"))
    rows = Cohort.objects.filter(Exists(waits), state=Cohort.State.OPEN)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def offer_free_seats(pk: int, now: datetime) -> int:
    """Offer what is free in one cohort; how many offers went out."""
    with transaction.atomic():
        return len(offer_next(lock(Cohort(pk=pk)), now=now))


SETTLES: Mapping[str, Callable[[int, datetime], int]] = {
    "last_call": remind,
    "offer": lapse_offer,
    "place": lapse_place,
    "waiting_list": offer_free_seats,
}
