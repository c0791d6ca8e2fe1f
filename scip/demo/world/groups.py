"""Level B: a group that is over, one under way with its rota, coming ones, and a round of wishes
for those."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.text import slugify

from cohorts.models import Cohort
from cohorts.services.opening import draft_cohort, open_cohort
from consultations.models import Group, Round, Topic
from consultations.services.rota import lay_out_rota
from consultations.services.rounds import open_round
from consultations.services.wishes import save_wishes
from scip.accounts.models import User
from scip.accounts.queries import prerequisite_evidence
from scip.accounts.requirements import prerequisite_findings
from scip.credentials.models import Completion, Level
from scip.demo.people import Person
from scip.demo.world import texts
from scip.demo.world.admission import FATES, Path, applies
from scip.demo.world.cohorts import Place, first_day, weeks_go_by
from scip.demo.world.company import COLLEAGUE, DAY, HOUR, Company, demo
from scip.demo.world.stage import Story

AFTERNOONS = Place(zone="Europe/London", label="London afternoons", weekday=0, hour=15)
TOKYO = Place(zone="Asia/Tokyo", label="Tokyo evenings", weekday=2, hour=19)
EVENINGS = Place(zone="America/Toronto", label="Toronto mornings", weekday=3, hour=9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One group: ``held`` sessions lie behind it (below zero: it begins so many weeks ahead);
    people apply ``applied_before`` days before its first. With a small ``minimum`` a round with
    few people places some of them."""

    topic: str
    place: Place
    held: int
    leader: Person
    people: int
    applied_before: int = 56
    fate: str = "place"
    minimum: int = 4
    first: tuple[str, ...] = ()


PLANS = (
    Plan(
        topic="trauma",
        place=AFTERNOONS,
        held=10 + 5,
        leader=COLLEAGUE,
        people=3,
        first=("candidate@example.org",),
    ),
    Plan(
        topic="couples",
        place=EVENINGS,
        held=4,
        leader=demo("facilitator"),
        people=3,
        applied_before=20,
    ),
    Plan(
        topic="depression",
        place=AFTERNOONS,
        held=-10,
        leader=COLLEAGUE,
        people=1,
        fate="queue",
        minimum=2,
    ),
    Plan(topic="anxiety", place=EVENINGS, held=-11, leader=COLLEAGUE, people=0, minimum=2),
    Plan(topic="teens-youth", place=TOKYO, held=-11, leader=COLLEAGUE, people=0, minimum=2),
)
# Which of the coming groups each of the round's people would come to, dearest first.
WISHES = (
    ("anxiety", "depression"),
    ("depression", "anxiety", "teens-youth"),
    ("teens-youth",),
)


def consultation_groups(company: Company) -> Story:
    """The groups, each announced ten weeks before it begins, and a round for those to come."""
    for plan in PLANS:
        company.stage.tell(group(company, plan))
    yield company.ago(2)
    coming = {row.topic.slug: row for row in Group.objects.filter(cohort__state=Cohort.State.OPEN)}
    round_ = Round.objects.create(
        name="Groups of the coming season",
        words=texts.ROUND_WORDS,
        opens_at=company.now,
        closes_at=company.now + 12 * DAY,
        created_at=company.now,
    )
    round_.groups.set(coming.values())
    open_round(round_, by=company.staff, now=company.now)
    yield company.ago(1)
    for user, wished in zip(ready(company, (), len(WISHES)), WISHES, strict=False):
        save_wishes(
            round_,
            user,
            revision=0,
            ranks={coming[slug].pk: place for place, slug in enumerate(wished, start=1)},
            attends_live=True,
            may_meet_at_night=len(wished) == 1,
            now=company.now,
        )


def group(company: Company, plan: Plan) -> Story:
    """Announced, joined by people who completed Level A, and then week by week."""
    starts_on = first_day(plan.place, company.present, held=plan.held)
    announced_at = min(company.at(starts_on - 70 * DAY, hour=9), company.ago(8))
    yield announced_at
    leader = company.users[plan.leader.email]
    cohort = announced(company, plan, starts_on, leader)
    sent = min(company.at(starts_on - plan.applied_before * DAY, hour=10), company.ago(3))
    yield sent - HOUR
    people = ready(company, plan.first, plan.people)
    for number, user in enumerate(people):
        path = Path(
            sent=sent + number * DAY,
            fate=plan.fate,
            pays="bank" if number == 1 else "online",
            absences=frozenset({3 + number}) if number < 2 else frozenset(),
        )
        company.paths[user.pk] = path
        company.stage.tell(enters(company, user, cohort, path))
    company.stage.tell(weeks_go_by(company, cohort, leader))
    yield cohort.begins_at + DAY
    lay_out_rota(cohort.group, by=leader, now=company.now)


def announced(company: Company, plan: Plan, starts_on: date, leader: User) -> Cohort:
    """A published group with its topic."""
    topic = Topic.objects.get(slug=plan.topic)
    title = f"{topic.name}, {starts_on:%B %Y}, {plan.place.label}"
    cohort = draft_cohort(
        edition=company.edition(company.now.date()),
        by=company.staff,
        level=Level.B,
        title=title,
        slug=slugify(title),
        summary=texts.GROUP_SUMMARY,
        time_zone=plan.place.zone,
        starts_on=starts_on,
        starts_at=time(plan.place.hour),
        join_url=f"https://meet.example.org/{plan.topic}-{starts_on:%y%m}",
        applications_open_at=company.now + HOUR,
        applications_close_at=company.at(starts_on - 10 * DAY, hour=9),
    )
    cohort.facilitators.set([leader])
    Group.objects.create(
        cohort=cohort, topic=topic, minimum=plan.minimum, decides_on=starts_on - timedelta(days=14)
    )
    return open_cohort(cohort, by=company.staff, now=company.now)


def ready(company: Company, first: Iterable[str], count: int) -> list[User]:
    """People who completed Level A, whose documents hold, and who are in no group yet; those
    named come first."""
    names = list(first)
    done = (
        Completion.objects.filter(level=Level.A, basis=Completion.Basis.COHORT)
        .exclude(user__completions__level=Level.B)
        .exclude(user__enrolments__cohort__level=Level.B)
        .exclude(user__applications__cohort__level=Level.B)
        .select_related("user")
        .order_by("completed_on", "pk")
    )
    users = [row.user for row in done if is_valid(row.user, company.now)]
    users.sort(key=lambda user: user.email not in names)
    return users[:count]


def is_valid(user: User, now: datetime) -> bool:
    """Every document is verified and holds."""
    evidence = prerequisite_evidence([user.pk])[user.pk]
    findings = prerequisite_findings(evidence, as_of=now.date(), msc_due_on=None)
    return all(finding.is_met for finding in findings)


def enters(company: Company, user: User, cohort: Cohort, path: Path) -> Story:
    """Somebody who is known already applies for a group."""
    yield path.sent
    application = applies(company, user, cohort, path)
    yield path.sent + path.decided_days * DAY
    yield from FATES[path.fate](company, application, path)
