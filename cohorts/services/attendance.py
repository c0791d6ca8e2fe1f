"""Marks on the roster."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.models import Attendance, Cohort, Enrolment, Session
from cohorts.permissions import refuse_own_attendance
from cohorts.services.completion import conclude_enrolment
from scip.audit.services import record
from scip.requirements import Refusal
from scip.states import lock


class MarkValues(NamedTuple):
    """A mark as the roster knows it; an empty ``mark`` is none."""

    mark: str
    late_minutes: int
    early_minutes: int


NO_MARK = MarkValues("", 0, 0)


def session_for_marks(session: Session, now: datetime) -> Session:
    """The session under its row lock; Refusal if it has not begun or was cancelled.

    The lock makes two facilitators who mark at once take turns: the later mark stands, and
    the log has both.
    """
    session = lock(session)
    if session.state == Session.State.CANCELLED:
        raise Refusal(_("This session was cancelled, so there is nothing to mark."))
    if session.starts_at > now:
        raise Refusal(
            _("This session is still ahead. You can mark who is there as soon as it begins.")
        )
    return session


def refuse_unmarkable(enrolment: Enrolment, session: Session) -> None:
    """Raise Refusal if this person's marks can't change (any more)."""
    if enrolment.cohort_id != session.cohort_id or (enrolment.state not in Enrolment.TAKING_PART):
        raise Refusal(_("This person has no confirmed place in this cohort. Nothing was changed."))
    if enrolment.state == Enrolment.State.COMPLETED:
        raise Refusal(
            _(
                "{person} has completed this cohort, and a certificate rests on these marks. "
                "If one of them is wrong, please write to the office."
            ).format(person=enrolment.user)
        )


def mark_attendance(
    enrolment: Enrolment,
    session: Session,
    *,
    mark: str,
    late_minutes: int = 0,
    early_minutes: int = 0,
    by: Any,
    now: datetime | None = None,
) -> None:
    """Mark one person in one session: "present", "absent", or "" to take a mark off.

    Minutes are those missed at the start and at the end of the session, for somebody present.
    The same mark again changes nothing. Every change is in the log. Raises Refusal for a
    session ahead or cancelled, and for somebody who has completed. After the cohort's end a
    corrected mark concludes the enrolment anew.
    """
    now = now or timezone.now()
    with transaction.atomic():
        session = session_for_marks(session, now)
        enrolment = lock(enrolment)
        refuse_own_attendance(enrolment, by)
        refuse_unmarkable(enrolment, session)
        if mark != Attendance.Mark.PRESENT:
            late_minutes = early_minutes = 0
        if late_minutes + early_minutes > session.minutes:
            raise Refusal(
                _("The session lasted {minutes} minutes. Nothing was changed.").format(
                    minutes=session.minutes
                )
            )
        after = MarkValues(mark, late_minutes, early_minutes)
        before = write_mark(enrolment, session, after, by=by, now=now)
        if before == after:
            return
        log_mark(enrolment, session, before, after, by=by)
        if session.cohort.state == Cohort.State.FINISHED:
            conclude_enrolment(enrolment, by=by, now=now)


def write_mark(
    enrolment: Enrolment, session: Session, after: MarkValues, *, by: Any, now: datetime
) -> MarkValues:
    """Bring the row to these values; return what it was before."""
    row = Attendance.objects.filter(enrolment=enrolment, session=session).first()
    before = MarkValues(row.mark, row.late_minutes, row.early_minutes) if row else NO_MARK
    if before == after:
        return before
    if row and row.carried_from_id is not None:
        raise Refusal(
            _(
                "{person} came from another cohort and brought this mark along. If it is wrong, "
                "please write to the office. Nothing was changed."
            ).format(person=enrolment.user)
        )
    if row and not after.mark:
        row.delete()
    elif after.mark not in Attendance.Mark.values:
        raise Refusal(_("Please mark somebody as present or absent. Nothing was changed."))
    else:
        Attendance.objects.update_or_create(
            enrolment=enrolment,
            session=session,
            defaults={**after._asdict(), "marked_at": now, "marked_by": by},
        )
    return before


def log_mark(
    enrolment: Enrolment, session: Session, before: MarkValues, after: MarkValues, *, by: Any
) -> None:
    """One entry for one change, about the person who was marked."""
    record(
        "attendance.marked",
        enrolment,
        by=by,
        subject=enrolment.user,
        session=session.number,
        **after._asdict(),
        **{f"was_{name}": value for name, value in before._asdict().items()},
    )


def mark_everyone(session: Session, *, by: Any, now: datetime | None = None) -> int:
    """Mark everybody present whom nobody marked yet; return how many. Marks that exist stay.

    Raises Refusal for a session ahead or cancelled.
    """
    now = now or timezone.now()
    with transaction.atomic():
        session = session_for_marks(session, now)
        present = MarkValues(Attendance.Mark.PRESENT, 0, 0)
        people = list(
            Enrolment.objects.filter(cohort_id=session.cohort_id)
            .taking_part()
            .exclude(state=Enrolment.State.COMPLETED)
            .exclude(attendances__session=session)
            .exclude(user_id=by.pk if by else 0)
            .select_related("user")
            .order_by("pk")
        )
        Attendance.objects.bulk_create(
            [
                Attendance(
                    enrolment=enrolment,
                    session=session,
                    mark=Attendance.Mark.PRESENT,
                    marked_at=now,
                    marked_by=by,
                )
                for enrolment in people
            ]
        )
        for enrolment in people:
            log_mark(enrolment, session, NO_MARK, present, by=by)
            if session.cohort.state == Cohort.State.FINISHED:
                conclude_enrolment(enrolment, by=by, now=now)
    return len(people)
