"""Completions, credentials, certificates: once, numbered without gaps, never lost."""

import hashlib
import threading
from datetime import date
from io import BytesIO

import pytest
from django.db import connection, transaction
from pypdf import PdfReader

from scip.audit.models import Entry
from scip.credentials import services
from scip.credentials.models import Certificate, Completion, Credential, normalise_code
from scip.credentials.proof import seal
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from tests import world

pytestmark = pytest.mark.django_db
LINES = [("Live sessions attended", "11 of 12"), ("Contact hours", "36")]


def complete(user, on=date(2026, 5, 27)) -> Completion:
    return services.record_completion(
        user, level="A", basis="cohort", completed_on=on, facts={"cohort": "Spring"}, by=None
    )


def issue(user, **fields) -> Credential:
    return services.issue_credential(
        complete(user),
        kind=Credential.Kind.PRACTICING,
        edition=world.make_edition(),
        lines=LINES,
        by=None,
        **{"issued_on": date(2026, 5, 28)} | fields,
    )


def ends(credential, day) -> None:
    """The credential as if it had been issued with this last day."""
    credential.expires_on = day
    seal(credential)
    credential.save(update_fields=["expires_on", "seal"])


def make_all(credential) -> None:
    for certificate in credential.certificates.all():
        services.make_certificate(certificate.pk)


def test_the_first_basis_of_a_completion_stands(participant):
    first = complete(participant)
    again = services.record_completion(
        participant,
        level="A",
        basis="equivalency",
        completed_on=date(2027, 1, 1),
        facts={},
        by=None,
    )
    assert again == first
    assert (again.basis, Entry.objects.filter(action="completion.recorded").count()) == (
        "cohort",
        1,
    )


def test_issuing_twice_gives_one_credential_with_two_papers(participant):
    credential = issue(participant)
    assert issue(participant) == credential
    assert credential.number == "PSCT-2026-000001"
    assert sorted(credential.certificates.values_list("paper", flat=True)) == ["a4", "letter"]


def test_numbers_have_no_gaps_when_an_issue_is_rolled_back(participant, stranger, applicant):
    issue(participant)
    with pytest.raises(RuntimeError), transaction.atomic():
        issue(stranger)
        raise RuntimeError
    assert issue(applicant).number == "PSCT-2026-000002"


@pytest.mark.django_db(transaction=True)
def test_numbers_are_unique_when_ten_are_issued_at_once():
    world.make_edition()
    users = [world.make_user(f"p{number}@example.com") for number in range(10)]
    gate = threading.Barrier(len(users))

    def run(user) -> None:
        gate.wait()
        try:
            issue(user)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[user]) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = sorted(Credential.objects.values_list("number", flat=True))
    assert numbers == [f"PSCT-2026-{number:06}" for number in range(1, 11)]


def test_the_certificate_shows_the_frozen_name_and_the_person_is_told_once(participant):
    credential = issue(participant)
    participant.name = "Somebody Else"
    participant.save()
    make_all(credential)
    make_all(credential)
    certificate = credential.certificates.get(paper="a4")
    content = certificate.document.read()
    assert certificate.sha256 == hashlib.sha256(content).hexdigest()
    text = PdfReader(BytesIO(content)).pages[0].extract_text()
    assert "Paulo Participant" in text
    assert "Somebody Else" not in text
    assert Letter.objects.filter(dedupe_key=f"certificate-ready:{credential.pk}").count() == 1


def test_nobody_is_told_before_both_papers_are_made(participant):
    credential = issue(participant)
    services.make_certificate(credential.certificates.get(paper="a4").pk)
    assert not Letter.objects.exists()


def test_a_credential_revoked_before_its_papers_were_made_is_no_good_news(participant, staff):
    credential = issue(participant)
    services.revoke_credential(credential, by=staff, reason="Issued in error.")
    make_all(credential)
    assert not Letter.objects.filter(dedupe_key__startswith="certificate-ready").exists()


def test_a_worker_killed_after_storing_the_file_is_made_good_by_the_sweep(participant):
    """The file is there, the row says "not made": as after kill -9 between the two."""
    credential = issue(participant)
    certificate = credential.certificates.get(paper="a4")
    with pytest.raises(RuntimeError), transaction.atomic():
        services.make_certificate(certificate.pk)
        raise RuntimeError
    certificate.refresh_from_db()
    assert certificate.made_at is None
    storage = certificate.document.storage
    assert storage.exists(f"certificates/{credential.code}-a4.pdf")
    Certificate.objects.update(requested_at=world.utc(2026, 1, 1))
    assert services.sweep() == 2
    assert services.sweep() == 0
    certificate.refresh_from_db()
    assert certificate.document.name == f"certificates/{credential.code}-a4.pdf"
    assert hashlib.sha256(certificate.document.read()).hexdigest() == certificate.sha256


def test_a_name_that_no_font_has_is_noted_for_the_office_and_can_be_tried_again(participant, staff):
    participant.name = "\U00012000\U00012001"
    participant.save()
    credential = issue(participant)
    certificate = credential.certificates.get(paper="a4")
    assert services.make_certificate(certificate.pk) is False
    certificate.refresh_from_db()
    assert "letters" in certificate.problem
    Certificate.objects.update(requested_at=world.utc(2026, 1, 1))
    assert certificate.pk not in list(
        Certificate.objects.filter(problem="", made_at=None).values_list("pk", flat=True)
    )
    services.try_again(certificate, by=staff)
    certificate.refresh_from_db()
    assert certificate.problem == ""


def test_revoking_needs_a_reason_happens_once_and_is_told(participant, staff):
    credential = issue(participant)
    with pytest.raises(Refusal):
        services.revoke_credential(credential, by=staff, reason="  ")
    revoked = services.revoke_credential(credential, by=staff, reason="Issued in error.")
    assert (revoked.standing(), revoked.revoked_by) == ("revoked", staff)
    with pytest.raises(IllegalMove):
        services.revoke_credential(credential, by=staff, reason="Again.")
    letter = Letter.objects.get(dedupe_key=f"credential-revoked:{credential.pk}")
    assert "Issued in error." in letter.text
    assert "Issued in error." not in str(list(Entry.objects.values_list("data", flat=True)))


def test_a_revoked_credential_can_be_followed_by_a_new_one(participant, staff):
    first = issue(participant)
    services.revoke_credential(first, by=staff, reason="Name misspelt.")
    second = issue(participant)
    assert second.pk != first.pk
    assert second.number == "PSCT-2026-000002"


@pytest.mark.parametrize(
    ("day", "standing"),
    [(date(2027, 5, 28), "active"), (date(2027, 5, 29), "expired")],
)
def test_a_credential_is_valid_through_its_last_day(participant, day, standing):
    credential = issue(participant)
    credential.expires_on = date(2027, 5, 28)
    assert credential.standing(day) == standing


def test_holders_are_told_once_when_a_credential_has_expired(participant):
    credential = issue(participant)
    ends(credential, date(2027, 5, 28))
    told = Letter.objects.values_list("dedupe_key", flat=True)
    # Sixty days before its end, as the Edition says, and not a day earlier.
    assert services.announce_endings(world.utc(2027, 3, 28, 12)) == 0
    services.announce_endings(world.utc(2027, 3, 29, 12))
    services.announce_endings(world.utc(2027, 5, 28, 12))
    assert list(told.all()) == [f"credential-ends-soon:{credential.pk}:2027-05-28"]
    services.announce_endings(world.utc(2027, 5, 29, 12))
    services.announce_endings(world.utc(2027, 5, 30, 12))
    assert sorted(told.all()) == [
        f"credential-ends-soon:{credential.pk}:2027-05-28",
        f"credential-expired:{credential.pk}:2027-05-28",
    ]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("abcd-1234", "ABCD1234"),
        (" o0iL ", "0011"),
        ("AB CD", "ABCD"),
        ("ＡＢ１２", "AB12"),
        ("–/–", ""),
    ],
)
def test_codes_forgive_how_they_are_typed(typed, code):
    assert normalise_code(typed) == code
