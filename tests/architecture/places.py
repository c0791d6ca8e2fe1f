"""One object of each kind for two people, with words in it that nobody else may ever read.

``owner`` and ``peer`` sit in the same cohort, so neither is a stranger to the other's
group: whatever leaks between participants leaks here.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cohorts.models import (
    AbsenceException,
    AidRequest,
    Application,
    Attendance,
    Cohort,
    Enrolment,
    Offer,
    Session,
    Transfer,
)
from cohorts.services.opening import generate_sessions
from consultations.models import (
    Apart,
    Placement,
    Preference,
    Presentation,
    Proposal,
    Round,
    Swap,
    Topic,
)
from consultations.models import Group as ConsultationGroup
from payments.models import (
    StripeEvent,
)
from scip.accounts.models import Prerequisite, Role, User
from scip.audit.services import record
from scip.community.models import AffinityMember, AffinitySpace, Material, Post, Report, Thread
from scip.credentials.badges import public_keys
from scip.credentials.models import Certificate
from scip.credentials.services import issue_credential, record_completion
from scip.mail.models import Letter
from scip.pages.emails import LEAVE_SALT
from scip.pages.models import ContactMessage, FacultyMember, FaqEntry, InterestEntry
from scip.pathway.models import CalendarFeed
from scip.signing import identity
from scip.vault.services import store
from scip.vault.serving import mint_token
from tests import world
from tests.vault.samples import simple_pdf

PERSONAS = {
    "anonymous": (),
    "stranger": (),
    "owner": (),
    "peer": (),
    "facilitator": (Role.FACILITATOR,),
    "other_facilitator": (Role.FACILITATOR,),
    "supervisor": (Role.SUPERVISOR,),
    "reviewer": (Role.REVIEWER,),
    "chair": (Role.CHAIR,),
    "panel": (Role.PANEL,),
    "aid": (Role.AID,),
    "staff": (Role.STAFF,),
    "unfactored": (Role.STAFF,),
}
PAIR = ("owner", "peer")
# Kinds that are a file, named with a token for whoever asks.
FILES = {
    "document", "material_file", "retreat_file", "item_file", "case_file", "excerpt_file",
    "dossier_file", "case_paper_file", "appeal_file", "opened_file", "opened_excerpt_file",
}  # fmt: skip


@dataclass
class House:
    """Everybody, and for each of the pair their objects by name."""

    people: dict[str, Any] = field(default_factory=dict)
    things: dict[str, dict[str, Any]] = field(default_factory=lambda: {"owner": {}, "peer": {}})
    common: dict[str, Any] = field(default_factory=dict)

    def kwargs(self, kind: str, whose: str, asker: str) -> dict[str, Any]:
        """What a URL pattern needs to name this object; ``missing`` names one that is not there."""
        if whose == "missing":
            return dict(MISSING.get(kind, {"pk": 999_999_999}))
        mine = self.things[whose] | self.common
        thing = mine[kind]
        if isinstance(thing, dict):
            return dict(thing)
        if kind in FILES:
            person = self.people[asker]
            token = mint_token(thing.document, person if person.pk else self.people["stranger"])
            return {"pk": thing.pk, "token": token}
        if kind == "hearing_file":
            person = self.people[asker]
            token = mint_token(thing.document, person if person.pk else self.people["stranger"])
            return {"pk": thing.pk, "document": thing.paper.pk, "token": token}
        if kind in {"reading_file", "reading_excerpt_file"}:
            person = self.people[asker]
            known = person if person.pk else self.people["stranger"]
            if kind == "reading_file":
                return {"pk": thing.pk, "token": mint_token(thing.document, known)}
            file = thing.recording.document
            return {
                "pk": thing.pk,
                "excerpt": thing.recording.pk,
                "token": mint_token(file, known),
            }
        if kind == "copy_file":
            person = self.people[asker]
            token = mint_token(thing.archive, person if person.pk else self.people["stranger"])
            return {"pk": thing.export_id, "number": thing.number, "token": token}
        return {"pk": thing.pk}


MISSING: dict[str, dict[str, Any]] = {
    "session_of_enrolment": {"pk": 999_999_999, "number": 1},
    "session_of_cohort": {"pk": 999_999_999, "number": 1},
    "transfer_to": {"pk": 999_999_999, "cohort": 1},
    "step": {"pk": 999_999_999, "step": "words"},
    "round_act": {"pk": 999_999_999, "verb": "close"},
    "decision": {"pk": 999_999_999, "verb": "offer"},
    "charge_act": {"pk": 999_999_999, "verb": "adjust"},
    "document": {"pk": 999_999_999, "token": "none"},
    "material_file": {"pk": 999_999_999, "token": "none"},
    "retreat_file": {"pk": 999_999_999, "token": "none"},
    "item_file": {"pk": 999_999_999, "token": "none"},
    "case_file": {"pk": 999_999_999, "token": "none"},
    "excerpt_file": {"pk": 999_999_999, "token": "none"},
    "dossier_file": {"pk": 999_999_999, "token": "none"},
    "case_paper_file": {"pk": 999_999_999, "token": "none"},
    "appeal_file": {"pk": 999_999_999, "token": "none"},
    "appeal_decision": {"pk": 999_999_999, "verb": "release"},
    "recourse_decision": {"pk": 999_999_999, "verb": "appeal_time"},
    "hearing_paper": {"pk": 999_999_999, "document": 1},
    "hearing_file": {"pk": 999_999_999, "document": 1, "token": "none"},
    "reading_file": {"pk": 999_999_999, "token": "none"},
    "reading_excerpt": {"pk": 999_999_999, "excerpt": 1},
    "reading_excerpt_file": {"pk": 999_999_999, "excerpt": 1, "token": "none"},
    "reading_question": {"pk": 999_999_999, "question": 1},
    "reading_reader": {"pk": 999_999_999, "other": 1},
    "submission_decision": {"pk": 999_999_999, "verb": "put_back"},
    "dossier_act": {"pk": 999_999_999, "dossier": 1},
    "point": {"number": 999},
    "reader_act": {"pk": 999_999_999, "verb": "remind"},
    "arrival": {"pk": UUID(int=1)},
    "agreement_version": {"pk": 999_999_999, "number": 1},
    "copy_part": {"pk": 999_999_999, "number": 1},
    "copy_file": {"pk": 999_999_999, "number": 1, "token": "none"},
    "plan_version": {"pk": 999_999_999, "number": 1},
    "private_note": {"kind": "note", "pk": 999_999_999},
    "journal_entry": {"kind": "entry", "pk": 999_999_999},
    "retreat_decision": {"pk": 999_999_999, "verb": "verify"},
    "case_decision": {"pk": 999_999_999, "verb": "ask"},
    "candidacy_decision": {"pk": 999_999_999, "verb": "defer"},
    "sandbox": {"session_id": "cs_none"},
    "feed": {"token": "none"},
    "code": {"code": "0" * 17},
    "leave": {"token": "none"},
    "slug": {"slug": "none"},
    "kind": {"kind": "none"},
    "supervisor_act": {"pk": 999_999_999, "verb": "renew"},
    "credential_act": {"pk": 999_999_999, "verb": "revoke"},
    "supervisor_application_act": {"pk": 999_999_999, "verb": "approve"},
}


def canary(whose: str, what: str) -> str:
    """A word that occurs nowhere else. ``what`` names the fact that it stands for."""
    return f"kanari{whose}{what}"


def build() -> House:
    """The whole house, in the transaction of the test."""
    house = House()
    for name, roles in PERSONAS.items():
        if name == "anonymous":
            house.people[name] = AnonymousUser()
            continue
        house.people[name] = world.make_user(
            f"{canary(name, 'mail')}@example.com",
            *roles,
            name=canary(name, "name"),
            phone=canary(name, "phone"),
            profession=canary(name, "profession"),
        )
    Authenticator.objects.filter(user=house.people["unfactored"]).delete()
    add_common(house)
    for whose in PAIR:
        add_things(house, whose)
    # These build on this module.
    from tests.architecture.appeals import add_appeals
    from tests.architecture.candidacies import add_candidacies
    from tests.architecture.committee import add_committee
    from tests.architecture.decisions import add_decisions
    from tests.architecture.level_c import add_supervision
    from tests.architecture.listings import add_listings
    from tests.architecture.pairs import add_pairs
    from tests.architecture.portfolios import add_portfolios
    from tests.architecture.privacy import add_requests
    from tests.architecture.room import add_openings, add_rooms
    from tests.architecture.submissions import add_submissions

    add_supervision(house)
    add_candidacies(house)
    add_pairs(house)
    add_portfolios(house)
    add_listings(house)
    add_requests(house)
    add_submissions(house)
    add_committee(house)
    add_rooms(house)
    add_decisions(house)
    add_openings(house)
    add_appeals(house)
    return house


def add_common(house: House) -> None:
    """The cohort that runs, and what the office edits."""
    today = timezone.localdate()
    running = world.make_cohort(
        title="The running cohort",
        slug="running",
        state=Cohort.State.RUNNING,
        starts_on=today - timedelta(days=40),
        msc_required_for="level_b",
        msc_due_on=today + timedelta(days=200),
    )
    generate_sessions(running)
    running.facilitators.add(house.people["facilitator"])
    for session in running.sessions.filter(ends_at__lt=timezone.now()):
        Session.objects.filter(pk=session.pk).update(state="held", held_at=session.ends_at)
    coming = world.make_cohort(title="The coming cohort", slug="coming")
    draft = world.make_cohort(title="The draft cohort", slug="draft", state=Cohort.State.DRAFT)
    other = world.make_cohort(title="Another running one", slug="other", state=Cohort.State.RUNNING)
    other.facilitators.add(house.people["other_facilitator"])
    record("test.happened", by=house.people["staff"])
    house.common = {
        "cohort": running,
        "coming": coming,
        "draft_cohort": draft,
        "slug": {"slug": "coming"},
        "draft_slug": {"slug": "draft"},
        "kind": {"kind": "standing"},
        "session_of_cohort": {"pk": running.pk, "number": 1},
        "edition": running.edition,
        "faculty": FacultyMember.objects.create(name="Faculty"),
        "faq": FaqEntry.objects.create(topic="money", question="Why?", answer="Because."),
        "topic": Topic.objects.create(name="Topic", slug="topic"),
        "group": Group.objects.create(name="a group"),
        "consultation": ConsultationGroup.objects.create(
            cohort=running, topic=Topic.objects.create(name="Theme", slug="theme")
        ),
        "event": StripeEvent.objects.create(event_id="evt_1", type="x", payload={}),
        "reset": {"uidb36": "1", "key": "set-password"},
        "type": {"content_type_id": "1", "object_id": "1"},
    }
    house.common |= community(house, running)
    house.common |= season(house)


def season(house: House) -> dict[str, Any]:
    """A round that takes wishes for the group, with a proposal (as if made before)."""
    now = timezone.now()
    round_ = Round.objects.create(
        name="The round",
        state="open",
        opens_at=now - timedelta(days=1),
        closes_at=now + timedelta(days=5),
    )
    round_.groups.add(house.common["consultation"])
    return {
        "round": round_,
        "round_act": {"pk": round_.pk, "verb": "close"},
        "proposal": Proposal.objects.create(round=round_),
    }


def community(house: House, cohort: Cohort) -> dict[str, Any]:
    """What the running cohort's space holds for everybody in it, and a space with a host."""
    host = house.people["other_facilitator"]
    file = store(
        SimpleUploadedFile("slides.pdf", simple_pdf()),
        owner=house.people["facilitator"],
        purpose="material",
        allowed={"application/pdf"},
        max_bytes=1_000_000,
    )
    material = Material.objects.create(
        cohort=cohort,
        title="Slides",
        document=file,
        state="published",
        published_at=timezone.now(),
    )
    return {
        "affinity": AffinitySpace.objects.create(name="Space", description="For us.", host=host),
        "material": material,
        "material_file": material,
    }


def application(user: User, slug: str, state: str, **fields: Any) -> Application:
    cohort = Cohort.objects.filter(slug=slug).first() or world.make_cohort(slug=slug, title=slug)
    if state != "draft":
        fields = {"submitted_at": timezone.now(), "tier": "standard"} | fields
    return Application.objects.create(user=user, cohort=cohort, state=state, **fields)


def add_things(house: House, whose: str) -> None:
    """Everything that belongs to one of the pair."""
    user, things = house.people[whose], house.things[whose]
    now = timezone.now()
    text = {name: canary(whose, name) for name in ("motivation", "practice", "experience", "needs")}
    enrolment = world.make_enrolment(user, house.common["cohort"])
    things["enrolment"] = enrolment
    things["session_of_enrolment"] = {"pk": enrolment.pk, "number": 1}
    things["application"] = enrolment.application
    Application.objects.filter(pk=enrolment.application.pk).update(**text)
    things["step"] = {
        "pk": application(user, "coming", "draft", **text).pk,
        "step": "words",
    }
    things["draft"] = Application.objects.get(pk=things["step"]["pk"])
    things["asked"] = application(
        user, "asking", "info_needed", question=canary(whose, "question"), info_needed_at=now
    )
    things["submitted"] = application(user, "queue", "submitted", **text)
    things["decision"] = {"pk": things["submitted"].pk, "verb": "offer"}
    things["offered"] = application(user, "offering", "offered", **text)
    things["offer"] = Offer.objects.create(
        application=things["offered"],
        tier="standard",
        list_cents=289_500,
        expires_at=now + timedelta(days=3),
    )
    things["aid"] = AidRequest.objects.create(
        application=things["submitted"],
        kind="supported",
        statement=canary(whose, "statement"),
        state="requested",
        requested_at=now,
    )
    add_case(house, whose, enrolment)
    from tests.architecture.money import add_money  # it builds on this module

    add_money(house, whose, enrolment)
    add_talk(house, whose, enrolment)
    add_records(house, whose, enrolment)


def add_case(house: House, whose: str, enrolment: Enrolment) -> None:
    """A case on the group's rota, offered to oneself: nobody else is asked."""
    group = house.common["consultation"]
    mine = [
        Presentation.objects.create(
            group=group,
            session=enrolment.cohort.sessions.get(number=number),
            enrolment=enrolment,
            slot=PAIR.index(whose) + 1,
        )
        for number in (11, 12)
    ]
    swap = Swap.objects.create(offered=mine[0], asked=mine[1], created_by=enrolment.user)
    house.things[whose]["swap"] = {"pk": group.pk, "swap_pk": swap.pk}
    wishes = Preference.objects.create(
        round=house.common["round"], user=enrolment.user, note=canary(whose, "wishnote")
    )
    house.things[whose]["apart"] = Apart.objects.create(
        preference=wishes, named=canary(whose, "apart")
    )
    house.things[whose]["placement"] = Placement.objects.create(
        proposal=house.common["proposal"], preference=wishes, group=group
    )


def add_talk(house: House, whose: str, enrolment: Enrolment) -> None:
    """A conversation in the group, a reported post, and having joined the affinity space."""
    user, things = house.people[whose], house.things[whose]
    things["thread"] = Thread.objects.create(
        cohort=enrolment.cohort, title="A conversation", author=user
    )
    things["post"] = Post.objects.create(
        thread=things["thread"], author=user, body=canary(whose, "talk")
    )
    things["report"] = Report.objects.create(
        post=things["post"], reporter=user, reason=canary(whose, "report")
    )
    AffinityMember.objects.create(space=house.common["affinity"], user=user)


def add_records(house: House, whose: str, enrolment: Enrolment) -> None:
    """Evidence with its file, attendance, exception, credential, letters."""
    user, things = house.people[whose], house.things[whose]
    now = timezone.now()
    file = store(
        SimpleUploadedFile(f"{canary(whose, 'file')}.pdf", simple_pdf()),
        owner=user,
        purpose="evidence",
        allowed={"application/pdf"},
        max_bytes=1_000_000,
    )
    things["document"] = things["record"] = Prerequisite.objects.create(
        user=user,
        kind="standing",
        standing="licensed",
        number=canary(whose, "licence"),
        document=file,
    )
    session = Session.objects.get(cohort=enrolment.cohort, number=1)
    Attendance.objects.create(enrolment=enrolment, session=session, mark="absent")
    things["exception"] = AbsenceException.objects.create(
        enrolment=enrolment, session=session, reason=canary(whose, "absence")
    )
    other = Cohort.objects.get(slug="other")
    things["transfer_to"] = {"pk": enrolment.pk, "cohort": other.pk}
    things["transfer"] = Transfer.objects.create(
        enrolment=enrolment, target=other, kind="move", reason=canary(whose, "moving")
    )
    completion = record_completion(
        user, level="A", basis="cohort", completed_on=date(2026, 3, 1), facts=FACTS, by=None
    )
    credential = issue_credential(
        completion, kind="practicing", edition=world.make_edition(), lines=[("Level", "A")], by=None
    )
    things |= {"completion": completion, "credential": credential}
    things["credential_act"] = {"pk": credential.pk, "verb": "revoke"}
    things["code"] = {"code": credential.code}
    things["signing_key"] = {"thumbprint": public_keys(identity())[0].thumbprint()}
    things["status_list"] = {"purpose": "revocation", "number": 0}
    Certificate.objects.create(credential=credential, kind="letter", paper="a4")
    for certificate in Certificate.objects.filter(credential=credential):
        certificate.document.save("certificate.pdf", ContentFile(simple_pdf()), save=False)
        certificate.sha256, certificate.made_at = "0" * 64, now
        certificate.save()
        things["certificate"] = certificate
    feed = CalendarFeed.objects.create(user=user)
    things["feed"] = {"token": feed.token}
    entry = InterestEntry.objects.create(
        email=user.email, about="level_a", note=canary(whose, "interest")
    )
    things |= {
        "interest": entry,
        "leave": {"token": signing.dumps(entry.pk, salt=LEAVE_SALT)},
        "message": ContactMessage.objects.create(
            name="A", email=user.email, message=canary(whose, "message")
        ),
        "letter": Letter.objects.create(
            dedupe_key=whose,
            to_user=user,
            to_address=user.email,
            subject=canary(whose, "subject"),
            text=canary(whose, "letter"),
        ),
        "user": user,
        "email": EmailAddress.objects.get(user=user),
        "authenticator": RecoveryCodes.activate(user).instance,
        "entry": record("test.happened", user, by=user, subject=user),
    }


FACTS = {
    "cohort": "The running cohort",
    "sessions_needed": 10,
    "sessions_counted": 12,
    "sessions_held": 12,
    "contact_minutes": 2160,
    "days": ["2026-01-01"],
}


def row_of(house: House, label: str, whose: str) -> str:
    """The key of a row of this admin model that belongs to one of the pair, or any row at all."""
    model = apps.get_model(label)
    if model is UserSession:
        return str(UserSession.objects.filter(user=house.people[whose]).latest("pk").pk)
    for thing in (house.things[whose] | house.common).values():
        if type(thing) is model:
            return str(thing.pk)
    raise LookupError(label)
