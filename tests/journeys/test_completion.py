"""The end of a cohort: certificate, verification by a code typed from paper, and revocation."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from cohorts.models import Enrolment, Session
from cohorts.services.completion import conclude_cohort
from scip.accounts.models import User
from scip.credentials.models import Credential
from tests import world
from tests.cohorts.meeting import enrol, make_running, mark


@pytest.fixture
def credential(site: str, worker: Any) -> Credential:
    """Twelve sessions are over; she was there in eleven."""
    begin = timezone.now() - timedelta(weeks=12)
    cohort = make_running(
        title="Autumn cohort", time_zone="UTC", starts_on=begin.date(), starts_at=begin.time()
    )
    place = enrol(world.make_user("greta@example.com", name="Greta Ōe-Lindqvist"), cohort)
    Session.objects.filter(cohort=cohort).update(state=Session.State.HELD)
    for number in range(1, 13):
        mark(place, number, "absent" if number == 4 else "present")
    assert conclude_cohort(cohort, by=None) == 1
    place.refresh_from_db()
    assert place.state == Enrolment.State.COMPLETED
    worker()
    return Credential.objects.get(user=place.user)


def sloppily(code: str) -> str:
    """As somebody types it from a printed page on a phone."""
    typed = code.lower().replace("0", "o").replace("1", "l")
    half = len(typed) // 2
    return f" {typed[:half]} - {typed[half:]} "


def test_a_certificate_and_who_looks_at_it(
    someone: Any, credential: Credential, staff: User, tmp_path: Path
) -> None:
    greta = someone(credential.user)
    greta.go("/pathway/")
    greta.look(closely=True)
    greta.page.locator(f"a[href*='{credential.code}']").first.wait_for(state="attached")

    # An employer types the code from the paper.
    employer = someone(viewport={"width": 390, "height": 800})
    employer.go("/verify/")
    employer.field("Code").fill(sloppily(credential.code))
    employer.press("Check this code")
    employer.at(f"/verify/{credential.code}/")
    employer.look(closely=True)
    employer.reads("This credential is active.")
    employer.reads("Greta Ōe-Lindqvist")
    employer.reads(credential.number)
    with employer.page.expect_download() as download:
        employer.page.evaluate(
            "() => { const link = document.querySelector('a[href*=certificate]');"
            " link.download = 'certificate.pdf'; link.click() }"
        )
    download.value.save_as(tmp_path / "certificate.pdf")
    assert (tmp_path / "certificate.pdf").read_bytes().startswith(b"%PDF-")

    # A code that was never issued.
    with employer.answers(404):
        employer.go("/verify/", look=False)
        employer.field("Code").fill("ABCD EFGH JKMN")
        employer.press("Check this code")
        employer.reads("We don’t know this code")

    # The office takes it back; the same address says so, and the paper is not handed out.
    office = someone(staff)
    office.go(f"/admin/credentials/credential/{credential.pk}/change/")
    office.go(f"/admin/credentials/credential/{credential.pk}/decide/revoke/")
    office.page.locator("[name=reason]").fill("Two people had been mixed up.")
    office.field("Who reads it if they see it differently").fill("Maria Lopes")
    office.press("Show the letter")
    office.reads("Two people had been mixed up.")
    office.look()
    office.press("Revoke it and send the letter")
    office.reads("The credential is revoked")
    employer.go(f"/verify/{credential.code}/")
    employer.reads("This credential was revoked.")
    employer.go(f"/credentials/{credential.code}/certificate.pdf", look=False)
    employer.at(f"/verify/{credential.code}/")
