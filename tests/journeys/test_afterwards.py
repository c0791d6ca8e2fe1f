"""What comes after: a pack for the next supervisor, one who fell silent, a “not yet”, an invitation."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from scip.accounts.models import Role
from supervision.models import Agreement, Approval, Handover, SupervisorApplication
from supervision.services import agreements
from supervision.services.recommendations import save_part, send_recommendation
from tests import world
from tests.supervision.pair import Kind, at, log, make_pair, walk

PHONE = {"viewport": {"width": 390, "height": 844}}


def office() -> Any:
    return world.make_user("staff@example.com", Role.STAFF, name="Stella Staff")


def test_the_next_supervisor_opens_what_the_candidate_passes_on(someone: Any, site: str) -> None:
    pair = make_pair()
    walk(pair, 2)
    agreements.end_agreement(pair.agreement, by=pair.guide, reason="Moving.", now=at(30))
    lea = world.make_supervisor(world.make_user("lea@example.com", name="Lea Next"))
    coming = world.make_agreement(pair.candidacy, lea)

    carla = someone(pair.candidate, **PHONE)
    carla.go(f"/supervision/agreements/{pair.agreement.pk}/pass-on/")
    carla.press("Yes, pass this on to Lea Next")
    guide = someone(lea.user, **PHONE)
    guide.go(f"/supervision/agreements/{coming.pk}/")
    guide.page.locator("a[href*='/supervision/packs/']").first.click()
    guide.look(closely=True)
    guide.page.locator("form[action$='/open/'] button").click()
    guide.reads("Slow down; name what happens.")
    guide.look(closely=True)
    assert Handover.objects.get().opened_at is not None


def test_the_office_answers_for_a_supervisor_who_is_gone(someone: Any, site: str) -> None:
    pair = make_pair()
    walk(pair, 1)
    row = log(pair, Kind.CASE_REVIEW, at(8), by=pair.candidate)
    Approval.objects.filter(supervisor=pair.supervisor).update(until_on=at(20).date())
    stella = someone(office())
    stella.go(f"/admin/supervision/supervisionsession/{row.pk}/settle/")
    stella.reads("The supervisor is not there to confirm it, or accompanies this person no more.")
    stella.page.locator("textarea[name=reason]").fill("Calendar entry and notes of that day.")
    stella.press("It stands as logged")
    row.refresh_from_db()
    assert row.state == "confirmed"
    carla = someone(pair.candidate, **PHONE)
    carla.go(f"/supervision/agreements/{pair.agreement.pk}/")


def test_two_go_on_after_a_not_yet(someone: Any, site: str) -> None:
    pair = make_pair()
    walk(pair, 10)
    pair.again()
    draft = save_part(
        pair.agreement,
        by=pair.guide,
        outcome="not_yet",
        key_elements="Shame.",
        assessment="Growing.",
        reflections="Warmly.",
        guidance="More work with endings, in three sessions.",
    )
    send_recommendation(draft, by=pair.guide)
    carla = someone(pair.candidate, **PHONE)
    carla.go(f"/supervision/agreements/{pair.agreement.pk}/outcome/")
    carla.look(closely=True)
    carla.reads("More work with endings, in three sessions.")
    carla.page.locator("form[action$='/again/'] button").click()
    carla.page.wait_for_url("**/text/")
    carla.look()
    assert Agreement.objects.filter(state=Agreement.State.DRAFT).count() == 1


def test_an_invitation_waits_for_an_account(someone: Any, site: str, newest_letter: Any) -> None:
    world.make_edition()
    stella = someone(office())
    stella.go("/admin/supervision/supervisor/invite/")
    stella.page.locator("input[name=email]").fill("nia@example.com")
    stella.page.locator("textarea[name=words]").fill("We know your work.")
    stella.press("Show the letter")
    stella.reads("You need an account first")
    stella.press("Do it and send the letter")
    assert "/supervision/apply/" in newest_letter("nia@example.com").text

    nia = someone(world.make_user("nia@example.com", name="Nia New"), **PHONE)
    nia.go("/supervision/apply/")
    nia.look(closely=True)
    nia.field("Your experience as a supervisor").fill("Ten years of it.")
    nia.field("Why you would like to supervise").fill("To pass it on.")
    nia.press("Yes, send this to the office")
    assert SupervisorApplication.objects.get().state == "submitted"
    assert timezone.now() - SupervisorApplication.objects.get().submitted_at < timedelta(hours=1)
