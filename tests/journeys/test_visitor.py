"""A visitor reads, joins the interest list and writes; and the same without scripts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from cohorts.models import Application, Cohort
from cohorts.services.opening import generate_sessions
from scip.mail.models import Letter
from scip.pages import traps
from scip.pages.models import ContactMessage, InterestEntry
from tests import world
from tests.cohorts.admission import make_applicant


@pytest.fixture
def public_site(site: str, monkeypatch: pytest.MonkeyPatch) -> Cohort:
    """The starting rows and one open cohort. A machine types faster than people do."""
    monkeypatch.setattr(traps, "QUICKEST", timedelta(0))
    call_command("install_pathway", verbosity=0)
    cohort = world.make_cohort(
        title="Spring cohort", slug="spring", starts_on=timezone.localdate() + timedelta(days=70)
    )
    generate_sessions(cohort)
    return cohort


def test_reading_joining_and_writing(
    someone: Any, public_site: Cohort, newest_letter: Callable[[str], Letter]
) -> None:
    noor = someone(timezone_id="Asia/Tokyo")
    noor.go("/")
    noor.look(closely=True)
    nav = noor.page.get_by_role("navigation", name="Main")
    noor.follow("Programme", within=nav)
    noor.follow("Fees", within=nav)
    noor.reads("3,050")
    noor.follow("Certification", within=nav)
    noor.follow("FAQ", within=nav)
    noor.follow("Cohorts", within=nav)
    noor.follow("Spring cohort")
    noor.reads("Tokyo time")
    for path in ("/faculty/", "/consultations/", "/privacy/"):
        noor.go(path)

    noor.go("/interest/")
    noor.press("Put me on the list")
    noor.reads("Something here needs another look")
    noor.field("Your e-mail address").fill("noor@example.com")
    noor.page.locator("[name=about]").first.check()
    noor.press("Put me on the list")
    noor.reads("Thank you, it is noted")
    assert InterestEntry.objects.get().email == "noor@example.com"
    letter = newest_letter("noor@example.com")
    leave = next(word for word in letter.text.split() if "/interest/leave/" in word)
    noor.go(leave)
    noor.press("Take me off the list")
    assert not InterestEntry.objects.exists()

    noor.go("/contact/")
    noor.field("Your name").fill("Noor")
    noor.field("Your e-mail address").fill("noor@example.com")
    noor.field("Your message").fill("Is the spring cohort held in English?")
    noor.press("Send")
    noor.reads("Your message has arrived")
    assert ContactMessage.objects.get().name == "Noor"


def test_pages_that_are_not_there(someone: Any, public_site: Cohort) -> None:
    noor = someone()
    for path in ("/cohorts/nowhere/", "/no-such-page/"):
        noor.go(path, status=404)


def test_applying_without_scripts(someone: Any, public_site: Cohort) -> None:
    ana = someone(make_applicant(), java_script_enabled=False)
    ana.go("/cohorts/spring/")
    ana.press("Start an application")
    ana.follow("Continue")
    ana.follow("Continue")
    for name in ("motivation", "practice", "experience"):
        ana.page.locator(f"#id_{name}").fill("A few words.")
    ana.field("I have looked at the dates").check()
    ana.press("Save and continue")
    ana.page.get_by_role("radio", name="Standard").check()
    ana.press("Save and continue")
    ana.press("Send my application")
    ana.reads("Your application is with the office")
    assert Application.objects.get().state == "submitted"
    # The dialog opens without scripts too.
    ana.button("Withdraw my application").click()
    ana.press("Withdraw", within=ana.page.get_by_role("dialog"))
    assert Application.objects.get().state == "withdrawn"
