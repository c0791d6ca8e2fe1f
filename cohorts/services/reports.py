"""Marks from a meeting's participant report: planned, shown, then saved by the facilitator."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from cohorts.meeting_reports import Guest, Known, Presence, Stay, match_people, presence
from cohorts.models import Attendance, Enrolment, Session
from cohorts.queries.roster import marks_of
from cohorts.requirements.attendance import counts_as_present
from cohorts.services.attendance import MarkValues, mark_people
from scip.requirements import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestLine:
    """Somebody in the report; ``person`` is who that is, None while that is open."""

    guest: Guest
    person: Enrolment | None
    is_leader: bool
    presence: Presence
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a report says about a session. ``people`` are those who can be marked, ``marked``
    the enrolments that carry a mark already."""

    session: Session
    lines: tuple[GuestLine, ...]
    people: tuple[Enrolment, ...]
    marked: frozenset[int]

    @property
    def absent(self) -> tuple[Enrolment, ...]:
        """People of the group whom the report does not surely name."""
        named = {line.person.pk for line in self.lines if line.person}
        return tuple(person for person in self.people if person.pk not in named)


def plan_marks(session: Session, stays: Iterable[Stay]) -> Plan:
    """Match a report with a session's group; saves nothing. Four queries for any size."""
    cohort = session.cohort
    people = tuple(
        Enrolment.objects.filter(cohort=cohort)
        .taking_part()
        .select_related("user")
        .order_by("user__name", "pk")
    )
    leaders = list(cohort.facilitators.all())
    emails = addresses([*(person.user for person in people), *leaders])
    known = [
        *(Known(person.pk, person.user.name, emails[person.user_id]) for person in people),
        # Whoever leads has no mark; a negative key tells them from the group.
        *(Known(-leader.pk, leader.name, emails[leader.pk]) for leader in leaders),
    ]
    by_key = {person.pk: person for person in people}
    lines = []
    for guest in match_people(stays, known):
        there = presence(guest.stays, session.starts_at, session.ends_at)
        lines.append(
            GuestLine(
                guest=guest,
                person=by_key.get(guest.key) if guest.key is not None else None,
                is_leader=guest.key is not None and guest.key < 0,
                presence=there,
                counts=counts(there, session),
            )
        )
    marked = marks_of(list(by_key))
    return Plan(
        session=session,
        lines=tuple(lines),
        people=people,
        marked=frozenset(enrolment_id for enrolment_id, number in marked if number == session.pk),
    )


def addresses(users: Iterable[Any]) -> dict[int, frozenset[str]]:
    """Every verified address of these people, in small letters; one query."""
    rows = list(users)
    found: dict[int, set[str]] = {user.pk: {user.email.lower()} for user in rows}
    verified = EmailAddress.objects.filter(user__in=rows, verified=True)
    for user_id, email in verified.values_list("user_id", "email"):
        found[user_id].add(email.lower())
    return {user_id: frozenset(emails) for user_id, emails in found.items()}


def counts(there: Presence, session: Session) -> bool:
    """Would that much time count as present in this session?"""
    mark = Attendance.Mark.PRESENT if there.minutes else Attendance.Mark.ABSENT
    return counts_as_present(
        mark,
        there.late_minutes,
        there.early_minutes,
        session.minutes,
        session.cohort.present_percent,
    )


@dataclass(frozen=True, slots=True)
class Saved:
    """How many marks were written, and sentences about those that were not."""

    marks: int
    refusals: tuple[str, ...]


@transaction.atomic
def save_report(
    session: Session,
    stays: Iterable[Stay],
    *,
    choices: Mapping[int, int | None],
    replace_marks: bool,
    others_absent: bool,
    by: Any,
    now: datetime | None = None,
) -> Saved:
    """Mark the group from a report, as the facilitator confirmed it.

    ``choices`` says for each line of `plan_marks` (by its place) which enrolment it is; None
    is nobody of the group. Several lines of one person add up. Marks that are there stay
    unless ``replace_marks``; ``others_absent`` marks whoever the report does not name. The
    same report again changes nothing. A mark that may not change is left, with its sentence.
    """
    now = now or timezone.now()
    plan = plan_marks(session, stays)
    by_key = {person.pk: person for person in plan.people}
    stays_of: dict[int, list[Stay]] = defaultdict(list)
    for place, line in enumerate(plan.lines):
        key = choices.get(place, line.guest.key)
        if key is not None and key in by_key:
            stays_of[key].extend(line.guest.stays)
    wanted: dict[int, Presence] = {
        key: presence(rows, session.starts_at, session.ends_at) for key, rows in stays_of.items()
    }
    if others_absent:
        wanted |= {key: Presence(0, 0, 0) for key in by_key if key not in wanted}
    before = set(Attendance.objects.filter(session=session).values_list("enrolment_id", flat=True))
    marks = {
        key: MarkValues(
            Attendance.Mark.PRESENT if there.minutes else Attendance.Mark.ABSENT,
            there.late_minutes,
            there.early_minutes,
        )
        for key, there in sorted(wanted.items())
        if key not in before or replace_marks
    }
    try:
        refused = mark_people(session, marks, by=by, now=now)
    except Refusal as refusal:
        return Saved(0, (str(refusal.sentence),))
    refusals = [f"{by_key[key].user}: {refusal.sentence}" for key, refusal in refused.items()]
    return Saved(len(marks) - len(refused), tuple(refusals))


def packed(stays: Iterable[Stay]) -> list[list[Any]]:
    """Stays as plain values, to travel with the page between the two steps."""
    return [
        [
            stay.name,
            stay.email,
            int(stay.joined_at.timestamp()) if stay.joined_at else None,
            int(stay.left_at.timestamp()) if stay.left_at else None,
            stay.minutes,
        ]
        for stay in stays
    ]


def unpacked(rows: Iterable[list[Any]]) -> list[Stay]:
    """The stays again."""

    def moment(seconds: int | None) -> datetime | None:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

    return [
        Stay(name, email, moment(joined), moment(left), minutes)
        for name, email, joined, left, minutes in rows
    ]
