"""The facilitator's roster: a consultation group of 16 × 10 beside a cohort of 120 × 12."""

from datetime import timedelta

from django.utils import timezone

from bench import people
from bench.report import Row
from bench.requests import Site, cookie_of, from_memory
from bench.rounds import alternate
from cohorts.models import Attendance, Cohort
from scip.accounts.models import User
from tests.cohorts.meeting import enrol, lead, make_running

# People and sessions; the first session lies a week back for each of them.
SHAPES = ((16, 10), (120, 12))
CALLS = 20
MOST_QUERIES = 10


def held(crowd: list[User], sessions: int) -> Cohort:
    """A cohort with these people, its last session being under way, every mark set."""
    start = timezone.now() - timedelta(weeks=sessions - 1, minutes=30)
    cohort = make_running(
        time_zone="UTC",
        starts_on=start.date(),
        starts_at=start.time(),
        session_count=sessions,
        capacity=len(crowd),
    )
    places = [enrol(person, cohort) for person in crowd]
    Attendance.objects.bulk_create(
        Attendance(
            enrolment=place,
            session=session,
            mark="absent" if (index + session.number) % 9 == 0 else "present",
        )
        for index, place in enumerate(places)
        for session in cohort.sessions.all()
    )
    return cohort


def roster_rows() -> list[Row]:
    """Queries of both sizes, and how the time grows with the cells of the grid."""
    site = Site()
    crowd = list(User.objects.filter(email__startswith="crowd").order_by("pk"))
    sides = {"B0": site.getter("/bench/bare/")}
    counts: dict[str, int] = {}
    for size, sessions in SHAPES:
        cohort = held(crowd[:size], sessions)
        name = f"{size} × {sessions}"
        address = f"/facilitate/{cohort.pk}/"
        cookie = cookie_of(lead(cohort, f"lead{size}@example.com"))
        people.analyse()
        sides[name] = site.getter(address, cookie=cookie)
        sides[f"B2 {name}"], _left = from_memory(address, cookie=cookie)
        counts[name] = site.queries(address, cookie=cookie)
    taken = alternate(sides, calls=CALLS)
    small, large = (f"{size} × {sessions}" for size, sessions in SHAPES)
    rows = [
        Row(
            name=f"roster {name}, p50",
            value=taken[name].p50,
            unit="ms",
            baseline=base,
            baseline_value=taken[f"B2 {name}" if base == "B2" else base].p50,
            goal=2.5 if base == "B2" else None,
            note="the directory's goal" if base == "B2" else "",
        )
        for name in (small, large)
        for base in ("B0", "B2")
    ]
    cells = [size * sessions for size, sessions in SHAPES]
    return [
        *rows,
        Row(
            name=f"roster {large}, p50",
            value=taken[large].p50,
            unit="ms",
            baseline=small,
            baseline_value=taken[small].p50,
            goal=cells[1] / cells[0],
            note=f"it has {cells[1] / cells[0]:g} times the cells",
        ),
        Row(
            name=f"queries: roster at {small} and {large}",
            value=max(counts.values()),
            unit="queries",
            goal=MOST_QUERIES if len(set(counts.values())) == 1 else 0,
            is_exact=True,
            note="" if len(set(counts.values())) == 1 else f"grows with rows: {counts}",
        ),
    ]
