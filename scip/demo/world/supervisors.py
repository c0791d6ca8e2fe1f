"""Supervisors: approved one by one, with pages in the directory; the candidate finds one."""

from dataclasses import dataclass
from typing import Any

from certification.candidacy.queries import current_candidacy
from scip.accounts.models import User
from scip.demo.people import Person
from scip.demo.world.company import DAY, HOUR, Company, demo
from scip.demo.world.stage import Story
from supervision.models import Supervisor
from supervision.services import introductions, profiles, supervisors

EXPERIENCE = (
    "I have supervised since 2012, in a clinic and in private practice, individually and in "
    "groups, and I teach a yearly course for supervisors."
)
MOTIVATION = (
    "Supervision is where I learned to be kind to the therapist that I am. I would like to pass "
    "that on, and I enjoy watching somebody find their own way of working."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """One supervisor: who, approved until how many days from now (0: open), and their page."""

    person: Person
    days: int
    page: dict[str, Any]


def person(email: str, name: str, suffix: str, country: str, zone: str, *languages: str) -> Person:
    return Person(
        email=f"{email}@people.example",
        name=name,
        suffix=suffix,
        profession="Psychotherapist",
        country=country,
        zone=zone,
        languages=languages,
    )


GUIDES = (
    Guide(
        person=demo("supervisor"),
        days=400,
        page={
            "headline": "Trauma, shame and the critic that means well",
            "orientation": "Compassion focused therapy, EMDR, trauma, shame",
            "bio": "I work in Kraków with adults who grew up with too little kindness, and with "
            "therapists who have too little of it for themselves.",
            "experience": "Fifteen years of supervision, most of it with trauma therapists; "
            "facilitator of earlier SCIP formats.",
            "approach": "We look at short pieces of your sessions, slowly. I ask what happened in "
            "you, before I ask what you did.",
            "place": "Kraków",
            "is_in_person": True,
            "has_sliding_scale": True,
        },
    ),
    Guide(
        person=demo("supervisor2"),
        days=25,
        page={
            "headline": "Couples, culture, and staying present in conflict",
            "orientation": "Emotionally focused therapy, couples, cultural humility",
            "bio": "I practise in Beirut in Arabic, French and English, with couples and with "
            "people between two countries.",
            "approach": "Warm, direct, with much practice together. Bring what did not work.",
            "place": "Beirut",
            "rate_cents": 15_000,
            "has_sliding_scale": True,
        },
    ),
    Guide(
        person=person(
            "noor.guide", "Noor van Dijk", "MSc", "NL", "Europe/Amsterdam", "nl", "en", "de"
        ),
        days=0,
        page={
            "headline": "Eating disorders, and patience with slow work",
            "orientation": "Schema therapy, eating disorders, depression",
            "bio": "Clinical psychologist in Utrecht. Half of my week belongs to supervision.",
            "place": "Utrecht",
            "is_in_person": True,
            "is_accepting": False,
        },
    ),
    Guide(
        person=person(
            "mateo.guide", "Mateo Núñez Ibarra", "PhD", "MX", "America/Mexico_City", "es", "en"
        ),
        days=300,
        page={
            "headline": "Bringing self-compassion into brief therapies",
            "orientation": "Acceptance and commitment therapy, anxiety, adolescents",
            "bio": "I teach at the university of Guadalajara and see adolescents and their "
            "parents.",
            "place": "Guadalajara",
        },
    ),
    Guide(
        person=person("keiko.guide", "Keiko Yamada", "PsyD", "JP", "Asia/Tokyo", "ja", "en"),
        days=500,
        page={
            "headline": "Presence, body, and the quiet client",
            "orientation": "Internal Family Systems, somatic work, addictions",
            "bio": "After twenty years in a hospital I have a small practice in Kyoto.",
            "place": "Kyoto",
            "is_in_person": True,
        },
    ),
)
HOPEFUL = person("priya.guide", "Priya Raman", "MD", "IN", "Asia/Kolkata", "ta", "en")


def supervisors_join(company: Company) -> Story:
    """Approved before applications open; one more waits for the office today."""
    for number, guide in enumerate(GUIDES):
        yield company.ago(58 - number)
        user = company.users.get(guide.person.email) or company.register(guide.person)
        joins(company, user, guide)
    company.stage.tell(candidate_finds_somebody(company))
    yield company.ago(4)
    supervisors.apply(
        company.register(HOPEFUL),
        experience=EXPERIENCE,
        motivation=MOTIVATION,
        now=company.now,
    )


def joins(company: Company, user: User, guide: Guide) -> Supervisor:
    """Applied, approved, and a page in the directory."""
    application = supervisors.apply(
        user, experience=EXPERIENCE, motivation=MOTIVATION, now=company.now
    )
    until = (company.present + guide.days * DAY).date() if guide.days else None
    approval = supervisors.approve(
        application,
        from_on=company.now.date(),
        until_on=until,
        by=company.staff,
        now=company.now,
    )
    return profiles.save_profile(
        approval.supervisor, fields=guide.page | {"is_listed": True}, by=user, now=company.now
    )


def candidate_finds_somebody(company: Company) -> Story:
    """Two are asked: one has no room, with the other there is a call."""
    yield company.ago(18)
    candidate = company.users[demo("candidate").email]
    candidacy = current_candidacy(candidate)
    if candidacy is None:
        raise AssertionError("the candidate registered before")
    first, second = (
        Supervisor.objects.get(user=company.users[demo(name).email])
        for name in ("supervisor", "supervisor2")
    )
    asked = {
        row: introductions.ask(
            candidacy,
            row,
            message="I see adults after long illness, and I often hurry to comfort. I would like "
            "supervision that helps me to stay. Could we talk for half an hour?",
            by=candidate,
            now=company.now,
        )
        for row in (first, second)
    }
    yield company.ago(17)
    introductions.decline(
        asked[second],
        by=second.user,
        answer="Thank you for thinking of me. My hours are full until summer, and I don’t want to "
        "promise time that I don’t have. I wish you well.",
        now=company.now,
    )
    times = [company.ago(15 - number, hour=15 + number) for number in range(3)]
    introductions.accept(
        asked[first],
        by=first.user,
        answer="I would be glad to talk. Wanting to stay is a good place to begin.",
        times=times,
        now=company.now,
    )
    yield company.now + HOUR
    introductions.choose_time(asked[first], by=candidate, time=times[0], now=company.now)
