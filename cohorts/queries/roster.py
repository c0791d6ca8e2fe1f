"""Who takes part, what was marked, where everybody stands; all read in bulk."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from cohorts.models import AbsenceException, Attendance, Cohort, Enrolment, Session
from cohorts.requirements.attendance import (
    AttendanceEvidence,
    SessionEvidence,
    Tally,
    attendance_tally,
)

type Marks = dict[tuple[int, int], Attendance]
type Exceptions = dict[tuple[int, int], AbsenceException]


def marks_of(enrolment_ids: Collection[int]) -> Marks:
    """Every mark of these enrolments, by (enrolment, session); one query."""
    rows = Attendance.objects.filter(enrolment_id__in=enrolment_ids)
    return {(row.enrolment_id, row.session_id): row for row in rows}


def exceptions_of(enrolment_ids: Collection[int]) -> Exceptions:
    """The newest exception for each (enrolment, session) that was not withdrawn; one query."""
    rows = (
        AbsenceException.objects.filter(enrolment_id__in=enrolment_ids)
        .exclude(state=AbsenceException.State.WITHDRAWN)
        .order_by("id")
    )
    return {(row.enrolment_id, row.session_id): row for row in rows}


def sessions_of(cohort_ids: Collection[int]) -> dict[int, list[Session]]:
    """The sessions of these cohorts by cohort, in order; one query."""
    found: dict[int, list[Session]] = defaultdict(list)
    for session in Session.objects.filter(cohort_id__in=cohort_ids).order_by("number"):
        found[session.cohort_id].append(session)
    return found


def evidence_of(
    enrolment: Enrolment, sessions: Iterable[Session], marks: Marks, exceptions: Exceptions
) -> AttendanceEvidence:
    """What the rule of attendance looks at, from rows that are already here."""
    return AttendanceEvidence(
        attendance_percent=enrolment.cohort.attendance_percent,
        present_percent=enrolment.cohort.present_percent,
        sessions=tuple(
            session_evidence(
                session,
                marks.get((enrolment.pk, session.pk)),
                exceptions.get((enrolment.pk, session.pk)),
            )
            for session in sessions
        ),
        url=reverse("enrolments:detail", args=[enrolment.pk]),
    )


def session_evidence(
    session: Session, mark: Attendance | None, exception: AbsenceException | None
) -> SessionEvidence:
    return SessionEvidence(
        number=session.number,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        is_cancelled=session.state == Session.State.CANCELLED,
        mark=mark.mark if mark else "",
        late_minutes=mark.late_minutes if mark else 0,
        early_minutes=mark.early_minutes if mark else 0,
        exception=exception.state if exception else "",
        exception_since=waiting_since(exception) if exception else None,
        decision_reason=exception.decision_reason if exception else "",
    )


def waiting_since(exception: AbsenceException) -> datetime:
    """When the exception came to the office: asked for, or its make-up work handed in."""
    return exception.made_up_at or exception.requested_at


def attendance_evidence(enrolment_ids: Collection[int]) -> dict[int, AttendanceEvidence]:
    """Evidence by enrolment, in four queries however many there are."""
    enrolments = list(Enrolment.objects.filter(pk__in=enrolment_ids).select_related("cohort"))
    sessions = sessions_of({enrolment.cohort_id for enrolment in enrolments})
    marks, exceptions = marks_of(enrolment_ids), exceptions_of(enrolment_ids)
    return {
        enrolment.pk: evidence_of(enrolment, sessions[enrolment.cohort_id], marks, exceptions)
        for enrolment in enrolments
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRow:
    """One person of a roster. ``index`` is the row's place in the grid, from 0."""

    index: int
    enrolment: Enrolment
    evidence: AttendanceEvidence
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """A cohort's people and sessions."""

    cohort: Cohort
    sessions: tuple[Session, ...]
    rows: tuple[RosterRow, ...]

    @property
    def at_risk(self) -> tuple[RosterRow, ...]:
        """People who can still reach it and have at most one absence left."""
        return tuple(row for row in self.rows if row.tally.is_at_risk)

    @property
    def out_of_reach(self) -> tuple[RosterRow, ...]:
        """People who need an exception to reach it."""
        return tuple(row for row in self.rows if not row.tally.is_reachable)


def rosters(cohorts: Collection[Cohort], *, as_of: datetime) -> dict[int, Roster]:
    """The rosters of these cohorts, in four queries however many there are."""
    people: dict[int, list[Enrolment]] = defaultdict(list)
    enrolments = list(
        Enrolment.objects.filter(cohort__in=cohorts)
        .taking_part()
        .select_related("user", "cohort")
        .order_by("user__name", "id")
    )
    for enrolment in enrolments:
        people[enrolment.cohort_id].append(enrolment)
    ids = [enrolment.pk for enrolment in enrolments]
    sessions = sessions_of([cohort.pk for cohort in cohorts])
    marks, exceptions = marks_of(ids), exceptions_of(ids)
    found: dict[int, Roster] = {}
    for cohort in cohorts:
        rows = []
        for index, enrolment in enumerate(people[cohort.pk]):
            evidence = evidence_of(enrolment, sessions[cohort.pk], marks, exceptions)
            tally = attendance_tally(evidence, as_of=as_of)
            rows.append(RosterRow(index=index, enrolment=enrolment, evidence=evidence, tally=tally))
        found[cohort.pk] = Roster(
            cohort=cohort, sessions=tuple(sessions[cohort.pk]), rows=tuple(rows)
        )
    return found


def roster_of(cohort: Cohort, *, as_of: datetime) -> Roster:
    """One cohort's roster, in four queries."""
    return rosters([cohort], as_of=as_of)[cohort.pk]


def sessions_of_person(user: Any) -> QuerySet[Session]:
    """Every session of the cohorts somebody takes part in or leads, cancelled ones included.

    The person's own calendar: whoever only holds an unpaid place finds nothing here.
    """
    cohorts = Enrolment.objects.filter(user_id=user.pk).taking_part().values("cohort_id")
    led = Cohort.objects.facilitated_by(user).values("pk")
    return (
        Session.objects.filter(cohort_id__in=cohorts.union(led))
        .select_related("cohort")
        .order_by("starts_at", "id")
    )
