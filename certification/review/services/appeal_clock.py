"""What time does to appeals: reminders, seats that may not be held any more, ways that ended."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.review.emails import appeals as letters
from certification.review.models import Appeal, EndReason, PanelSeat
from certification.review.queries.appeals import WORDS, panel_facts
from certification.review.services.appealing import close_superseded, locked, withdraw
from certification.review.services.hearing import gone, release_tied
from scip.mail.models import Letter
from scip.mail.services import queue_draft
from scip.requirements import Refusal
from scip.states import lock
from supervision.models import Recommendation

State = Appeal.State
Seat = PanelSeat.State
# A reminder goes so long before a day, another so long after it; older days are the office's.
SOON, LATE, OLD = timedelta(days=2), timedelta(days=1), timedelta(days=14)


def follow(now: datetime | None = None) -> int:
    """Everything in its order; returns how many rows it changed or wrote about. May run twice:
    what was said is not said again."""
    now = now or timezone.now()
    closed = close_ended(now) + close_overtaken(now)
    return closed + release_barred(now) + remind(now) + tell_overdue(now)


def close_ended(now: datetime) -> int:
    """Appeals whose registration is over; nobody hears them any more."""
    rows = Appeal.objects.filter(state__in=Appeal.LIVE).exclude(
        candidacy__state__in=Candidacy.REGISTERED
    )
    count = 0
    for row in rows.select_related("candidacy__user").defer(*WORDS):
        try:
            withdraw(row, by=None, now=now)
        except Refusal:
            continue
        count += 1
    return count


def close_overtaken(now: datetime) -> int:
    """Filed appeals against a letter whose place a later one took since."""
    rows = Appeal.objects.filter(
        state__in=(State.FILED, State.HEARING),
        recommendation__state=Recommendation.State.SUPERSEDED,
    )
    count = 0
    for row in rows.select_related("candidacy__user").defer(*WORDS):
        with transaction.atomic():
            appeal = locked(row)
            if appeal.state in {State.FILED, State.HEARING}:
                close_superseded(appeal, now=now)
                count += 1
    return count


def release_barred(now: datetime) -> int:
    """Seats of people who may not hear the appeal any more: a role ended, a tie came to light.
    Nothing has opened to them since; now the seat is free for somebody else. An answer that was
    given outlasts its author's role, and no tie (`hearing.release_tied`)."""
    given = Appeal.objects.filter(state=State.HEARING, seats__state=Seat.GIVEN).distinct()
    count = 0
    for found in given.select_related("candidacy__user").defer(*WORDS):
        with transaction.atomic():
            appeal = locked(found)
            if appeal.state == State.HEARING:
                count += release_tied(appeal, now=now)
    rows = live_seats().filter(state__in=(Seat.ASKED, Seat.ACCEPTED))
    for row in rows:
        with transaction.atomic():
            appeal = locked(row.appeal)
            seat = lock(row)
            seat.appeal, seat.member = appeal, row.member
            if appeal.state not in Appeal.LIVE or seat.state not in {Seat.ASKED, Seat.ACCEPTED}:
                continue
            facts = panel_facts(appeal, [seat.member], now=now)[seat.member_id]
            if facts.is_eligible and not facts.ties and not facts.read_it:
                continue
            code = EndReason.NOT_FREE
            gone(seat, Seat.RELEASED, tell=letters.no_longer_free, by=None, now=now, code=code)
            letters.released(seat)
            count += 1
    return count


def live_seats() -> QuerySet[PanelSeat]:
    """Seats of appeals that wait for an answer, without what anybody wrote."""
    rows = PanelSeat.objects.filter(appeal__state__in=(State.FILED, State.HEARING))
    return rows.select_related(
        "member",
        "appeal__candidacy__user",
        "appeal__candidacy__edition",
        "appeal__recommendation__agreement__supervisor__user",
    ).defer(*(f"appeal__{name}" for name in WORDS))


def reminders(now: datetime) -> Iterator[tuple[PanelSeat, str, bool]]:
    """Whose reminder is due: the seat, the letter's key, and whether the day has passed.

    Keys name the day, so that one that was moved is told anew. Nobody is reminded of the panel's
    day before the panel is there.
    """
    waits = Q(state=Seat.ASKED, answer_due_at__gt=now - OLD) | Q(
        state=Seat.ACCEPTED, appeal__state=State.HEARING, appeal__answer_by_at__gt=now - OLD
    )
    for seat in live_seats().filter(waits).order_by("pk"):
        due = seat.answer_due_at if seat.state == Seat.ASKED else seat.appeal.answer_by_at
        if due is None or now < due - SOON or due <= now < due + LATE:
            continue
        stage = "late" if now >= due else "soon"
        yield seat, f"panelseat:{seat.pk}:{seat.state}:{stage}:{due:%Y%m%d}", now >= due


def remind(now: datetime) -> int:
    """Queue what is due; returns how many letters were missing."""
    wanted = {key: (seat, is_late) for seat, key, is_late in reminders(now)}
    known = Letter.objects.filter(dedupe_key__in=wanted).values_list("dedupe_key", flat=True)
    missing = sorted(wanted.keys() - set(known))
    for key in missing:
        seat, is_late = wanted[key]
        queue_draft(letters.reminder(seat, is_late=is_late), to=seat.member, dedupe_key=key)
    return len(missing)


def tell_overdue(now: datetime) -> int:
    """Tell the office once of each appeal whose promised day has passed."""
    rows = Appeal.objects.filter(
        state__in=(State.FILED, State.HEARING), answer_by_at__lte=now
    ).select_related("candidacy__user")
    found = list(rows.defer(*WORDS))
    keys = {f"appeal:{row.pk}:overdue": row for row in found}
    known = Letter.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True)
    missing = keys.keys() - set(known)
    for key in sorted(missing):
        letters.overdue(keys[key])
    return len(missing)
