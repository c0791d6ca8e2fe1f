"""Marks on the roster."""

from collections.abc import Iterable, Mapping
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
    values = MarkValues(mark, late_minutes, early_minutes)
    refused = mark_people(session, {enrolment.pk: values}, by=by, now=now)
    for refusal in refused.values():
        raise refusal


@transaction.atomic
def mark_people(
    session: Session, wanted: Mapping[int, MarkValues], *, by: Any, now: datetime | None = None
) -> dict[int, Refusal]:
    """Mark people of one session by their enrolments, as `mark_attendance` does for one: rows
    are read and written together. Returns why marks were left, by enrolment; raises Refusal
    for a session ahead or cancelled.
    """
    now = now or timezone.now()
    session = session_for_marks(session, now)
    people = (
        Enrolment.objects.select_for_update(no_key=True)
        .filter(pk__in=wanted)
        .prefetch_related("user")
        .order_by("pk")
    )
    rows = {
        row.enrolment_id: row
        for row in Attendance.objects.filter(session=session, enrolment__in=wanted)
    }
    refused: dict[int, Refusal] = {}
    changes: list[tuple[Enrolment, MarkValues, MarkValues]] = []
    for enrolment in people:
        try:
            before, after = change_of(enrolment, session, wanted[enrolment.pk], rows, by=by)
        except Refusal as refusal:
            refused[enrolment.pk] = refusal
        else:
            if before != after:
                changes.append((enrolment, before, after))
    write_marks(session, changes, by=by, now=now)
    for enrolment, before, after in changes:
        log_mark(enrolment, session, before, after, by=by)
        if session.cohort.state == Cohort.State.FINISHED:
            conclude_enrolment(enrolment, by=by, now=now)
    return refused


def change_of(
    enrolment: Enrolment,
    session: Session,
    wanted: MarkValues,
    rows: Mapping[int, Attendance],
    *,
    by: Any,
) -> tuple[MarkValues, MarkValues]:
    """A person's mark before and after; Refusal where it may not become that."""
    refuse_own_attendance(enrolment, by)
    refuse_unmarkable(enrolment, session)
    after = wanted if wanted.mark == Attendance.Mark.PRESENT else MarkValues(wanted.mark, 0, 0)
    if after.late_minutes + after.early_minutes > session.minutes:
        raise Refusal(
            _("The session lasted {minutes} minutes. Nothing was changed.").format(
                minutes=session.minutes
            )
        )
    row = rows.get(enrolment.pk)
    before = MarkValues(row.mark, row.late_minutes, row.early_minutes) if row else NO_MARK
    if before != after and row and row.carried_from_id is not None:
        raise Refusal(
            _(
                "{person} came from another cohort and brought this mark along. If it is wrong, "
                "please write to the office. Nothing was changed."
            ).format(person=enrolment.user)
        )
    if after.mark and after.mark not in Attendance.Mark.values:
        raise Refusal(_("Please mark somebody as present or absent. Nothing was changed."))
    return before, after


def write_marks(
    session: Session,
    changes: Iterable[tuple[Enrolment, MarkValues, MarkValues]],
    *,
    by: Any,
    now: datetime,
) -> None:
    """Bring the rows to what they become, in two queries."""
    gone = [enrolment.pk for enrolment, _before, after in changes if not after.mark]
    if gone:
        Attendance.objects.filter(session=session, enrolment__in=gone).delete()
    Attendance.objects.bulk_create(
        [
            Attendance(
                enrolment=enrolment,
                session=session,
                **after._asdict(),
                marked_at=now,
                marked_by=by,
            )
            for enrolment, _before, after in changes
            if after.mark
        ],
        update_conflicts=True,
        unique_fields=["enrolment", "session"],
        update_fields=[*MarkValues._fields, "marked_at", "marked_by"],
    )


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
