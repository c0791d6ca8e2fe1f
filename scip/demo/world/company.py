"""The world while it is made: its clock, its office, and how people come into it."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.hashers import make_password

from payments.services import add_gift
from scip.accounts.models import Prerequisite, User
from scip.accounts.services import grant_role, submit_prerequisite, verify_prerequisite
from scip.credentials.models import Completion, Level
from scip.credentials.services import record_completion
from scip.demo.people import BY_EMAIL, DEMO_PEOPLE, PASSWORD, DemoPerson, Person
from scip.demo.world import papers, texts
from scip.demo.world.names import drawn_people
from scip.demo.world.stage import Stage, Story
from scip.policy.models import Edition

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

# Whoever leads the cohorts beside the demo's facilitator.
COLLEAGUE = Person(
    email="mirela.colleague@people.example",
    name="Mirela Ionescu",
    suffix="PhD",
    profession="Psychologist",
    country="RO",
    zone="Europe/Bucharest",
    languages=("ro", "en"),
)
# Reads beside the demo's own reviewer.
READER = Person(
    email="salma.reader@people.example",
    name="Salma Idrissi",
    suffix="MD",
    profession="Psychiatrist",
    country="MA",
    zone="Africa/Casablanca",
    languages=("ar", "fr", "en"),
)
CREDITED = ("supervisor@example.org", "supervisor2@example.org")


@dataclass
class Company:
    """The stage with the people everybody deals with. ``draw`` makes each run the same."""

    stage: Stage
    draw: random.Random = field(default_factory=lambda: random.Random(2027))  # noqa: S311

    def __post_init__(self) -> None:
        self.strangers = drawn_people(self.draw)
        self.users: dict[str, User] = {}
        # What the roster will say about each participant, by user.
        self.paths: dict[int, Any] = {}
        # One hash for all: making twelve would take longer than half of the world.
        self.password = make_password(PASSWORD)

    @property
    def now(self) -> datetime:
        return self.stage.now

    @property
    def present(self) -> datetime:
        return self.stage.present

    @property
    def staff(self) -> User:
        return self.users["staff@example.org"]

    @property
    def aid(self) -> User:
        return self.users["aid@example.org"]

    def ago(self, days: float, *, hour: int | None = None) -> datetime:
        """A moment so many days before the present; on the hour given (UTC), or at the
        present's own time of day."""
        moment = self.present - timedelta(days=days)
        return moment if hour is None else self.at(moment.date(), hour=hour)

    def at(self, day: date, *, hour: int) -> datetime:
        """Some minute of an hour (UTC) of a day."""
        return datetime.combine(day, time(hour, self.draw.randrange(60)), tzinfo=UTC)

    def edition(self, on: date) -> Edition:
        """The rules in force on a day; the demo reaches back before the first edition."""
        known = Edition.objects.filter(in_force_from__lte=on).order_by("-in_force_from").first()
        if known is not None:
            return known
        return Edition.objects.create(
            name=f"{on.year - 1} edition",
            in_force_from=date(on.year - 1, 1, 1),
            payment_instructions=texts.PAYMENT_INSTRUCTIONS,
        )

    def register(self, person: Person) -> User:
        """An account with a confirmed address and a profile."""
        user: User = User.objects.create_user(
            person.email,
            name=person.name,
            credentials_suffix=person.suffix,
            profession=person.profession,
            country=person.country,
            time_zone=person.zone,
            languages=list(person.languages),
        )
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        if isinstance(person, DemoPerson):
            user.password = self.password
            user.save(update_fields=["password"])
        self.users[person.email] = user
        return user

    def someone(self) -> Person:
        """Somebody new from somewhere."""
        return next(self.strangers)


def office_opens(company: Company) -> Story:
    """People with a role: an account, the role, a second factor. How to pay is written down."""
    yield company.ago(700)
    Edition.objects.update(payment_instructions=texts.PAYMENT_INSTRUCTIONS)
    for person in DEMO_PEOPLE:
        if person.role:
            take_office(company, person, person.role)
    take_office(company, COLLEAGUE, "facilitator")
    take_office(company, READER, "reviewer")
    add_gift(cents=900_000, currency="USD", reason=texts.GIFT, by=company.staff, now=company.now)
    yield company.ago(690)
    for email in CREDITED:
        verify(company, bring_evidence(company, company.users[email]))
        for level in (Level.A, Level.B):
            record_completion(
                company.users[email],
                level=level,
                basis=Completion.Basis.EQUIVALENCY,
                completed_on=company.ago(900).date(),
                facts={"format": "SCIP 2.0"},
                by=company.staff,
            )


def take_office(company: Company, person: Person, role: str) -> None:
    user = company.register(person)
    grant_role(user, role, by=None, since=company.now.date(), now=company.now)
    TOTP.activate(user, generate_totp_secret())


def bring_evidence(
    company: Company, user: User, *, valid_days: int = 0, leave_out: frozenset[str] = frozenset()
) -> list[Prerequisite]:
    """All four kinds, sent to the office with a document each. ``valid_days`` from the present
    on until licence and insurance end (drawn when 0)."""
    completed_on = (company.now - timedelta(days=company.draw.randrange(200, 1500))).date()
    sent = []
    for kind in Prerequisite.Kind:
        days = valid_days or company.draw.randrange(70, 900)
        fields = papers.facts(
            kind,
            country=str(user.country),
            expires_on=(company.present + timedelta(days=days)).date(),
            completed_on=completed_on,
        )
        if kind not in leave_out:
            sent.append(
                submit_prerequisite(
                    user,
                    kind=kind,
                    fields=fields,
                    document=papers.document(kind),
                    now=company.now,
                )
            )
    return sent


def verify(company: Company, records: list[Prerequisite]) -> None:
    """The office takes these records."""
    for record in records:
        verify_prerequisite(record, by=company.staff, now=company.now)


def demo(email: str) -> DemoPerson:
    return BY_EMAIL[f"{email}@example.org"]
