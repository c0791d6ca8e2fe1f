"""The cohorts: when they are, who leads them, and how their weeks go by."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.text import slugify

from cohorts.models import Cohort, Enrolment, PriceTier, Session
from cohorts.services.attendance import mark_attendance, mark_everyone
from cohorts.services.due import sweep_offers
from cohorts.services.opening import draft_cohort, open_cohort
from cohorts.services.reminders import queue_reminders
from cohorts.services.sessions import follow_calendar
from payments.services import queue_reminders as remind_of_instalments
from scip.accounts.models import User
from scip.credentials import services as credentials
from scip.credentials.models import Certificate
from scip.demo.world import texts
from scip.demo.world.admission import Path
from scip.demo.world.company import DAY, HOUR, Company
from scip.demo.world.stage import Story

WEEK = timedelta(weeks=1)
REMINDERS_KEPT = timedelta(days=55)
SESSIONS = 12
OTHER_PRICES = (PriceTier.Kind.STANDARD, PriceTier.Kind.STANDARD, PriceTier.Kind.LEND_A_HAND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a cohort's clock is, and how people call its hours."""

    zone: str
    label: str
    weekday: int
    hour: int


PLACES = (
    Place(zone="Europe/Lisbon", label="Lisbon evenings", weekday=1, hour=18),
    Place(zone="America/New_York", label="New York mornings", weekday=3, hour=10),
    Place(zone="Australia/Sydney", label="Sydney evenings", weekday=2, hour=18),
    Place(zone="Asia/Kolkata", label="Kolkata evenings", weekday=4, hour=17),
)


def first_day(place: Place, present: datetime, *, held: int) -> date:
    """The first session's day for a weekly cohort that has ``held`` sessions behind it (or,
    below zero, begins so many weeks ahead)."""
    zone = ZoneInfo(place.zone)
    day = present.astimezone(zone).date()
    ahead = (place.weekday - day.weekday()) % 7
    upcoming = datetime.combine(day + timedelta(days=ahead), time(place.hour), tzinfo=zone)
    if upcoming <= present:
        upcoming += WEEK
    return upcoming.date() - held * WEEK


def announced(
    company: Company,
    place: Place,
    *,
    starts_on: date,
    capacity: int,
    opens: datetime,
    closes: datetime,
    leaders: tuple[User, ...],
    number: int = 1,
) -> Cohort:
    """A published cohort; ``number`` keeps several of the same month and place apart."""
    month = f"{starts_on:%B %Y}"
    title = f"Learning Cohort {month}, {place.label}" + (f" ({number})" if number > 1 else "")
    cohort = draft_cohort(
        edition=company.edition(opens.date()),
        by=company.staff,
        title=title,
        slug=slugify(title),
        summary=texts.SUMMARY,
        time_zone=place.zone,
        starts_on=starts_on,
        starts_at=time(place.hour),
        capacity=capacity,
        join_url=f"https://meet.example.org/{starts_on:%y%m}-{place.hour}-{number}",
        applications_open_at=opens,
        applications_close_at=closes,
        is_ce_approved=place.hour != 17,
    )
    cohort.facilitators.set(leaders)
    cohort = open_cohort(cohort, by=company.staff, now=company.now)
    for session, title in zip(cohort.sessions.order_by("number"), texts.SYLLABUS, strict=True):
        Session.objects.filter(pk=session.pk).update(title=title, changed_at=company.now)
    return cohort


def weeks_go_by(company: Company, cohort: Cohort, leader: User, *, behind: int = 0) -> Story:
    """Reminders, sessions and marks up to the end, then completions and certificates.

    ``behind`` last sessions before the present are not marked yet: something to do.
    """
    sessions = list(cohort.sessions.order_by("number"))
    past = [session.pk for session in sessions if session.ends_at <= company.present]
    unmarked = set(past[len(past) - behind :])
    company.stage.tell(is_reminded(company, sessions))
    yield sessions[0].starts_at + timedelta(minutes=1)
    follow_calendar(company.now)
    for session in sessions:
        yield session.ends_at - timedelta(minutes=20)
        if session.pk not in unmarked:
            keep_roster(company, cohort, session, leader)
        yield session.ends_at + timedelta(minutes=1)
        follow_calendar(company.now)
    yield from ends(company, cohort)


def is_reminded(company: Company, sessions: list[Session]) -> Story:
    """The reminders of the last weeks; nobody reads those of a session long over."""
    moments = [sessions[0].starts_at - WEEK]
    for session in sessions:
        moments += [session.starts_at - DAY, session.starts_at - HOUR]
    for moment in moments:
        if moment >= company.present - REMINDERS_KEPT:
            yield moment + timedelta(minutes=1)
            queue_reminders(company.now)


def keep_roster(company: Company, cohort: Cohort, session: Session, leader: User) -> None:
    """The facilitator's marks towards the end of a session: who was missing or late, then all the others."""
    session.refresh_from_db()
    for enrolment in Enrolment.objects.filter(cohort=cohort).taking_part().select_related("user"):
        path = company.paths.get(enrolment.user_id)
        if path is None:
            continue
        if session.number in path.absences:
            mark_attendance(enrolment, session, mark="absent", by=leader, now=company.now)
        elif session.number in path.late:
            mark_attendance(
                enrolment, session, mark="present", late_minutes=15, by=leader, now=company.now
            )
    mark_everyone(session, by=leader, now=company.now)


def ends(company: Company, cohort: Cohort) -> Story:
    """The calendar says that it is over: completions, then the worker makes certificates."""
    yield company.now + 2 * HOUR
    follow_calendar(company.now)
    yield company.now + HOUR
    waiting = Certificate.objects.filter(
        credential__completion__facts__cohort=cohort.pk, made_at=None
    )
    for certificate in waiting.order_by("pk").select_related("credential"):
        company.stage.press.order(certificate, credentials.render, credentials.make_certificate)


def sweeps(company: Company, *, since: datetime) -> Story:
    """What beat does every minute, here once a day: last calls, lapses, freed seats,
    reminders of instalments."""
    moment = since
    while True:
        yield moment
        sweep_offers(company.now)
        remind_of_instalments(company.now)
        moment += DAY


def mixed(
    company: Company, cohort: Cohort, count: int, *, first: datetime, last: datetime
) -> list[Path]:
    """Paths of people who simply take part, spread over the time for applications."""
    draw = company.draw
    early = cohort.tiers.get(kind=PriceTier.Kind.EARLY_BIRD)
    paths = []
    for number in range(count):
        sent = first + (last - first) * (number + 0.5) / count
        missed = draw.sample(range(1, SESSIONS + 1), draw.choice((0, 0, 1, 1, 2)))
        paths.append(
            Path(
                sent=sent,
                tier=draw.choice((early.kind if early.holds(sent) else "standard", *OTHER_PRICES)),
                pays=draw.choice(("online", "online", "online", "bank", "cheque")),
                decided_days=draw.uniform(3, 7),
                accepted_days=draw.uniform(0.5, 4),
                paid_days=draw.uniform(0.1, 1.5),
                absences=frozenset(missed),
                late=frozenset(draw.sample(range(1, SESSIONS + 1), 2)) - frozenset(missed),
            )
        )
    return paths
