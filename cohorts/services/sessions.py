"""Sessions that move, fall out or pass, and the cohort that follows them."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.emails import sessions as letters
from cohorts.models import Attendance, Cohort, Session
from cohorts.queries.guests import guests_of
from cohorts.services.completion import conclude_cohort
from scip.audit.services import fingerprint, record
from scip.requirements import Refusal
from scip.states import lock, move

ALIVE = (Cohort.State.OPEN, Cohort.State.RUNNING)


def locked_session(session: Session) -> Session:
    """The session under its row lock, after its cohort's, so that a cohort does not end
    while one of its sessions is planned anew; Refusal if the cohort is over."""
    cohort = lock(session.cohort)
    fresh = lock(session)
    fresh.cohort = cohort
    if fresh.cohort.state not in {*ALIVE, Cohort.State.DRAFT}:
        raise Refusal(
            _(
                "This cohort is “{state}”, so its sessions stay as they are. Nothing was changed."
            ).format(state=fresh.cohort.get_state_display())
        )
    return fresh


def reschedule_session(
    session: Session,
    *,
    starts_at: datetime,
    by: Any,
    ends_at: datetime | None = None,
    note: str = "",
    now: datetime | None = None,
) -> Session:
    """Move a session, or plan a cancelled one anew. It keeps its length unless ``ends_at``
    says otherwise.

    The sequence grows, so calendar programs replace the event and the reminders follow; all
    confirmed participants and the facilitators get a letter. Marks from before are taken off:
    that meeting did not take place. The same time again (a second click) changes nothing.
    Raises Refusal for a session that was held or a time that
    has passed.
    """
    now = now or timezone.now()
    with transaction.atomic():
        session = locked_session(session)
        if session.state == Session.State.HELD:
            raise Refusal(
                _("This session was held already, so it can't be moved. Nothing was changed.")
            )
        if starts_at <= now:
            raise Refusal(_("Please choose a time that is still ahead. Nothing was changed."))
        was_at = session.starts_at
        ends_at = ends_at or starts_at + (session.ends_at - session.starts_at)
        if ends_at <= starts_at:
            raise Refusal(_("A session ends after it starts. Nothing was changed."))
        is_same = (starts_at, ends_at) == (session.starts_at, session.ends_at)
        if is_same and session.state == Session.State.PLANNED:
            return session
        session.starts_at, session.ends_at = starts_at, ends_at
        save_changed(session, now)
        if session.state == Session.State.CANCELLED:
            move(session, Session.State.PLANNED, by=by, now=now)
        marks, _rows = Attendance.objects.filter(session=session).delete()
        record(
            "session.moved",
            session,
            by=by,
            sequence=session.sequence,
            was_at=was_at.isoformat(),
            marks_taken_off=marks,
            note=fingerprint(note) if note else None,
        )
        if session.cohort.state in ALIVE:
            guests = guests_of(session.cohort)
            letters.session_moved(session, guests, was_at=was_at, note=note)
    return session


def cancel_session(
    session: Session, *, by: Any, note: str = "", now: datetime | None = None
) -> Session:
    """Say that a session does not (or, after its time, did not) take place, and tell everybody.

    It counts for nobody from then on. Raises IllegalMove for a session cancelled already.
    """
    now = now or timezone.now()
    with transaction.atomic():
        session = locked_session(session)
        move(
            session,
            Session.State.CANCELLED,
            by=by,
            now=now,
            data={"note": fingerprint(note) if note else None},
        )
        save_changed(session, now)
        if session.cohort.state in ALIVE:
            letters.session_cancelled(session, guests_of(session.cohort), note=note)
    return session


def save_changed(session: Session, now: datetime) -> None:
    """Save a new time; the calendar identity stays, the sequence grows."""
    session.sequence += 1
    session.changed_at = now
    session.save(update_fields=["starts_at", "ends_at", "sequence", "changed_at"])


def follow_calendar(now: datetime | None = None) -> None:
    """Let states follow the calendar; beat calls it, and every step may run twice.

    Sessions that are over count as held; a cohort runs from its first session on and is
    finished after its last one; finished cohorts with people still to conclude are concluded
    again, so marks that came late are not forgotten.
    """
    now = now or timezone.now()
    for pk in cohorts_that_start(now):
        start_cohort(pk, now)
    for session in Session.objects.filter(
        state=Session.State.PLANNED, ends_at__lte=now, cohort__state=Cohort.State.RUNNING
    ):
        hold_session(session, now)
    over = Cohort.objects.filter(state=Cohort.State.RUNNING).exclude(
        sessions__state=Session.State.PLANNED
    )
    for cohort in over:
        finish_cohort(cohort, now)
    waiting = Cohort.objects.filter(
        state=Cohort.State.FINISHED, enrolments__state="confirmed"
    ).distinct()
    for cohort in waiting:
        conclude_cohort(cohort, by=None, now=now)


def cohorts_that_start(now: datetime) -> list[int]:
    """Open cohorts whose first session has begun."""
    standing = ~Q(sessions__state=Session.State.CANCELLED)
    first = Min("sessions__starts_at", filter=standing)
    opened = Cohort.objects.filter(state=Cohort.State.OPEN).order_by("pk")
    return list(opened.annotate(first=first).filter(first__lte=now).values_list("pk", flat=True))


@transaction.atomic
def start_cohort(pk: int, now: datetime) -> None:
    """Bring an open cohort to running, unless somebody was faster."""
    cohort = lock(Cohort(pk=pk))
    if cohort.state == Cohort.State.OPEN:
        move(cohort, Cohort.State.RUNNING, by=None, now=now)


@transaction.atomic
def hold_session(session: Session, now: datetime) -> None:
    """Mark a session that is over as held, unless it was moved or cancelled meanwhile."""
    session = lock(session)
    if session.state == Session.State.PLANNED and session.ends_at <= now:
        move(session, Session.State.HELD, by=None, now=now)


@transaction.atomic
def finish_cohort(cohort: Cohort, now: datetime) -> None:
    """Bring a running cohort to finished when no session is ahead and one was held."""
    cohort = lock(cohort)
    states = set(Session.objects.filter(cohort=cohort).values_list("state", flat=True))
    if (
        cohort.state == Cohort.State.RUNNING
        and states <= {"held", "cancelled"}
        and "held" in states
    ):
        move(cohort, Cohort.State.FINISHED, by=None, now=now)
