"""From the first figure to the registered candidacy: the person and the office, side by side."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from certification.candidacy.models import Candidacy, EquivalencyCase
from scip.accounts.models import User
from tests import world
from tests.candidacy import walking
from tests.journeys.visitor import PHONE, Visitor
from tests.vault.samples import simple_pdf


@pytest.fixture
def paper(tmp_path: Path) -> str:
    file = tmp_path / "retreat.pdf"
    file.write_bytes(simple_pdf())
    return str(file)


def write(visitor: Visitor, **values: str) -> None:
    """Type into fields by their names: headings here share words with labels."""
    for name, value in values.items():
        visitor.page.locator(f"#id_{name}").fill(value)


def test_attest_retreat_pay_registered(
    someone: Any, worker: Any, site: str, applicant: User, staff: User, paper: str
) -> None:
    walking.open_edition()
    world.verify_prerequisites(applicant)
    walking.complete(applicant, "A", "B")
    applicant.profession, applicant.country = "Psychologist", "PT"
    applicant.save()
    ana = someone(applicant, viewport={"width": PHONE, "height": 844})
    ana.go("/pathway/")
    ana.follow("See what is asked")
    ana.at("/certification/register/")
    ana.look(closely=True)

    # Her word on her client sessions.
    write(ana, client_sessions="30", clients="5", name_typed="Ana Applicant")
    ana.press("Give my word")
    ana.reads("30 sessions with 5 clients")

    # The retreat: one day too short first, then as it was.
    write(ana, title="Silent MSC retreat", teachers="Christine and Michael", place="Lisbon")
    write(ana, started_on="2026-04-02", ended_on="2026-04-03")
    ana.page.locator("#id_document").set_input_files(paper)
    ana.button("Send it to the office").click()
    ana.reads("A retreat of at least 3 days is asked for")
    ana.look()
    write(ana, ended_on="2026-04-05")
    ana.page.locator("#id_document").set_input_files(paper)
    ana.press("Send it to the office")
    ana.reads("Waiting for the office")

    # The office looks at it.
    office = someone(staff)
    office.go("/admin/")
    office.follow("Retreats to verify")
    office.follow("Ana Applicant")
    office.follow("Verify")
    office.press("Verify it and send the letter")
    office.reads("Verified. The letter is on its way.")

    # The fee, in the practice checkout.
    ana.go("/pathway/")
    ana.reads("You can register for certification")
    ana.follow("Read and register")
    ana.press("Register, and go to the payment")
    ana.reads("Certification fees are not refunded")
    ana.press("Pay USD 500", look=False)
    ana.press("Pay", look=False)
    worker()
    candidacy = Candidacy.objects.get()
    assert candidacy.state == "active"
    ana.go("/pathway/")
    ana.follow("Your certification record")
    ana.look(closely=True)
    ana.reads("First edition")

    # A leave, and back.
    ana.follow("Take a leave")
    ana.press("Take this leave")
    ana.reads("You are on leave")
    ana.press("I am back")
    ana.go("/pathway/costs/")
    ana.go("/certification/withdraw/")
    office.go(f"/admin/candidacy/candidacy/{candidacy.pk}/change/")
    office.go(reverse("admin:person", args=[applicant.pk]))


def test_credit_for_an_earlier_format(
    someone: Any, site: str, applicant: User, staff: User, paper: str
) -> None:
    walking.open_edition(applications_open_on=timezone.localdate() + timedelta(days=30))
    applicant.profession, applicant.country = "Psychologist", "PT"
    applicant.save()
    ana = someone(applicant)
    ana.go("/certification/register/")
    ana.follow("ask for credit")
    ana.page.get_by_label("SCIP 2.0").check()
    ana.press("Begin")
    ana.look(closely=True)
    # Words that nobody pressed a button for are still there once an entry was added.
    ana.page.get_by_label("what you did").fill("I trained with Christine in Berlin.")
    expect(ana.page.locator("#save-state")).to_contain_text("Saved ")
    ana.page.get_by_label("Level A", exact=True).check()
    ana.fill(Name_it="Course in Berlin", Year="2019", Hours="36")
    ana.page.get_by_label("A document that shows it").set_input_files(paper)
    ana.press("Add it")
    expect(ana.page.get_by_label("what you did")).to_have_value(
        "I trained with Christine in Berlin."
    )
    ana.press("Send my request")
    ana.reads("It is with the office")

    office = someone(staff)
    case = EquivalencyCase.objects.get()
    page = f"/admin/candidacy/equivalencycase/{case.pk}/change/"
    office.go(page)
    office.follow("Ask a question")
    office.page.get_by_label("What you write").fill("Who led it?")
    office.press("Show the letter")
    office.press("Ask and send the letter")

    ana.go("/pathway/")
    ana.follow("Read and answer")
    ana.page.get_by_label("Your answer").fill("Both of them.")
    ana.press("Send my answer")

    office.go(page)
    office.page.get_by_label("This item").select_option("accepted")
    office.press("Keep the verdict on Course in Berlin")
    office.follow("Decide")
    office.page.get_by_label("Level A").check()
    office.page.get_by_label("What the decision rests on").fill("36 hours with both teachers.")
    office.press("Show the letter")
    office.reads("Level A")
    office.press("Decide and send the letter")
    office.reads("Decided. The letter is on its way.")
    ana.go(f"/certification/equivalency/{case.pk}/")
    ana.reads("Level A is credited")
