"""A meeting's participant report of 10,000 rows: read, matched with the group, saved."""

import csv
import io
import tracemalloc
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.report import Row
from bench.roster import held
from bench.rounds import alternate
from cohorts.meeting_reports import Stay, joined, read_report
from cohorts.models import Attendance, Session
from cohorts.services.reports import packed, plan_marks, save_report, unpacked
from scip.accounts.models import User
from tests.cohorts.meeting import lead

ROWS, PEOPLE, STRANGERS = 10_000, 120, 60
CALLS = 10
KIB = 1024
ZONE = ZoneInfo("UTC")
FORM = "%m/%d/%Y %I:%M:%S %p"


def report_of(people: list[User], session: Session, rows: int) -> bytes:
    """What Zoom would write if everybody fell out of the meeting again and again: a third of the
    group without an address, and telephones that belong to nobody."""
    guests = [
        (person.name, "" if index % 3 == 0 else person.email) for index, person in enumerate(people)
    ] + [(f"Telephone {number:04}", "") for number in range(STRANGERS)]
    out = io.StringIO()
    write = csv.writer(out)
    write.writerow(
        ("Name (Original Name)", "User Email", "Join Time", "Leave Time", "Duration (Minutes)")
    )
    for number in range(rows):
        name, email = guests[number % len(guests)]
        joins = session.starts_at.astimezone(ZONE) + timedelta(seconds=number % 6_000)
        leaves = joins + timedelta(seconds=90)
        write.writerow((name, email, joins.strftime(FORM), leaves.strftime(FORM), 2))
    return out.getvalue().encode()


def stays_of(content: bytes, around: tuple[datetime, datetime]) -> list[Stay]:
    return joined([read_report(content, zone=ZONE, around=around)])


def peak_bytes(content: bytes, session: Session) -> int:
    """The most that reading and planning hold at a time."""
    tracemalloc.start()
    try:
        plan_marks(session, stays_of(content, (session.starts_at, session.ends_at)))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def report_rows() -> list[Row]:
    """Times beside a plain pass of the csv module, growth from a tenth, memory, queries."""
    people = list(User.objects.filter(email__startswith="crowd").order_by("pk")[:PEOPLE])
    cohort = held(people, 12)
    leader = lead(cohort, "lead-report@example.com")
    session = cohort.sessions.select_related("cohort").get(number=1)
    around = (session.starts_at, session.ends_at)
    whole, tenth = (report_of(people, session, rows) for rows in (ROWS, ROWS // 10))
    stays, few = stays_of(whole, around), stays_of(tenth, around)
    text = whole.decode()
    marks = dict.fromkeys(range(PEOPLE + STRANGERS))
    marks |= {
        place: line.person.pk
        for place, line in enumerate(plan_marks(session, stays).lines)
        if line.person
    }

    def save() -> None:
        Attendance.objects.filter(session=session).delete()
        save_report(
            session, stays, choices=marks, replace_marks=True, others_absent=True, by=leader
        )

    taken = alternate(
        {
            "csv": lambda: list(csv.reader(io.StringIO(text))),
            "read": lambda: stays_of(whole, around),
            "read a tenth": lambda: stays_of(tenth, around),
            "plan": lambda: plan_marks(session, stays),
            "plan a tenth": lambda: plan_marks(session, few),
            "travel": lambda: unpacked(signing.loads(signing.dumps(packed(stays), compress=True))),
        },
        calls=CALLS,
    )
    saved = alternate({"save": save}, calls=3, block=1, warm_up=1)["save"].p50
    with CaptureQueriesContext(connection) as large:
        plan_marks(session, stays)
    with CaptureQueriesContext(connection) as small:
        plan_marks(session, few)
    sealed = len(signing.dumps(packed(stays), compress=True))
    csv_ms = taken["csv"].p50
    kinds = [("read", 40.0), ("plan", 40.0), ("travel", None)]
    rows = [
        Row(
            name=f"report of {ROWS:,} rows: {kind}",
            value=taken[kind].p50,
            unit="ms",
            baseline="csv alone",
            baseline_value=csv_ms,
            goal=goal,
        )
        for kind, goal in kinds
    ]
    rows += [
        Row(
            name=f"report, ten times the rows: {kind}",
            value=taken[kind].p50,
            unit="ms",
            baseline="a tenth of it",
            baseline_value=taken[f"{kind} a tenth"].p50,
            goal=10,
        )
        for kind in ("read", "plan")
    ]
    return [
        *rows,
        Row(name=f"report: {PEOPLE} marks saved and logged", value=saved, unit="ms"),
        Row(
            name="report: most memory while it is read and matched",
            value=peak_bytes(whole, session) / KIB,
            unit="KiB",
            baseline="the file",
            baseline_value=len(whole) / KIB,
            goal=40,
        ),
        Row(
            name="report: what travels with the page",
            value=sealed / KIB,
            unit="KiB",
            goal=1024,
            is_exact=True,
            note="a form may have 2,560",
        ),
        Row(
            name=f"queries: plan of {ROWS // 10:,} and {ROWS:,} rows",
            value=len(large),
            unit="queries",
            goal=len(small),
            is_exact=True,
        ),
    ]
