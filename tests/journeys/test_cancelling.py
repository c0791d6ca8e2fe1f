"""Giving a place up: the amounts first, one button, the letter; and the total of the whole path."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cohorts.models import Enrolment
from payments.models import Refund
from scip.accounts.models import User
from tests import world
from tests.cohorts.admission import accepted, make_applicant, pay

PRICE = 289_500


@pytest.fixture
def place(site: str, staff: User) -> Enrolment:
    """Paid by transfer, a few weeks before the start: half comes back."""
    cohort = world.make_cohort(
        title="Spring cohort", starts_on=timezone.localdate() + timedelta(days=20)
    )
    enrolment = accepted(cohort, staff, make_applicant())
    pay(enrolment, staff)
    Enrolment.objects.update(state="confirmed", confirmed_at=timezone.now())
    return enrolment


def test_cancelling_a_place_shows_the_amounts_and_asks_once(
    someone: Any, newest_letter: Any, place: Enrolment
) -> None:
    ana = someone(place.user)
    ana.go(f"/enrolments/{place.pk}/")
    ana.follow("Cancel my place")
    ana.at(f"/enrolments/{place.pk}/cancel/")
    ana.look(closely=True)
    ana.reads("half of it comes back")
    ana.reads("USD 1,447.50")

    # Looking costs nothing, and there is a way back.
    ana.follow("Keep my place")
    ana.at(f"/enrolments/{place.pk}/")
    assert not Refund.objects.exists()

    # A tab left open shows another amount than what holds now: asked again, nothing done.
    ana.follow("Cancel my place")
    ana.page.evaluate("document.querySelector('input[name=back]').value = '289500'")
    ana.press("Cancel my place")
    ana.reads("Nothing was cancelled")
    assert not Refund.objects.exists()

    ana.page.get_by_label("Would you like to tell us why?").fill("A new job")
    ana.press("Cancel my place")
    ana.at(f"/enrolments/{place.pk}/")
    ana.reads("Your place is cancelled")
    place.refresh_from_db()
    assert (place.state, Refund.objects.get().amount_cents) == ("withdrawn", PRICE // 2)
    expect(ana.link("Cancel my place")).to_have_count(0)
    assert "USD 1,447.50" in newest_letter(place.user.email).text

    # The back button leads to no second refund.
    ana.go(f"/enrolments/{place.pk}/cancel/")
    ana.at(f"/enrolments/{place.pk}/")
    assert Refund.objects.count() == 1
    ana.go(f"/applications/{place.application_id}/")


def test_without_a_script_it_works_the_same(someone: Any, place: Enrolment) -> None:
    ana = someone(place.user, java_script_enabled=False)
    ana.go(f"/enrolments/{place.pk}/cancel/")
    ana.press("Cancel my place")
    ana.reads("Your place is cancelled")
    assert Refund.objects.get().amount_cents == PRICE // 2


def test_the_whole_path_line_by_line(someone: Any, place: Enrolment) -> None:
    ana = someone(place.user)
    ana.go("/pathway/")
    ana.follow("The whole path, line by line")
    ana.at("/pathway/costs/")
    ana.look(closely=True)
    ana.reads("USD 2,895 paid")
    ana.reads("Directly to your supervisor")


def test_the_office_sees_whom_a_cancelled_cohort_concerns(
    someone: Any, staff: User, place: Enrolment
) -> None:
    stella = someone(staff)
    cohort = place.cohort
    stella.go(f"/admin/cohorts/cohort/{cohort.pk}/change/", look=False)
    stella.follow("Cancel this cohort")
    stella.reads("One person gets a letter")
    stella.page.get_by_label("Words for the people").fill("Our teacher fell ill.")
    stella.press("Show the letter")
    stella.reads("Our teacher fell ill.")
    stella.press("Cancel the cohort and tell everybody", look=False)
    cohort.refresh_from_db()
    assert cohort.state == "cancelled"
    stella.go(f"/admin/cohorts/application/{place.application_id}/change/", look=False)
