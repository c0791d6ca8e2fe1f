"""Where “psychotherapist” is a protected title: the Edition's switch, and what agrees with it."""

import pytest
from django.urls import reverse

from scip.credentials.joint import issue_joint_credential
from scip.credentials.models import Certificate
from scip.credentials.services import certificate_facts, issue_credential, make_certificate
from scip.mail.models import Letter
from scip.policy.models import Edition
from tests import world
from tests.credentials.test_joint import complete

pytestmark = pytest.mark.django_db
TITLE = "Self-Compassion Informed Psychotherapist"
RESTRICTED = "Certificate of Completion in Self-Compassion Informed Psychotherapy"


def switch(**fields) -> Edition:
    edition = world.make_edition()
    for name, value in fields.items():
        setattr(edition, name, value)
    edition.save()
    return edition


def issued_to(country: str):
    person = world.make_user(f"p{country}@example.com", name="Ida Holm", country=country)
    complete(person, "A")
    complete(person, "B")
    return issue_joint_credential(person, by=None)


@pytest.mark.parametrize(
    ("fields", "country", "title"),
    [
        ({}, "AT", TITLE),
        ({"protected_title_countries": ["AT"]}, "AT", TITLE),
        ({"restrict_protected_title": True}, "PT", RESTRICTED),
        ({"restrict_protected_title": True}, "", RESTRICTED),
        (
            {"restrict_protected_title": True, "protected_title_countries": ["AT", "DE"]},
            "DE",
            RESTRICTED,
        ),
        ({"restrict_protected_title": True, "protected_title_countries": ["AT"]}, "PT", TITLE),
        ({"restrict_protected_title": True, "protected_title_countries": ["AT"]}, "", TITLE),
        (
            {"restrict_protected_title": True, "restricted_title": "Course of study"},
            "PT",
            "Course of study",
        ),
    ],
)
def test_who_is_called_what(fields, country, title):
    switch(**fields)
    assert issued_to(country).facts["title"] == title


def test_paper_page_and_letter_say_the_same(client):
    switch(restrict_protected_title=True)
    credential = issued_to("AT")
    facts = certificate_facts(credential)
    assert (facts.title, facts.statement.endswith("is awarded the")) == (RESTRICTED, True)
    page = client.get(reverse("credentials:verify", args=[credential.code])).content.decode()
    assert f"<strong>{RESTRICTED}</strong>" in page
    assert TITLE not in page
    for pk in Certificate.objects.values_list("pk", flat=True):
        make_certificate(pk)
    letter = Letter.objects.get(dedupe_key=f"certificate-ready:{credential.pk}")
    assert letter.subject == f"It is on record: {RESTRICTED}"
    for words in (letter.text, letter.html):
        assert "you are a" not in words
        assert RESTRICTED in words


def test_what_was_issued_keeps_its_words():
    switch()
    credential = issued_to("AT")
    switch(restrict_protected_title=True)
    credential.refresh_from_db()
    assert credential.facts["title"] == TITLE
    assert issue_joint_credential(credential.user, by=None) == credential


def test_the_recognition_of_level_a_is_not_touched(participant):
    edition = switch(restrict_protected_title=True)
    credential = issue_credential(
        complete(participant, "A"), kind="practicing", edition=edition, lines=[], by=None
    )
    assert credential.facts["title"] == "Practicing Self-Compassion Therapist"
