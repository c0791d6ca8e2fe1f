"""The office decides: sign in with a second factor, check evidence, offer, return, wait."""

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from cohorts.models import Application, Offer
from cohorts.services.applications import submit_application
from scip.accounts import services
from scip.accounts.models import Prerequisite, User
from scip.audit.models import Entry
from scip.mail.models import Letter
from tests import world
from tests.cohorts.admission import draft, make_applicant, offered, sent
from tests.factors import TO_TYPE, current_code
from tests.journeys.visitor import Visitor
from tests.vault.samples import image

type NewestLetter = Callable[[str], Letter]


def sign_in(visitor: Visitor, user: User) -> None:
    """Address, password, and the code of the app; the first code is mistyped."""
    visitor.field("Email").fill(user.email)
    visitor.field("Password").fill(world.PASSWORD)
    visitor.press("Sign in")
    visitor.field("Code").fill("000000")
    visitor.press("Sign in")
    visitor.reads("This is not the current code.")
    visitor.field("Code").fill(current_code(user, lasting=TO_TYPE))
    visitor.press("Sign in")


def with_new_licence(cohort: Any, **fields: Any) -> Application:
    """A sent application; everything is verified but the licence, which waits for the office."""
    application = draft(cohort, make_applicant(**fields))
    Prerequisite.objects.filter(user=application.user, kind="standing").delete()
    services.submit_prerequisite(
        application.user,
        kind="standing",
        fields={"standing": "licensed", "number": "PSY-77", "jurisdiction": "Portugal"},
        document=SimpleUploadedFile("licence.jpg", image("JPEG"), "image/jpeg"),
    )
    return submit_application(application)


def test_from_signing_in_to_an_offer(
    someone: Any, staff: User, newest_letter: NewestLetter, worker: Any
) -> None:
    application = with_new_licence(world.make_cohort(), name="Ana Applicant")
    ana = application.user
    office = someone()

    # The door: password and second factor; then what waits.
    office.go("/admin/")
    sign_in(office, staff)
    office.at("/admin/")
    office.look(closely=True)
    office.follow("Applications to decide")
    office.follow("Ana Applicant")
    office.look(closely=True)
    office.reads("waits for the office")

    # Too early: the page says why, and nothing is held.
    office.follow("Offer a place")
    office.press("Show the letter")
    office.reads("A place can be offered once every prerequisite is verified and valid.")
    office.reads("PSY-77")
    assert not Offer.objects.exists()
    office.go(f"/admin/cohorts/application/{application.pk}/change/", look=False)

    # The document opens by a press that is noted, in a window of its own.
    opened = Entry.objects.filter(action="document.opened", actor_id=staff.pk)
    assert not opened.exists()
    with office.page.expect_popup() as opening:
        office.button("Open (this is noted)").click()
    document = opening.value
    document.wait_for_load_state("load")
    assert document.evaluate("document.contentType") == "image/jpeg"
    assert opened.count() == 1
    document.close()

    # Verify, with the letter shown first.
    office.follow("Licence, supervised practice or studies", within=office.page.locator("#content"))
    office.follow("Verify")
    office.reads("The letter")
    office.press("Verify it and send the letter")
    office.reads("Verified. The letter is on its way.")
    assert newest_letter(ana.email).dedupe_key.startswith("prerequisite")

    # The offer: the letter as it will go, then it goes.
    office.go(f"/admin/cohorts/application/{application.pk}/change/", look=False)
    office.follow("Offer a place", look=False)
    office.field("Personal paragraph").fill("Your work with grief will enrich the group.")
    office.press("Show the letter")
    office.reads("Your work with grief will enrich the group.")
    assert not Offer.objects.exists()
    office.press("Do it and send the letter")
    office.reads("The place is held and the offer is on its way.")
    offer = Offer.objects.get(application=application)
    assert (offer.state, offer.list_cents, offer.made_by) == ("open", 289_500, staff)
    letter = newest_letter(ana.email)
    assert "Your work with grief will enrich the group." in letter.text
    assert f"{office.site}/applications/{application.pk}/offer/" in letter.text
    worker()
    letter.refresh_from_db()
    assert letter.sent_at is not None


def test_returning_evidence_with_a_reason(
    someone: Any, staff: User, newest_letter: NewestLetter
) -> None:
    application = with_new_licence(world.make_cohort(), name="Ana Applicant")
    licence = Prerequisite.objects.get(user=application.user, kind="standing")
    office = someone(staff)
    office.go("/admin/", look=False)
    office.follow("Documents to verify")
    office.go(f"/admin/accounts/prerequisite/{licence.pk}/change/")
    office.follow("Return with a reason")
    office.field("What is missing, and what would help").fill("Page two is cut off.")
    office.press("Show the letter")
    office.press("Return it and send the letter")
    office.reads("Returned. The letter is on its way.")
    assert "Page two is cut off." in newest_letter(application.user.email).text
    # The person reads the same words where the document belongs, and can send it again.
    ana = someone(application.user)
    ana.go("/profile/prerequisites/standing/")
    ana.reads("Page two is cut off.")


def test_the_waiting_list(someone: Any, staff: User, newest_letter: NewestLetter) -> None:
    cohort = world.make_cohort(capacity=1)
    offered(cohort, staff)
    application = sent(cohort, make_applicant(name="Ana Applicant"))
    office = someone(staff)
    office.go(f"/admin/cohorts/application/{application.pk}/change/")
    office.follow("Put on the waiting list")
    office.press("Show the letter")
    office.press("Do it and send the letter")
    office.reads("number 1 on the waiting list")
    assert "waiting list" in newest_letter(application.user.email).text
    ana = someone(application.user)
    ana.go(f"/applications/{application.pk}/")
    ana.reads("You are number 1 in line")
