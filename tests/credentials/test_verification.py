"""The verification page in each of its answers, and files held against what we issued."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from scip.audit.models import Entry
from scip.credentials import badges, services, throttle
from scip.credentials.models import Credential
from scip.credentials.reissuing import issue_anew
from scip.credentials.views.telling import Paper
from scip.mail.models import Letter
from tests.credentials.certification import certify, make_papers
from tests.credentials.test_services import ends

pytestmark = pytest.mark.django_db


@pytest.fixture
def credential(participant):
    credential = certify(participant)
    make_papers(credential)
    return credential


def suspend(credential, staff):
    services.suspend_credential(credential, by=staff, reason="A private reason.")


def revoke(credential, staff):
    services.revoke_credential(credential, by=staff, reason="A private reason.")


def replace(credential, staff):
    credential.user.name = "Paula Participant"
    credential.user.save()
    issue_anew(credential, reason="name", by=staff)


def expire(credential, staff):
    ends(credential, date(2026, 6, 1))


def take_down(credential, staff):
    revoke(credential, staff)
    credential.refresh_from_db()
    credential.facts |= {"taken_down": True, "holder_name": "Name taken down"}
    credential.save(update_fields=["facts"])


def nothing(credential, staff):
    return None


ANSWERS = {
    "active": (nothing, "This credential is active."),
    "expired": (expire, "This credential has expired."),
    "suspended": (suspend, "This credential is suspended."),
    "revoked": (revoke, "This credential was revoked."),
    "replaced": (replace, "This credential was replaced by SCIP-C-2026-000002."),
    "taken_down": (take_down, "This credential was taken down."),
}


@pytest.mark.parametrize("standing", ANSWERS)
def test_each_standing_is_an_answer_of_its_own(client, credential, staff, standing):
    act, sentence = ANSWERS[standing]
    act(credential, staff)
    page = client.get(reverse("credentials:verify", args=[credential.code]))
    text = page.content.decode()
    assert (page.status_code, page.context["told"].standing) == (200, standing)
    said = [words for _act, words in ANSWERS.values() if words in text]
    assert said == [sentence]
    assert credential.number in text
    assert "A private reason." not in text
    hands_out = standing in {"active", "expired", "replaced"}
    assert ("certificate.pdf" in text, "letter.pdf" in text, "badge.json" in text) == (
        hands_out,
        hands_out,
        hands_out,
    )


@pytest.mark.parametrize("standing", ANSWERS)
def test_its_queries_do_not_grow(
    client, credential, staff, standing, django_assert_max_num_queries
):
    ANSWERS[standing][0](credential, staff)
    with django_assert_max_num_queries(4):
        client.get(reverse("credentials:verify", args=[credential.code]))


@pytest.mark.parametrize(
    "change",
    [
        {"holder_name": "Somebody Else"},
        {"issued_on": date(2020, 1, 1)},
        {"expires_on": date(2099, 1, 1)},
        {"kind": "practicing"},
        {"number": "SCIP-C-2026-000999"},
        {"seal": ""},
        {"seal": "no base64"},
        {"facts": {"holder_name": "Somebody Else", "title": "Professor"}},
        {"facts": {"taken_down": True}},
    ],
)
def test_what_was_changed_past_us_is_not_shown_as_true(client, credential, change, caplog):
    Credential.objects.filter(pk=credential.pk).update(**change)
    page = client.get(reverse("credentials:verify", args=[credential.code]))
    text = page.content.decode()
    assert (page.status_code, page.context["told"].standing) == (200, "unsure")
    assert "Somebody Else" not in text
    assert "certificate.pdf" not in text
    assert "does not state what was sealed" in caplog.text
    # Nothing of it is handed out, and nothing of it is signed.
    for name in ("certificate", "letter", "badge"):
        assert client.get(reverse(f"credentials:{name}", args=[credential.code])).status_code == 302
    credential.certificates.update(made_at=None, sha256="")
    for paper in credential.certificates.all():
        assert services.make_certificate(paper.pk) is False
        paper.refresh_from_db()
        assert "sealed" in paper.problem


def send(client, credential, content, name="paper.pdf"):
    return client.post(
        reverse("credentials:verify_file", args=[credential.code]),
        {"document": SimpleUploadedFile(name, content)},
    )


@pytest.mark.parametrize("standing", ["active", "revoked", "suspended", "replaced"])
def test_each_of_our_papers_is_recognised_however_it_stands(client, credential, staff, standing):
    ANSWERS[standing][0](credential, staff)
    for paper in credential.certificates.all():
        page = send(client, credential, paper.document.read())
        assert (page.context["told"].answer, page.context["told"].same) == (
            "same",
            Paper.of(paper.kind, paper.paper),
        )
        assert page.context["told"].standing == standing
        assert paper.get_kind_display() in page.content.decode()


def test_another_file_is_none_of_ours(client, credential, stranger):
    other = certify(stranger)
    make_papers(other)
    original = credential.certificates.first().document.read()
    rendered_again = services.render(credential.certificates.first())
    for content in (
        original[:-1],
        original + b"\n",
        bytes([original[0] ^ 1]) + original[1:],
        rendered_again,
        other.certificates.first().document.read(),
        badges.badge(other).encode(),
        b"",
        b"x" * 3_000_000,
    ):
        assert send(client, credential, content).context["told"].answer == "differs"


def test_our_badge_is_recognised_and_a_changed_one_is_not(client, credential):
    token = badges.badge(credential).encode()
    assert send(client, credential, token + b"\n", "badge.jwt").context["told"].answer == "badge"
    place = token.index(b".") + 20
    changed = token[:place] + (b"A" if token[place : place + 1] != b"A" else b"B")
    assert (
        send(client, credential, changed + token[place + 1 :], "b.jwt").context["told"].answer
        == "differs"
    )


def test_comparing_is_counted_and_an_address_without_a_file_leads_back(
    client, credential, monkeypatch
):
    address = reverse("credentials:verify_file", args=[credential.code])
    page = client.get(address)
    assert page.headers["Location"] == reverse("credentials:verify", args=[credential.code])
    page = client.post(address)
    assert list(page.context["form"].errors) == ["document"]
    monkeypatch.setattr(throttle, "UNKNOWN_PER_MINUTE", 0)
    assert send(client, credential, b"x").status_code == 429


@pytest.mark.parametrize("name", ["verify", "certificate", "letter", "badge"])
def test_unknown_codes_are_counted_at_every_door(client, db, name, monkeypatch):
    address = reverse(f"credentials:{name}", args=["0" * 17])
    assert client.get(address).status_code == 404
    monkeypatch.setattr(throttle, "UNKNOWN_PER_MINUTE", 0)
    assert client.get(address).status_code == 429


def test_there_is_no_letter_where_none_was_written(client, participant):
    from tests.credentials.test_services import issue, make_all

    credential = issue(participant)
    make_all(credential)
    assert client.get(reverse("credentials:letter", args=[credential.code])).status_code == 404


def test_the_letter_is_served_as_issued(client, credential):
    answer = client.get(reverse("credentials:letter", args=[credential.code]), {"paper": "letter"})
    stored = credential.certificates.get(kind="letter", paper="letter").document.read()
    assert b"".join(answer.streaming_content) == stored
    name = f'filename="{credential.number}-letter-us-letter.pdf"'
    assert answer.headers["Content-Disposition"] == f"inline; {name}"


@pytest.mark.parametrize("standing", ["active", "expired", "suspended", "revoked", "replaced"])
def test_the_holder_s_own_page(as_user, participant, stranger, staff, credential, standing):
    ANSWERS[standing][0](credential, staff)
    address = reverse("credentials:holder", args=[credential.code])
    page = as_user(participant).get(address)
    text = page.content.decode()
    assert (page.status_code, page.context["standing"]) == (200, standing)
    # Papers of an old number stay; the new one is what is shown to others.
    shown = ("linkedin.com/profile/add" in text, "badge.json" in text, "letter.pdf" in text)
    assert shown == {
        "active": (True, True, True),
        "expired": (False, True, True),
        "replaced": (False, False, True),
    }.get(standing, (False, False, False))
    assert ("If you have another name now" in text) == (standing == "active")
    assert ("A private reason." in text) == (standing in {"suspended", "revoked"})
    for other in (stranger, staff):
        assert as_user(other).get(address).status_code == 404


def test_linkedin_gets_what_the_page_shows(as_user, participant, credential):
    from urllib.parse import parse_qs, urlsplit

    address = reverse("credentials:holder", args=[credential.code])
    link = as_user(participant).get(address).context["linkedin"]
    assert parse_qs(urlsplit(link).query) == {
        "startTask": ["CERTIFICATION_NAME"],
        "name": ["Certified Self-Compassion-Based Psychotherapist"],
        "organizationName": ["Center for Mindful Self-Compassion"],
        "issueYear": ["2026"],
        "issueMonth": ["5"],
        "certId": [credential.number],
        "certUrl": [f"http://localhost:8000/verify/{credential.code}/"],
    }


def test_the_form_carries_its_token(participant, credential):
    from django.test import Client

    from tests.credentials.test_sealing import make

    client = Client(enforce_csrf_checks=True)
    document, _pdf = make(participant)
    for code in (credential.code, document.code):
        page = client.get(reverse("credentials:verify", args=[code]))
        token = page.content.decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        answer = client.post(
            reverse("credentials:verify_file", args=[code]),
            {"csrfmiddlewaretoken": token, "document": SimpleUploadedFile("p.pdf", b"x")},
        )
        told = answer.context.get("told")
        found = told.answer if told else answer.context["answer"]
        assert (answer.status_code, found) == (200, "differs")


def test_a_paper_that_storage_has_lost_is_made_anew_and_old_copies_stay_ours(
    client, credential, caplog
):
    paper = credential.certificates.get(kind="certificate", paper="a4")
    address = reverse("credentials:certificate", args=[credential.code])
    copy = paper.document.read()
    assert services.make_lost_again(paper.pk) is False
    letters = Letter.objects.count()
    paper.document.storage.delete(paper.document.name)
    page = client.get(address)
    assert page.status_code == 503
    assert "is being made anew" in page.content.decode()
    assert f"The file of certificate {paper.pk} is gone" in caplog.text
    assert [services.make_lost_again(paper.pk) for _twice in range(2)] == [True, False]
    assert send(client, credential, copy).context["told"].answer == "same", "also in the meantime"
    assert "is being made anew" in client.get(address).content.decode()
    assert services.make_certificate(paper.pk) is True
    anew = b"".join(client.get(address).streaming_content)
    assert anew != copy
    assert [send(client, credential, file).context["told"].answer for file in (copy, anew)] == [
        "same"
    ] * 2
    assert send(client, credential, anew[:-1] + b"x").context["told"].answer == "differs"
    assert Letter.objects.count() == letters
    entry = Entry.objects.get(action="certificate.lost")
    assert (entry.object_id, entry.subject_id) == (str(paper.pk), credential.user_id)
