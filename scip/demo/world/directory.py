"""Certified people of earlier formats who wish to be found: the directory, with much and little shown."""

from dataclasses import dataclass
from typing import Any

from scip.accounts.models import User
from scip.credentials.certified import issue_certified
from scip.credentials.models import Completion, Level
from scip.credentials.services import record_completion
from scip.demo.people import Person
from scip.demo.world.company import Company, demo
from scip.demo.world.stage import Story
from scip.demo.world.supervisors import person
from scip.directory.queries.own import certification_of
from scip.directory.services import listings, visitors
from scip.policy.models import Edition

EVERYTHING = frozenset(listings.COLUMNS) | frozenset(listings.FLAGS)
# Certified so many days ago; a listing that old was last confirmed then.
LONG_AGO, LATELY = 190, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One listing: who, what it says, what of it is not shown, and since when."""

    person: Person
    city: str
    topics: tuple[str, ...]
    populations: tuple[str, ...] = ("adults",)
    accepting: str = "yes"
    in_person: bool = True
    website: str = ""
    hides: frozenset[str] = frozenset()
    days: int = LATELY


def entry(who: tuple[str, ...], city: str, *topics: str, **more: Any) -> Entry:
    return Entry(person=person(*who), city=city, topics=topics, **more)


ENTRIES = (
    entry(("lucia.c", "Lucía Fernández Ortega", "PhD", "ES", "Europe/Madrid", "es", "en"), "Sevilla",
          "trauma", "shame", populations=("adults", "refugees"), website="https://lucia.example.org/"),
    entry(("anders.c", "Anders Lindqvist", "MSc", "SE", "Europe/Stockholm", "sv", "en"), "Malmö",
          "depression", "fatigue", populations=("adults", "helpers"), in_person=False),
    entry(("zeynep.c", "Zeynep Yıldız", "", "TR", "Europe/Istanbul", "tr", "en"), "Izmir",
          "anxiety", "couples", populations=("adults", "couples"), accepting="no"),
    entry(("jakub.c", "Jakub Łęcki", "MD", "PL", "Europe/Warsaw", "pl", "de"), "Łódź",
          "addictions", "shame", days=LONG_AGO),
    entry(("hana.c", "Hana Nováková", "PhDr", "CZ", "Europe/Prague", "cs", "en", "de"), "Brno",
          "eating", populations=("youth", "adults"), hides=frozenset({"accepting", "website"})),
    entry(("kwame.c", "Kwame Mensah", "PsyD", "GH", "Africa/Accra", "en", "ak"), "Kumasi",
          "grief", "justice", populations=("adults", "families")),
    entry(("yuki.c", "田中 由紀", "", "JP", "Asia/Tokyo", "ja", "en"), "Kyoto",
          "parts", "shame", in_person=False),
    entry(("ines.c", "Inês Carvalho", "", "PT", "Europe/Lisbon", "pt", "fr", "en"), "Porto",
          "borderline", "trauma", website="https://ines-carvalho.example.org/"),
    entry(("ravi.c", "Ravi Subramaniam", "MPhil", "IN", "Asia/Kolkata", "ta", "hi", "en"), "Chennai",
          "illness", "anxiety", populations=("adults", "older"), accepting="no"),
    entry(("noa.c", "Noa Ben-David", "LCSW", "US", "America/New_York", "en", "he"), "Brooklyn",
          "trauma", "parts", populations=("adults", "lgbtq"), hides=frozenset({"languages"})),
    entry(("marc.c", "Marc-André Tremblay", "PhD", "CA", "America/Toronto", "fr", "en"), "Montréal",
          "couples", "fatigue", populations=("couples", "helpers")),
    entry(("quiet.c", "Ellen O’Brien", "LMFT", "IE", "Europe/Dublin", "en", "ga"), "Cork",
          "grief", hides=EVERYTHING),
)  # fmt: skip
REPORT = "The website of this page did not open for me last week."


def directory_opens(company: Company) -> Story:
    """Certified on what they did in earlier formats, one after the other; one report waits."""
    edition = Edition.objects.in_force(company.now.date())
    for who in sorted(ENTRIES, key=lambda item: -item.days):
        yield company.ago(who.days)
        user = company.register(who.person)
        certify(company, user, edition)
        appear(company, user, who)
    yield company.ago(3)
    reported = company.users[ENTRIES[7].person.email].listing
    visitors.report_listing(reported, words=REPORT, email="")
    yield company.ago(1)
    graduate = company.users[demo("graduate").email]
    if certification_of(graduate) is not None:
        graduate_appears(company, graduate)


def certify(company: Company, user: User, edition: Edition) -> None:
    for level in (Level.A, Level.B):
        record_completion(
            user,
            level=level,
            basis=Completion.Basis.EQUIVALENCY,
            completed_on=company.ago(900).date(),
            facts={"format": "SCIP 3.0"},
            by=company.staff,
        )
    issue_certified(
        user,
        reference=f"earlier-{user.pk}",
        lines=[("Way", "SCIP 3.0, credited"), ("Supervision sessions", "10")],
        facts={"format": "SCIP 3.0"},
        edition=edition,
        by=company.staff,
        now=company.now,
    )


def appear(company: Company, user: User, who: Entry) -> None:
    """Written and published as the site does it."""
    fields = {
        "country": who.person.country,
        "city": who.city,
        "languages": list(who.person.languages),
        "topics": list(who.topics),
        "populations": list(who.populations),
        "is_online": True,
        "is_in_person": who.in_person,
        "accepting": who.accepting,
        "website": who.website,
    }
    shows = EVERYTHING - who.hides
    listing = listings.save_listing(user, fields=fields, shows=shows, now=company.now)
    listings.publish(listing, by=user, now=company.now)


def graduate_appears(company: Company, user: User) -> None:
    """The demo's own graduate: everything shown but the licence, and would like to mentor."""
    who = Entry(person=demo("graduate"), city="", topics=("shame", "trauma", "anxiety"))
    appear(company, user, who)
    visitors.say_interest(user, would_facilitate=False, would_mentor=True, note="")
