"""Moving to a later cohort: the choice, the preview, the wish, the office's decision, the new place."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cohorts.models import Enrolment, Transfer
from cohorts.services.opening import generate_sessions
from payments.models import MoneyMove
from scip.accounts.models import User
from tests import world
from tests.cohorts.admission import accepted, make_applicant, pay


@pytest.fixture
def place(site: str, staff: User) -> Enrolment:
    """Paid by transfer; two other cohorts are open, one of them full."""
    spring, autumn, full = (
        world.make_cohort(title=title, starts_on=timezone.localdate() + timedelta(days=days))
        for title, days in (("Spring cohort", 20), ("Autumn cohort", 160), ("Full cohort", 30))
    )
    for cohort in (spring, autumn, full):
        generate_sessions(cohort)
    autumn.tiers.filter(kind="standard").update(amount_cents=309_500)
    full.capacity = 1
    full.save()
    accepted(full, staff)
    enrolment = accepted(spring, staff, make_applicant(name="Ana Alves"))
    pay(enrolment, staff)
    Enrolment.objects.filter(pk=enrolment.pk).update(state="confirmed", confirmed_at=timezone.now())
    enrolment.refresh_from_db()
    return enrolment


def test_a_wish_to_defer_from_the_choice_to_the_new_place(
    someone: Any, newest_letter: Any, staff: User, place: Enrolment
) -> None:
    ana = someone(place.user)
    ana.go(f"/enrolments/{place.pk}/")
    ana.follow("Move or defer")
    ana.at(f"/enrolments/{place.pk}/move/")
    ana.look(closely=True)
    ana.reads("Every place there is taken at the moment.")
    ana.reads("Later: defer")
    ana.page.get_by_role("link", name="Look closer and ask").click()
    ana.look(closely=True)
    ana.reads("Defer to Autumn cohort")
    ana.reads("USD 200")
    assert not Transfer.objects.exists()

    ana.page.get_by_label("why you would like to move").fill("A new baby")
    ana.press("Ask the office")
    ana.at(f"/enrolments/{place.pk}/")
    ana.reads("Your wish to defer to Autumn cohort is with the office")
    ana.press("Take my wish back")
    ana.reads("Your wish to move is taken back")

    ana.go(f"/enrolments/{place.pk}/move/")
    ana.page.get_by_role("link", name="Look closer and ask").click()
    ana.page.get_by_label("why you would like to move").fill("A new baby, after all")
    ana.press("Ask the office")

    stella = someone(staff)
    stella.go("/admin/", look=False)
    stella.follow("Wishes to move to decide")
    stella.follow("Ana Alves")
    stella.follow("See what it means, and decide")
    stella.look(closely=True)
    stella.reads("A new baby, after all")
    stella.reads("USD 2,895")
    stella.press("Move them now")
    stella.reads("Done. The person gets a letter with the amounts.")

    wish = Transfer.objects.get(state="done")
    assert (MoneyMove.objects.get().amount_cents, wish.arrival.state) == (289_500, "confirmed")
    assert "USD 200 is still due" in newest_letter(place.user.email).text
    ana.go(f"/enrolments/{place.pk}/")
    ana.reads("You moved to Autumn cohort")
    ana.follow("To your place there")
    ana.look(closely=True)
    ana.reads("You came here from Spring cohort")
    ana.go("/payments/")
    ana.look(closely=True)
    ana.reads("Came on")
    expect(ana.link("Pay USD 200")).to_have_count(1)


def test_the_office_begins_a_move_and_may_decline_one(
    someone: Any, newest_letter: Any, staff: User, place: Enrolment
) -> None:
    stella = someone(staff)
    stella.go(f"/admin/cohorts/enrolment/{place.pk}/change/", look=False)
    stella.follow("Move to another cohort")
    stella.look(closely=True)
    stella.reads("Every place there is taken")
    stella.page.get_by_label("Where to").select_option("Autumn cohort")
    stella.page.get_by_label("Why").fill("On the phone")
    stella.press("Show what it means")
    stella.reads("USD 200")
    stella.page.get_by_label("Why it is not possible this time").fill("We found another way.")
    stella.press("Decline, with these words")
    stella.reads("Declined.")
    assert "We found another way." in newest_letter(place.user.email).text
    place.refresh_from_db()
    assert place.state == "confirmed"
