"""From a new account to an application that is sent, the way a person types it."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cohorts.models import AidRequest, Application, Cohort
from cohorts.services.applications import ask_for_information
from scip.accounts.models import Prerequisite, User
from scip.mail.models import Letter
from tests import world
from tests.cohorts.admission import draft, make_applicant, sent
from tests.journeys.visitor import Visitor
from tests.vault.samples import image, simple_pdf

ADDRESS = "mara.lindqvist@example.com"
PASSWORD = "kind words for tired people"


@pytest.fixture
def cohort(site: str) -> Cohort:
    return world.make_cohort(title="Spring cohort", slug="spring")


@pytest.fixture
def papers(tmp_path: Path) -> dict[str, str]:
    """Documents as people have them, one of them not what its name says."""
    files = {
        "licence.pdf": simple_pdf(),
        "certificate.jpg": image("JPEG"),
        "insurance.pdf": simple_pdf(),
        "letter.pdf": simple_pdf(),
        "report.pdf": b"<html><script>alert(1)</script></html>",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return {name: str(tmp_path / name) for name in files}


def code_in(letter: Letter) -> str:
    """The code that a person copies from the letter: the line that stands alone."""
    found = re.search(r"^([A-Z0-9]{3,}(?:-[A-Z0-9]+)*)$", letter.text, re.MULTILINE)
    assert found, letter.text
    return found.group(1)


def write_words(visitor: Visitor, **words: str) -> None:
    """The written part of the application."""
    for name, text in words.items():
        visitor.page.locator(f"#id_{name}").fill(text)


def open_form(visitor: Visitor, kind: str) -> None:
    """From the step of the application to the form of one prerequisite."""
    with visitor.page.expect_navigation():
        visitor.page.locator(f"a[href*='/profile/prerequisites/{kind}/']").first.click()
    visitor.look()


def send_form(visitor: Visitor, paper: str) -> None:
    """Choose the document, send, and be back at the step."""
    visitor.page.locator("input[type=file]").set_input_files(paper)
    visitor.press("Send it to the office", look=False)
    visitor.reads("It is with the office now")


def test_from_a_new_account_to_an_application_that_is_sent(
    someone: Any, newest_letter: Any, worker: Any, cohort: Cohort, papers: dict[str, str]
) -> None:
    mara = someone(timezone_id="America/Bogota")
    page = mara.page

    # An account: the code comes by letter, a wrong one is forgiven.
    mara.go("/cohorts/spring/")
    mara.follow("Create an account to apply")
    mara.field("Email").fill(ADDRESS)
    mara.field("Password").fill(PASSWORD)
    mara.press("Create my account")
    mara.field("Code").fill("ABC123")
    mara.press("Go on")
    mara.reads("This is not the code we sent.")
    mara.field("Code").fill(code_in(newest_letter(ADDRESS)).lower())
    mara.press("Go on")
    user = User.objects.get(email=ADDRESS)

    # The profile: the browser proposes the zone; what is missing is said, nothing is lost.
    mara.go("/profile/")
    expect(mara.field("Your time zone")).to_have_value("America/Bogota")
    mara.field("Your name").fill("Mara Lindqvist Ōe")
    page.evaluate("document.querySelectorAll('form').forEach((form) => { form.noValidate = true })")
    mara.press("Save and go on")
    mara.reads("Something here needs another look")
    expect(mara.field("Your name")).to_have_value("Mara Lindqvist Ōe")
    mara.field("Your profession").fill("Psychologist")
    mara.field("Country").select_option("CO")
    mara.field("First language").select_option("es")
    mara.press("Save and go on")
    mara.reads("Nice to have you here.")
    mara.look(closely=True)

    # The application, step by step.
    mara.go("/cohorts/spring/", look=False)
    mara.press("Start an application")
    application = Application.objects.get(user=user)
    steps = f"/applications/{application.pk}"
    mara.at(f"{steps}/you/")
    mara.follow("Continue")

    # Documents: one that is not what it says is refused, and everything typed stays.
    open_form(mara, "standing")
    mara.field("Licensed").check()
    mara.field("Number of your licence").fill("PSI-20417")
    mara.field("Where it holds").fill("Colombia")
    page.locator("input[type=file]").set_input_files(papers["report.pdf"])
    mara.button("Send it to the office").click()
    expect(page.locator(".error-summary")).to_be_focused()
    mara.look()
    expect(mara.field("Number of your licence")).to_have_value("PSI-20417")
    expect(mara.field("Where it holds")).to_have_value("Colombia")
    assert not Prerequisite.objects.exists()
    send_form(mara, papers["licence.pdf"])
    mara.at(f"{steps}/prerequisites/")

    open_form(mara, "msc")
    mara.field("8-week").check()
    mara.field("Last day").fill(str(timezone.localdate() - timedelta(days=200)))
    mara.field("Teacher").fill("Ana Ruiz")
    send_form(mara, papers["certificate.jpg"])
    open_form(mara, "insurance")
    mara.field("Who insures you").fill("Seguros del Alma")
    mara.field("Last day of the cover").fill(str(timezone.localdate() + timedelta(days=300)))
    send_form(mara, papers["insurance.pdf"])
    open_form(mara, "practice")
    mara.field("Where and with whom do you work?").fill("Community clinic, adults")
    send_form(mara, papers["letter.pdf"])
    mara.at(f"{steps}/prerequisites/")
    expect(page.get_by_text("Waiting for the office")).to_have_count(4)
    mara.look(closely=True)
    kinds = Prerequisite.objects.filter(user=user, state="submitted")
    assert sorted(kinds.values_list("kind", flat=True)) == [
        "insurance",
        "msc",
        "practice",
        "standing",
    ]
    mara.follow("Continue")

    # Words save themselves while they are written.
    write_words(mara, motivation="To bring kindness into hard sessions.")
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")
    write_words(mara, practice="Adults, mostly after loss.", experience="A hand on my heart.")
    mara.field("I have looked at the dates").check()
    mara.look(closely=True)
    mara.press("Save and continue")

    # The price, and one more look.
    mara.field("Lend a Hand").check()
    mara.press("Save and continue")
    mara.reads("Everything is there.")
    mara.look(closely=True)

    # Two quick presses send one application and one letter.
    mara.button("Send my application").dblclick()
    mara.at(f"{steps}/")
    mara.reads("Your application is with the office")
    mara.look(closely=True)
    application.refresh_from_db()
    assert (application.state, application.tier) == ("submitted", "lend_a_hand")
    assert application.motivation == "To bring kindness into hard sessions."
    worker()
    about_it = Letter.objects.filter(to_address=ADDRESS, dedupe_key__startswith="application")
    assert [letter.sent_at is not None for letter in about_it] == [True]

    # A way back, asked once.
    mara.button("Withdraw my application").click()
    mara.button("Keep as it is").click()
    mara.button("Withdraw my application").click()
    mara.press("Withdraw", within=page.get_by_role("dialog"))
    mara.reads("You are welcome again.")
    application.refresh_from_db()
    assert application.state == "withdrawn"


def test_two_windows_never_overwrite_each_other(someone: Any, cohort: Cohort) -> None:
    application = draft(cohort, make_applicant(), motivation="", practice="", tier="")
    ana = someone(application.user)
    address = f"/applications/{application.pk}/words/"
    ana.go(address)
    other = ana.another_tab()
    other.goto(ana.site + address)
    other.locator("#id_motivation").fill("Written in the second window.")
    expect(other.locator("#save-state")).to_have_attribute("data-state", "saved")
    # The first window does not know; it is told, and saves no more by itself.
    with ana.answers(409):
        write_words(ana, motivation="Written in the first window.", practice="Adults.")
        expect(ana.page.locator("#save-state")).to_have_attribute("data-state", "conflict")
        ana.press("Save and continue")
        notice = ana.page.get_by_role("alert")
        expect(notice).to_contain_text("Written in the second window.")
        expect(ana.page.locator("#id_motivation")).to_have_value("Written in the first window.")
        ana.look(closely=True)
    application.refresh_from_db()
    assert application.motivation == "Written in the second window."
    # Both have been seen; now the person decides.
    write_words(ana, motivation="Written in both windows.")
    ana.press("Save and continue", look=False)
    application.refresh_from_db()
    assert (application.motivation, application.practice) == ("Written in both windows.", "Adults.")


def test_asking_for_aid(someone: Any, cohort: Cohort) -> None:
    application = draft(cohort, make_applicant(), tier="")
    ana = someone(application.user)
    ana.go(f"/applications/{application.pk}/price/")
    ana.field("Supported place or scholarship").check()
    with ana.answers(422):
        ana.press("Save and continue")
        ana.reads("A few words are needed")
        expect(ana.field("Supported place or scholarship")).to_be_checked()
    ana.field("What would help?").select_option("scholarship")
    ana.field("A few words about what you need").fill("Our clinic closed in June.")
    ana.field("What could you pay").fill("200")
    ana.press("Save and continue")
    ana.reads("Our clinic closed in June.")
    ana.press("Send my application")
    ana.reads("The people who decide on aid are reading your request.")
    aid = AidRequest.objects.get(application=application)
    assert (aid.kind, aid.state, aid.affordable_cents) == ("scholarship", "requested", 20_000)


def test_the_office_asks_and_is_answered(someone: Any, cohort: Cohort, staff: User) -> None:
    application = sent(cohort, make_applicant())
    ask_for_information(application, question="Which clinic is it?", by=staff)
    ana = someone(application.user)
    ana.go("/applications/")
    ana.follow(cohort.title)
    ana.follow("Read and answer")
    ana.reads("Which clinic is it?")
    ana.press("Send my answer")
    ana.reads("Something here needs another look")
    ana.field("Your answer").fill("The one by the river.")
    ana.press("Send my answer")
    ana.reads("Your answer is with the office.")
    application.refresh_from_db()
    assert (application.state, application.answer) == ("submitted", "The one by the river.")
