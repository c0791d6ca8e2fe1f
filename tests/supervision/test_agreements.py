"""Agreements: drafted together, signed by both, ended kindly."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from supervision.models import Agreement, AgreementVersion, Introduction, Signature
from supervision.queries.agreements import canonical_text, text_hash
from supervision.services import agreements as services
from tests import world
from tests.supervision.pair import START, make_pair

State = Agreement.State
TEXT = {
    "goals": "To stay.",
    "schedule": "Tuesdays.",
    "rate_cents": 15_000,
    "payment_plan": "Each block.",
}


@pytest.fixture
def draft(db):
    return make_pair(signed_at=None, final_at=None, plan_at=None)


@pytest.fixture
def pair(db):
    return make_pair()


def sign(version, person, **fields):
    return services.sign_version(
        version,
        by=person,
        **{"name_typed": person.name, "text_sha256": text_hash(version)} | fields,
    )


# --- Drafting -----------------------------------------------------------------------------------


def test_an_agreement_follows_an_accepted_introduction(db, staff, stranger):
    candidacy = world.make_candidacy(world.make_user("candidate@example.com"))
    supervisor = world.make_supervisor(world.make_user("guide@example.com"))
    with pytest.raises(Refusal, match="follows an introduction"):
        services.draft_agreement(candidacy, supervisor, by=candidacy.user)
    with pytest.raises(Refusal, match="Only the two people"):
        services.draft_agreement(candidacy, supervisor, by=stranger)
    Introduction.objects.create(
        candidacy=candidacy, supervisor=supervisor, message="Hello", state="accepted"
    )
    agreement = services.draft_agreement(candidacy, supervisor, by=supervisor.user)
    assert services.draft_agreement(candidacy, supervisor, by=candidacy.user) == agreement
    assert Agreement.objects.count() == 1
    assert [letter.to_address for letter in Letter.objects.all()] == ["candidate@example.com"]
    other = world.make_supervisor(world.make_user("guide2@example.com"))
    assert services.draft_agreement(candidacy, other, by=staff).state == State.DRAFT


def test_without_approval_or_registration_nothing_begins(db, staff):
    candidacy = world.make_candidacy(world.make_user("candidate@example.com"))
    lapsed = world.make_supervisor(
        world.make_user("lapsed@example.com"), until_on=timezone.localdate() - timedelta(days=1)
    )
    with pytest.raises(Refusal, match="approval of"):
        services.draft_agreement(candidacy, lapsed, by=staff)
    preparing = world.make_candidacy(world.make_user("early@example.com"), state="preparing")
    guide = world.make_supervisor(world.make_user("guide@example.com"))
    with pytest.raises(Refusal, match="registration"):
        services.draft_agreement(preparing, guide, by=staff)


def test_versions_are_kept_and_the_same_text_again_is_none(draft):
    first = draft.agreement.versions.get()
    second = services.propose_version(draft.agreement, by=draft.candidate, **TEXT)
    again = services.propose_version(draft.agreement, by=draft.guide, **TEXT)
    assert (first.number, second.number, again) == (1, 2, second)
    assert second.kind == AgreementVersion.Kind.FIRST
    assert Letter.objects.filter(to_address=draft.guide.email).latest("pk").subject == (
        "Carla 1 proposes a text for your agreement"
    )


def test_the_canonical_text_is_the_same_on_every_machine(draft):
    version = draft.agreement.versions.get()
    windows = AgreementVersion(
        agreement_id=version.agreement_id,
        number=version.number,
        kind=version.kind,
        goals=version.goals + "\r\n",
        schedule=version.schedule,
        rate_cents=version.rate_cents,
        currency=version.currency,
        payment_plan=version.payment_plan,
    )
    assert canonical_text(windows) == canonical_text(version)
    assert text_hash(version) == hashlib.sha256(canonical_text(version).encode()).hexdigest()
    windows.rate_cents += 1
    assert text_hash(windows) != text_hash(version)


# --- Signing ------------------------------------------------------------------------------------


def test_two_names_open_the_assessment_and_tell_cmsc(draft, settings):
    version = draft.agreement.versions.get()
    sign(version, draft.guide)
    draft.again()
    assert draft.agreement.state == State.DRAFT
    sign(version, draft.candidate)
    draft.again()
    assert draft.agreement.state == State.ACTIVE
    assert draft.agreement.active_at
    office = Letter.objects.get(to_address=settings.STAFF_EMAIL)
    assert "have signed a supervision agreement" in office.text
    assert Entry.objects.filter(action="agreement.active").count() == 1
    assert sign(version, draft.candidate) == version.signatures.get(side="candidate")
    assert Signature.objects.count() == 2


def test_only_the_text_that_was_read_is_signed(draft):
    version = draft.agreement.versions.get()
    with pytest.raises(Refusal, match="has changed"):
        sign(version, draft.candidate, text_sha256="0" * 64)
    newer = services.propose_version(draft.agreement, by=draft.guide, **TEXT)
    with pytest.raises(Refusal, match="has changed"):
        sign(version, draft.candidate)
    assert sign(newer, draft.candidate).text_sha256 == text_hash(newer)


def test_strangers_and_the_office_sign_nothing(draft, stranger, staff):
    for person in (stranger, staff):
        with pytest.raises(Refusal, match="Only the two people"):
            sign(draft.agreement.versions.get(), person)


def test_a_signed_text_can_not_be_rewritten(pair):
    with pytest.raises(DatabaseError, match="is signed"), transaction.atomic():
        pair.agreement.versions.filter(number=1).update(goals="Something else")
    with pytest.raises(DatabaseError, match="stays as it was written"), transaction.atomic():
        Signature.objects.update(name_typed="Somebody")


def test_the_final_version_stands_beside_the_first(pair, settings):
    kinds = list(pair.agreement.versions.values_list("number", "kind"))
    assert kinds == [(1, "first"), (2, "final")]
    assert Letter.objects.filter(
        to_address=settings.STAFF_EMAIL, text__contains="the final version"
    ).exists()


def test_one_active_agreement_at_a_time(pair):
    other = world.make_supervisor(world.make_user("other@example.com", name="Olga Other"))
    second = Agreement.objects.create(candidacy=pair.candidacy, supervisor=other)
    version = services.propose_version(second, by=other.user, **TEXT)
    with pytest.raises(Refusal, match="active agreement with Gita 1 already"):
        sign(version, other.user)


@pytest.mark.django_db(transaction=True)
def test_of_two_agreements_signed_at_once_one_becomes_active():
    pair = make_pair(signed_at=None, final_at=None, plan_at=None)
    other = world.make_supervisor(world.make_user("other@example.com"))
    second = Agreement.objects.create(candidacy=pair.candidacy, supervisor=other)
    services.propose_version(second, by=other.user, **TEXT)
    versions = [row.versions.get() for row in (pair.agreement, second)]
    sign(versions[0], pair.guide)
    sign(versions[1], other.user)

    def attempt(version):
        try:
            sign(version, pair.candidate)
        except Refusal:
            return "refused"
        finally:
            connection.close()
        return "signed"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(attempt, versions))
    assert outcomes == ["refused", "signed"]
    assert sorted(Agreement.objects.values_list("state", flat=True)) == ["active", "draft"]


# --- Ending -------------------------------------------------------------------------------------


def test_an_end_says_why_to_cmsc_and_kind_words_to_the_other(pair, settings):
    with pytest.raises(Refusal, match="a few words why"):
        services.end_agreement(pair.agreement, by=pair.candidate, reason=" ")
    services.end_agreement(
        pair.agreement, by=pair.candidate, reason="We are related.", farewell="Thank you."
    )
    pair.again()
    assert pair.agreement.state == State.ENDED
    other = Letter.objects.filter(to_address=pair.guide.email).latest("pk")
    office = Letter.objects.filter(to_address=settings.STAFF_EMAIL).latest("pk")
    assert "Thank you." in other.text
    assert "We are related." not in other.text + other.html
    assert "We are related." in office.text
    assert "Thank you." not in office.text
    assert services.end_agreement(pair.agreement, by=pair.candidate, reason="again").ended_by == (
        pair.candidate
    )


def test_illegal_ends(draft):
    with pytest.raises(IllegalMove):
        services.end_agreement(draft.agreement, by=draft.candidate, reason="No")
    services.discard_agreement(draft.agreement, by=draft.candidate)
    with pytest.raises(Refusal, match="is over"):
        services.propose_version(draft.agreement, by=draft.guide, **TEXT)
    with pytest.raises(Refusal, match="is over"):
        sign(draft.agreement.versions.get(), draft.guide)
    services.discard_agreement(draft.agreement, by=draft.guide)
    assert Agreement.objects.get().state == State.DISCARDED


# --- Pages --------------------------------------------------------------------------------------


def test_both_write_and_sign_on_the_site(draft, as_user):
    candidate, guide = as_user(draft.candidate), as_user(draft.guide)
    pk = draft.agreement.pk
    page = candidate.get(reverse("supervision:agreement_propose", args=[pk]))
    assert page.context["form"]["rate"].value() == 180
    candidate.post(
        reverse("supervision:agreement_propose", args=[pk]),
        TEXT | {"rate": "150.50", "rate_cents": ""},
    )
    version = draft.agreement.versions.get(number=2)
    assert version.rate_cents == 15_050
    for client, person in ((guide, draft.guide), (candidate, draft.candidate)):
        page = client.get(reverse("supervision:agreement_text", args=[pk]))
        form = page.context["form"]
        answer = client.post(
            reverse("supervision:agreement_sign", args=[pk, 2]),
            {"name_typed": person.name, "text_sha256": form.initial["text_sha256"]},
        )
        assert answer.status_code == 302
    assert draft.again().agreement.state == State.ACTIVE


@pytest.mark.parametrize(
    ("typed", "is_taken"),
    [
        ("Carla", False),
        ("Somebody Else", False),
        ("Carla Núñez", True),
        ("carla  nunez, PhD", True),
        ("Dr. CARLA NUNEZ", True),
    ],
)
def test_one_signs_with_ones_own_name(draft, as_user, typed, is_taken):
    draft.candidate.name = "Carla Núñez"
    draft.candidate.save(update_fields=["name"])
    client = as_user(draft.candidate)
    pk = draft.agreement.pk
    page = client.get(reverse("supervision:agreement_text", args=[pk]))
    version = draft.agreement.versions.get()
    answer = client.post(
        reverse("supervision:agreement_sign", args=[pk, version.number]),
        {"name_typed": typed, "text_sha256": page.context["form"].initial["text_sha256"]},
    )
    assert version.signatures.exists() == is_taken
    assert answer.status_code == (302 if is_taken else 200)
    if not is_taken:
        assert "as it stands in your profile: Carla Núñez" in answer.content.decode()


def test_the_pdf_is_for_the_two_and_the_office(
    pair, as_user, staff, stranger, facilitator, reviewer
):
    url = reverse("supervision:agreement_pdf", args=[pair.agreement.pk, 2])
    other = make_pair(2)
    for person in (pair.candidate, pair.guide, staff):
        answer = as_user(person).get(url)
        assert answer.status_code == 200
        assert answer.content.startswith(b"%PDF")
    for person in (stranger, facilitator, reviewer, other.candidate, other.guide):
        assert as_user(person).get(url).status_code == 404


@pytest.mark.parametrize(
    "name", ["agreement", "agreement_text", "agreement_propose", "agreement_end", "plan", "growth"]
)
def test_pages_of_a_relationship_are_for_the_two_alone(
    pair, as_user, staff, stranger, facilitator, reviewer, name
):
    url = reverse(f"supervision:{name}", args=[pair.agreement.pk])
    other = make_pair(2)
    for person in (pair.candidate, pair.guide):
        assert as_user(person).get(url).status_code == 200
    for person in (staff, stranger, facilitator, reviewer, other.candidate, other.guide):
        assert as_user(person).get(url).status_code == 404


def test_the_reason_for_cmsc_is_on_no_page_of_the_pair(pair, as_user):
    services.end_agreement(
        pair.agreement, by=pair.candidate, reason="geheim", farewell="Thank you.", now=START
    )
    for person in (pair.candidate, pair.guide):
        page = as_user(person).get(reverse("supervision:agreement", args=[pair.agreement.pk]))
        assert "geheim" not in page.content.decode()
