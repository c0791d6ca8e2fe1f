"""The roster as the page shows it: one cell for each person and session."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.models import Cohort, Enrolment, Session
from cohorts.queries.roster import Roster, RosterRow
from cohorts.requirements.attendance import (
    AttendanceEvidence,
    SessionEvidence,
    is_attended,
    risk_sentence,
)
from scip import formats

# What a press brings: nobody marked → present → absent → mark taken off.
NEXT_MARK = {"": "present", "present": "absent", "absent": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One mark; the names are those of components/roster_cell.html."""

    state: str
    label: str
    value: str
    row: int
    column: int
    is_today: bool
    is_disabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """One person: cells, what counts, and how much room is left."""

    enrolment: Enrolment
    cells: tuple[Cell, ...]
    counted: int
    past: int
    percent: int | None
    risk: str
    risk_kind: str
    made_up: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One session at the head of the grid."""

    session: Session
    is_today: bool
    is_open: bool


def current_session(roster: Roster, now: datetime) -> Session | None:
    """The session that runs now or was the last to begin."""
    begun = [
        session
        for session in roster.sessions
        if session.state != Session.State.CANCELLED and session.starts_at <= now
    ]
    return max(begun, key=lambda session: session.starts_at, default=None)


def columns_of(roster: Roster, now: datetime) -> list[Column]:
    """The head of the grid."""
    current = current_session(roster, now)
    return [
        Column(
            session=session,
            is_today=session == current,
            is_open=session.starts_at <= now and session.state != Session.State.CANCELLED,
        )
        for session in roster.sessions
    ]


def state_of(session: SessionEvidence, present_percent: int, now: datetime) -> str:
    """The look of a cell (see components/roster_cell.html)."""
    if session.is_cancelled or session.starts_at > now:
        return "future"
    if is_attended(session, present_percent):
        return "present"
    if session.exception == "accepted":
        return "excused"
    if session.mark == "present":
        return "partial"
    return session.mark or "empty"


def words_of(session: SessionEvidence, state: str) -> str:
    """The state of a cell in words, for the label that is read out."""
    if session.is_cancelled:
        return _("cancelled")
    words = {
        "future": _("still ahead"),
        "present": _("present"),
        "partial": _("there for part of it, too short to count"),
        "absent": _("absent"),
        "excused": _("absent, made up and counted"),
        "empty": _("not marked"),
    }[state]
    if session.late_minutes or session.early_minutes:
        words += " " + _("({late} minutes late, left {early} minutes early)").format(
            late=session.late_minutes, early=session.early_minutes
        )
    return words


def cells_of(row: RosterRow, current: Session | None, now: datetime) -> Iterator[Cell]:
    """The cells of one person, in the order of the sessions."""
    is_over = row.enrolment.state == Enrolment.State.COMPLETED
    for column, session in enumerate(row.evidence.sessions):
        state = state_of(session, row.evidence.present_percent, now)
        yield Cell(
            state=state,
            label=_("{person}, session {number}: {state}").format(
                person=row.enrolment.user,
                number=session.number,
                state=words_of(session, state),
            ),
            value=f"{row.enrolment.pk}:{session.number}:{NEXT_MARK[session.mark]}",
            row=row.index,
            column=column,
            is_today=current is not None and session.number == current.number,
            is_disabled=is_over or state == "future",
        )


def risk_of(row: RosterRow) -> tuple[str, str]:
    """The tag beside a name: text and kind, both empty where nobody needs to look."""
    if not row.tally.is_reachable:
        return _("needs an exception"), "open"
    if not row.tally.is_at_risk:
        return "", ""
    if row.tally.spare == 0:
        return _("needs all remaining"), "open"
    possible = ngettext(
        "{count} more absence possible", "{count} more absences possible", row.tally.spare
    )
    return possible.format(count=row.tally.spare), "open"


def made_up(evidence: AttendanceEvidence) -> str:
    """Which sessions count by exception, in words."""
    numbers = [
        str(session.number)
        for session in evidence.sessions
        if session.exception == "accepted" and not session.is_cancelled
    ]
    if not numbers:
        return ""
    return ngettext("made up: session {list}", "made up: sessions {list}", len(numbers)).format(
        list=", ".join(numbers)
    )


def grid_row(row: RosterRow, roster: Roster, now: datetime) -> GridRow:
    """One person as the page shows them."""
    risk, kind = risk_of(row)
    return GridRow(
        enrolment=row.enrolment,
        cells=tuple(cells_of(row, current_session(roster, now), now)),
        counted=row.tally.counted,
        past=row.tally.past,
        percent=row.tally.percent,
        risk=risk,
        risk_kind=kind,
        made_up=made_up(row.evidence),
    )


def grid_context(cohort: Cohort, roster: Roster, now: datetime) -> dict[str, Any]:
    """What the roster page needs."""
    rows = [grid_row(row, roster, now) for row in roster.rows]
    return {
        "cohort": cohort,
        "columns": columns_of(roster, now),
        "current": current_session(roster, now),
        "rows": rows,
        "watched": [row for row in rows if row.risk],
        "breadcrumb": [
            {"label": _("My cohorts"), "url": "/facilitate/"},
            {"label": cohort.title},
        ],
    }


def table_of(cohort: Cohort, roster: Roster, now: datetime) -> Iterator[list[object]]:
    """The roster as rows for a spreadsheet, heads first."""
    heads = [
        f"{session.number} ({formats.day(session.starts_at.astimezone(cohort.zone).date())})"
        for session in roster.sessions
    ]
    yield [_("Name"), _("E-mail"), *heads, _("Counted"), _("Needed"), _("Room left")]
    for row in roster.rows:
        marks = [
            words_of(session, state_of(session, row.evidence.present_percent, now))
            for session in row.evidence.sessions
        ]
        person = row.enrolment.user
        room = risk_sentence(row.tally)
        yield [person, person.email, *marks, row.tally.counted, row.tally.needed, room]
