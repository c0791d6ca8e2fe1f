"""The twelve people one can be in the demo (`contract.md`, "Demo people")."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scip.accounts.models import Role

# Published on purpose: the accounts exist only in a demo's own database.
PASSWORD = "self-compassion"  # noqa: S105


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody invented. ``email`` is the key."""

    email: str
    name: str
    suffix: str = ""
    profession: str = ""
    country: str
    zone: str
    languages: tuple[str, ...] = ("en",)
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson(Person):
    """A demo person: which role they hold, where they stand, and which page shows it."""

    role: str = ""
    stands: Promise
    home: str = "pathway:home"


DEMO_PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson(
        email="applicant@example.org",
        name="Inés de la Fuente-Oyarzábal",
        suffix="MA",
        profession="Clinical psychologist",
        country="CL",
        zone="America/Santiago",
        languages=("es", "en"),
        stands=_(
            "Has applied to the next cohort. The office has a question, one document came "
            "back, another is still being checked."
        ),
    ),
    DemoPerson(
        email="participant@example.org",
        name="Kofi Mensah",
        suffix="LCSW",
        profession="Clinical social worker",
        country="GH",
        zone="Africa/Accra",
        stands=_(
            "In week 7 of Level A. Missed one session and asked for an exception; the "
            "insurance runs out soon."
        ),
    ),
    DemoPerson(
        email="candidate@example.org",
        name="Marguerite Tremblay",
        suffix="PhD",
        profession="Psychologist",
        country="CA",
        zone="America/Toronto",
        languages=("fr", "en"),
        stands=_(
            "Completed Levels A and B and is registered for certification: two supervision "
            "sessions are confirmed, the third waits; a renewed licence is with the office."
        ),
    ),
    DemoPerson(
        email="graduate@example.org",
        name="Hye-jin Park",
        suffix="LMFT",
        profession="Marriage and family therapist",
        country="KR",
        zone="Asia/Seoul",
        languages=("ko", "en"),
        stands=_(
            "Certified by the committee: letter, certificate and badge are there, and a listing in "
            "the directory. The licence runs out soon."
        ),
    ),
    DemoPerson(
        email="supervisor@example.org",
        name="Tomasz Wiśniewski",
        suffix="PhD",
        profession="Psychologist",
        country="PL",
        zone="Europe/Warsaw",
        languages=("pl", "en"),
        role=Role.SUPERVISOR,
        stands=_(
            "Accompanies the candidate: the third session waits for a yes. Levels A and B are "
            "credited from an earlier format."
        ),
    ),
    DemoPerson(
        email="facilitator@example.org",
        name="Aroha Ngata",
        suffix="PhD",
        profession="Psychotherapist",
        country="NZ",
        zone="Pacific/Auckland",
        role=Role.FACILITATOR,
        stands=_(
            "Leads the cohort in week 7 and led one that has finished. Somebody is at risk, "
            "and the last roster is not complete."
        ),
        home="facilitate:home",
    ),
    DemoPerson(
        email="supervisor2@example.org",
        name="Leila Haddad",
        suffix="PsyD",
        profession="Psychologist",
        country="LB",
        zone="Asia/Beirut",
        languages=("ar", "fr", "en"),
        role=Role.SUPERVISOR,
        stands=_("A second supervisor, who took no part in the first one's work."),
    ),
    DemoPerson(
        email="reviewer@example.org",
        name="Ravi Krishnan",
        suffix="MD",
        profession="Psychiatrist",
        country="IN",
        zone="Asia/Kolkata",
        languages=("ta", "en"),
        role=Role.REVIEWER,
        stands=_(
            "Member of the Certification Committee, in the middle of reading a submission: notes, half "
            "a view, and a question to the candidate."
        ),
        home="review:desk",
    ),
    DemoPerson(
        email="chair@example.org",
        name="Ingrid Sørensen",
        suffix="PhD",
        profession="Psychologist",
        country="NO",
        zone="Europe/Oslo",
        languages=("no", "en"),
        role=Role.CHAIR,
        stands=_(
            "Chairs the committee. A submission is being read, and a reader's question waits to be "
            "passed on."
        ),
        home="review:desk",
    ),
    DemoPerson(
        email="panel@example.org",
        name="João Baptista",
        suffix="PhD",
        profession="Psychologist",
        country="BR",
        zone="America/Sao_Paulo",
        languages=("pt", "en"),
        role=Role.PANEL,
        stands=_("Hears appeals: asked to hear one against a “not yet”."),
        home="hearing:desk",
    ),
    DemoPerson(
        email="aid@example.org",
        name="Beatrix Lindqvist",
        profession="Programme coordinator",
        country="SE",
        zone="Europe/Stockholm",
        languages=("sv", "en"),
        role=Role.AID,
        stands=_("Decides on aid. A request waits; others were granted or declined."),
        home="admin:index",
    ),
    DemoPerson(
        email="staff@example.org",
        name="Samuel Okafor",
        profession="Programme manager",
        country="US",
        zone="America/Los_Angeles",
        role=Role.STAFF,
        stands=_(
            "Works at the office. Applications, documents, an exception, messages and "
            "payments wait."
        ),
        home="admin:index",
    ),
)

BY_EMAIL: Mapping[str, DemoPerson] = {person.email: person for person in DEMO_PEOPLE}
