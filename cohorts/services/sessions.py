"""Sessions that move, fall out or pass, and the cohort that follows them."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.emails import sessions as letters
from cohorts.models import Attendance, Cohort, Enrolment, Session
from cohorts.queries.guests import guests_of
from cohorts.services.completion import conclude_enrolment
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


def cancel_sessions_of(cohort: Cohort, *, by: Any, now: datetime) -> list[Session]:
    """Cancel what is still planned in a cohort that is locked and does not take place; the
    caller tells people, once for all of it. Returns the sessions."""
    planned = Session.objects.filter(cohort=cohort, state=Session.State.PLANNED).order_by("pk")
    sessions = list(planned.select_for_update(no_key=True))
    for session in sessions:
        session.cohort = cohort
        move(session, Session.State.CANCELLED, by=by, now=now)
        save_changed(session, now)
    return sessions


def save_changed(session: Session, now: datetime) -> None:
    """Save a new time; the calendar identity stays, the sequence grows."""
    session.sequence += 1
    session.changed_at = now
    session.save(update_fields=["starts_at", "ends_at", "sequence", "changed_at"])


def follow_calendar(now: datetime | None = None) -> None:
    """Let states follow the calendar, here and one after the other; may run twice.

    For whoever travels in time; the worker gives each cohort and each person a task of their
    own, so that one difficulty never holds up the others.
    """
    now = now or timezone.now()
    for pk in cohorts_to_follow(now):
        follow_cohort(pk, now)
    for pk in enrolments_to_conclude():
        conclude_place(pk, now)


def cohorts_to_follow(now: datetime | None = None) -> list[int]:
    """Open cohorts whose first session has begun, and the running ones."""
    now = now or timezone.now()
    standing = ~Q(sessions__state=Session.State.CANCELLED)
    first = Min("sessions__starts_at", filter=standing)
    rows = Cohort.objects.filter(state__in=ALIVE).annotate(first=first)
    begun = rows.filter(Q(state=Cohort.State.RUNNING) | Q(first__lte=now))
    return list(begun.order_by("pk").values_list("pk", flat=True))


def follow_cohort(pk: int, now: datetime | None = None) -> None:
    """A cohort runs from its first session on and is finished after its last one; sessions
    that are over count as held."""
    now = now or timezone.now()
    start_cohort(pk, now)
    for session in Session.objects.filter(
        cohort=pk,
        state=Session.State.PLANNED,
        ends_at__lte=now,
        cohort__state=Cohort.State.RUNNING,
    ):
        hold_session(session, now)
    finish_cohort(Cohort(pk=pk), now)


def enrolments_to_conclude() -> list[int]:
    """Everybody of a finished cohort in which somebody is still to conclude, so that marks
    that came late are not forgotten."""
    open_ones = Enrolment.objects.filter(state=Enrolment.State.CONFIRMED)
    rows = Enrolment.objects.filter(
        state__in=[Enrolment.State.CONFIRMED, Enrolment.State.NOT_COMPLETED],
        cohort__state=Cohort.State.FINISHED,
        cohort__in=open_ones.values("cohort"),
    )
    return list(rows.order_by("pk").values_list("pk", flat=True))


def conclude_place(pk: int, now: datetime | None = None) -> bool:
    """Conclude one enrolment if its facts are complete; True if it was completed just now."""
    rows = Enrolment.objects.select_related("cohort__edition", "user")
    return conclude_enrolment(rows.get(pk=pk), by=None, now=now)


@transaction.atomic
def start_cohort(pk: int, now: datetime) -> None:
    """Bring an open cohort to running once its first session has begun."""
    cohort = lock(Cohort(pk=pk))
    if cohort.state == Cohort.State.OPEN and cohort.begins_at <= now:
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
