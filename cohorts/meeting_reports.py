"""Participant reports of Zoom and Microsoft Teams, and who of a group was there how long.

Pure: bytes in, facts out; no database, no clock. What is not understood is refused with a
sentence; who is meant is never guessed (see `match_people`).
"""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

# From this likeness on (0 to 100) a name is proposed, from the second on it is taken as sure.
ALIKE, SURE = 72, 92
# A report is of this session if somebody was there within this time around it.
AROUND = timedelta(hours=3)
LONGEST_REPORT = 20_000
# More names than this, and it is the report of some other meeting: nobody says 500 times who it was.
MOST_GUESTS = 500


class UnreadableReport(Exception):
    """The file is no report that we know; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One time in the meeting. Without moments only ``minutes`` is known."""

    name: str
    email: str
    joined_at: datetime | None
    left_at: datetime | None
    minutes: int


@dataclass(frozen=True, slots=True)
class Presence:
    """Minutes within the session; ``late`` and ``early`` add up to all that was missed, so a
    gap in the middle counts with ``early``."""

    minutes: int
    late_minutes: int
    early_minutes: int


# --- Reading ----------------------------------------------------------------------------

NAME = ("name (original name)", "full name", "name", "participant", "display name")
EMAIL = ("user email", "email", "e-mail", "email address", "participant id (upn)")
JOINED = ("join time", "first join", "first join time", "joined")
LEFT = ("leave time", "last leave", "last leave time", "left")
LASTED = (
    "duration (minutes)",
    "total duration (minutes)",
    "in-meeting duration",
    "duration",
    "meeting duration",
)
WAITING = ("in waiting room",)
# The section with every single join is better than the one with first and last.
SECTION = re.compile(r"^\d+\.\s")
TIMES = (
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%y, %I:%M:%S %p",
    "%m/%d/%Y, %I:%M:%S %p",
    "%d/%m/%Y %I:%M:%S %p",
    "%d/%m/%Y, %I:%M:%S %p",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%y, %H:%M:%S",
    "%d/%m/%Y, %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y, %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y, %H:%M:%S",
    "%d.%m.%y, %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S%z",
    "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y %H:%M",
    "%Y-%m-%d %H:%M",
)
CLOCK = re.compile(r"(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s)?", re.IGNORECASE)


def read_report(content: bytes, *, zone: ZoneInfo, around: tuple[datetime, datetime]) -> list[Stay]:
    """Every stay that a report names, in UTC.

    ``zone`` is the one its times are written in (reports do not say); ``around`` the session's
    beginning and end, which decide between 03/04 as March and as April. Raises
    UnreadableReport when it is no report, has no people, or is of another time.
    """
    rows = rows_of(content)
    header, body = table_in(rows)
    column = {
        key: index_of(header, names)
        for key, names in {
            "name": NAME,
            "email": EMAIL,
            "joined": JOINED,
            "left": LEFT,
            "lasted": LASTED,
            "waiting": WAITING,
        }.items()
    }
    if column["name"] is None or (column["lasted"] is None and column["joined"] is None):
        raise UnreadableReport(not_a_report())

    def cell(row: Sequence[str], key: str) -> str:
        index = column[key]
        return row[index].strip() if index is not None and index < len(row) else ""

    people = [row for row in body if cell(row, "name") and cell(row, "waiting").lower() != "yes"]
    if not people:
        raise UnreadableReport(_("This report has nobody in it."))
    read = time_reader(
        [text for row in people for key in ("joined", "left") if (text := cell(row, key))],
        zone,
        around,
    )
    return [
        Stay(
            name=cell(row, "name"),
            email=cell(row, "email").lower() if "@" in cell(row, "email") else "",
            joined_at=read(cell(row, "joined")),
            left_at=read(cell(row, "left")),
            minutes=minutes_in(cell(row, "lasted")),
        )
        for row in people
    ]


def rows_of(content: bytes) -> list[list[str]]:
    """The file as rows of text: UTF-8 or UTF-16, commas, semicolons or tabs."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableReport(not_a_report()) from None
    text = text.replace("\u202f", " ").replace("\xa0", " ").replace("\u200e", "")
    if "\x00" in text:
        raise UnreadableReport(not_a_report())
    delimiter = max("\t,;", key=text[:4000].count)
    try:
        rows = list(csv.reader(text.splitlines(), delimiter=delimiter))
    except csv.Error:
        raise UnreadableReport(not_a_report()) from None
    if len(rows) > LONGEST_REPORT:
        raise UnreadableReport(too_long())
    return rows


def table_in(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """The header and rows of the table with the most single joins; other parts are left out."""
    tables: list[tuple[list[str], list[list[str]]]] = []
    for row in rows:
        names = [cell.strip().lower() for cell in row]
        if index_of(names, NAME) is not None and index_of(names, (*JOINED, *LASTED)) is not None:
            tables.append((names, []))
        elif not any(names) or SECTION.match(row[0]):
            tables.append(([], []))
        elif tables:
            tables[-1][1].append(row)
    tables = [table for table in tables if table[0]]
    if not tables:
        raise UnreadableReport(not_a_report())
    return max(tables, key=lambda table: len(table[1]))


def index_of(header: Sequence[str], names: Iterable[str]) -> int | None:
    """Where a column stands, by the first of its names that is there."""
    return next((header.index(name) for name in names if name in header), None)


def time_reader(
    texts: Sequence[str], zone: ZoneInfo, around: tuple[datetime, datetime]
) -> Callable[[str], datetime | None]:
    """A reader for all moments of one file: the form that fits all of them and this session."""
    if not texts:
        return lambda _text: None
    starts, ends = around[0] - AROUND, around[1] + AROUND
    fitting: list[tuple[int, dict[str, datetime]]] = []
    for form in TIMES:
        try:
            moments = {text: moment_of(text, form, zone) for text in dict.fromkeys(texts)}
        except ValueError:
            continue
        near = sum(starts <= moment <= ends for moment in moments.values())
        fitting.append((near, moments))
    if not fitting:
        raise UnreadableReport(
            _("The times in this report could not be read. Please download it in English.")
        )
    near, read = max(fitting, key=lambda item: item[0])
    if not near:
        raise UnreadableReport(
            _(
                "Nobody in this report was there around this session. Is it the report of "
                "another day, or are its times in another zone?"
            )
        )
    return read.get


def moment_of(text: str, form: str, zone: ZoneInfo) -> datetime:
    """One moment in UTC; ValueError if it is not of this form."""
    moment = datetime.strptime(text, form)  # noqa: DTZ007 - the zone follows
    if form.endswith("Z"):
        return moment.replace(tzinfo=UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def minutes_in(text: str) -> int:
    """``80``, ``2h 55m 3s``, ``45m`` as whole minutes; 0 for nothing."""
    if text.isdecimal():
        return int(text)
    found = CLOCK.fullmatch(text.strip())
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return hours * 60 + minutes + (seconds >= 30)


def joined(reports: Iterable[list[Stay]]) -> list[Stay]:
    """The stays of all parts of a meeting that was started anew. Raises UnreadableReport when
    that is more than one page can ask about."""
    stays = [stay for report in reports for stay in report]
    if len(stays) > LONGEST_REPORT:
        raise UnreadableReport(too_long())
    if len(grouped(stays)) > MOST_GUESTS:
        raise UnreadableReport(
            _("This report names more people than any group has. Is it of another meeting?")
        )
    return stays


def too_long() -> str:
    return _("This report has more lines than any meeting of a group.")


def not_a_report() -> str:
    return _(
        "This file is no participant report that is known here. Please choose the CSV that "
        "Zoom or Microsoft Teams offers after the meeting, in English."
    )


# --- How long somebody was there --------------------------------------------------------


def presence(stays: Iterable[Stay], starts_at: datetime, ends_at: datetime) -> Presence:
    """Time within the session. Joins that overlap (telephone and computer) count once."""
    rows = list(stays)
    length = whole_minutes(ends_at - starts_at)
    spans = merged(
        (max(stay.joined_at, starts_at), min(stay.left_at, ends_at))
        for stay in rows
        if stay.joined_at and stay.left_at
    )
    if not spans:
        total = sum(stay.minutes for stay in rows if not (stay.joined_at and stay.left_at))
        there = min(total, length)
        return Presence(there, 0, length - there)
    there = min(whole_minutes(sum((end - start for start, end in spans), timedelta())), length)
    late = min(whole_minutes(spans[0][0] - starts_at), length - there)
    return Presence(there, late, length - there - late)


def merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Spans of time joined where they touch; empty ones left out."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def whole_minutes(span: timedelta) -> int:
    """Minutes, rounded."""
    return round(span / timedelta(minutes=1))


# --- Who it was ---------------------------------------------------------------------------


class Sureness(StrEnum):
    EMAIL = "email"
    NAME = "name"
    UNSURE = "unsure"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody of the group: ``key`` is the caller's, for example an enrolment's number."""

    key: int
    name: str
    emails: frozenset[str]


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody in the meeting and who that is. ``key`` is None until somebody says so;
    ``candidates`` are keys to choose from, the likeliest first."""

    name: str
    email: str
    stays: tuple[Stay, ...]
    sureness: Sureness
    key: int | None = None
    candidates: tuple[int, ...] = ()


def match_people(stays: Iterable[Stay], known: Collection[Known]) -> list[Guest]:
    """Who was meant: by e-mail address, then by name where only one of the group fits.

    Two of the group with one name are never told apart here, and one person of the group is
    never given to two guests by name: both stay unsure, for the facilitator to say.
    """
    by_email = {email: person.key for person in known for email in person.emails}
    names = {person.key: plain(person.name) for person in known}
    guests = [
        guest_of(name, email, tuple(rows), by_email, names)
        for (name, email), rows in grouped(stays).items()
    ]
    taken: dict[int, list[Guest]] = defaultdict(list)
    for guest in guests:
        if guest.key is not None:
            taken[guest.key].append(guest)
    return [
        unsure(guest) if guest.sureness is Sureness.NAME and is_doubled(guest, taken) else guest
        for guest in guests
    ]


def is_doubled(guest: Guest, taken: dict[int, list[Guest]]) -> bool:
    """Has another guest of another name been given the same person?"""
    others = taken[guest.key] if guest.key is not None else []
    return any(plain(other.name) != plain(guest.name) for other in others)


def unsure(guest: Guest) -> Guest:
    candidates = (guest.key,) if guest.key is not None else ()
    return replace(guest, sureness=Sureness.UNSURE, key=None, candidates=candidates)


def grouped(stays: Iterable[Stay]) -> dict[tuple[str, str], list[Stay]]:
    """Stays by person as the meeting knew them: by address, else by name."""
    found: dict[str, list[Stay]] = defaultdict(list)
    for stay in stays:
        found[stay.email or plain(stay.name)].append(stay)
    return {(rows[0].name, rows[0].email): rows for rows in found.values()}


def guest_of(
    name: str,
    email: str,
    stays: tuple[Stay, ...],
    by_email: dict[str, int],
    names: dict[int, str],
) -> Guest:
    if email in by_email:
        return Guest(name, email, stays, Sureness.EMAIL, by_email[email])
    likely = likeliest(name, names)
    sure = [key for key, likeness in likely if likeness >= SURE]
    if len(sure) == 1:
        return Guest(name, email, stays, Sureness.NAME, sure[0])
    if likely:
        candidates = tuple(key for key, _likeness in likely)
        return Guest(name, email, stays, Sureness.UNSURE, None, candidates)
    return Guest(name, email, stays, Sureness.NOBODY)


def likeliest(name: str, names: dict[int, str]) -> list[tuple[int, float]]:
    """People whose name is like this one or like the original behind it, the likeliest first.

    ``names`` are those of the group in their `plain` spelling. A part of a name ("Ana S.",
    "Ana") makes somebody a candidate, never sure.
    """
    found: dict[int, float] = {}
    for part in spellings(name):
        for scorer, most in (
            (fuzz.token_sort_ratio, 100),
            (fuzz.partial_token_sort_ratio, SURE - 1),
        ):
            for _text, likeness, key in process.extract(
                part, names, scorer=scorer, score_cutoff=ALIKE, limit=5
            ):
                found[key] = max(found.get(key, 0), min(likeness, most))
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def spellings(name: str) -> list[str]:
    """``Ana (Ana Silva)``: the name shown and the one behind it."""
    shown, _bracket, behind = name.partition("(")
    parts = (plain(shown), plain(behind.rstrip(") ")))
    return [part for part in dict.fromkeys(parts) if len(part) > 1]


def plain(name: str) -> str:
    """Small letters without accents, marks and doubled spaces."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    kept = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join(kept.split())
