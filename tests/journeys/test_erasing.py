"""Somebody asks to be erased, changes their mind, asks again, and is gone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from scip.pages.models import ContactMessage
from scip.privacy import services
from scip.privacy.models import ErasureRequest
from tests import world

PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def person(site: str) -> Any:
    world.make_edition()
    found = world.make_user("going@example.org", name="Gunda Gehrig", profession="Psychologist")
    ContactMessage.objects.create(name="Gunda", email=found.email, message="When do you begin?")
    return found


def to_the_form(visitor: Any) -> None:
    """From the profile to the page that says what erasing would mean; the password once more."""
    visitor.go("/profile/")
    visitor.page.get_by_role("link", name="Your data").click()
    visitor.page.get_by_role("link", name="See what that would mean").click()
    password = visitor.page.get_by_label("Password", exact=False).first
    if password.is_visible():
        password.fill(world.PASSWORD)
        visitor.page.locator("main form button[type=submit]").first.click()
    expect(visitor.page.get_by_role("heading", name="What stays, and why")).to_be_visible()


def test_on_a_phone_somebody_asks_changes_their_mind_and_goes(someone: Any, person: Any) -> None:
    gunda = someone(person, **PHONE)
    to_the_form(gunda)
    gunda.look(closely=True)
    gunda.page.get_by_label("Type your e-mail address").fill("somebody@example.org")
    gunda.page.get_by_role("button", name="Ask to be erased").click()
    expect(gunda.page.get_by_text("Nothing was asked for yet").first).to_be_visible()
    gunda.look(closely=True)
    gunda.page.get_by_label("Type your e-mail address").fill(person.email)
    gunda.page.get_by_role("button", name="Ask to be erased").click()
    expect(gunda.page.get_by_role("heading", name="You asked to be erased")).to_be_visible()
    gunda.look(closely=True)
    gunda.page.get_by_role("button", name="Keep my account").click()
    expect(gunda.page.get_by_text("Everything is as it was")).to_be_visible()
    to_the_form(gunda)
    gunda.page.get_by_label("Type your e-mail address").fill(person.email)
    gunda.page.get_by_role("button", name="Ask to be erased").click()
    expect(gunda.page.get_by_role("heading", name="You asked to be erased")).to_be_visible()
    assert services.carry_out_due(timezone.now() + timedelta(days=15)) == 1
    gunda.go("/profile/data/")
    expect(gunda.page).to_have_url(re.compile("/accounts/login/"))
    assert not ContactMessage.objects.exists()


def test_what_stands_in_the_way_leads_to_where_it_is_settled(someone: Any, person: Any) -> None:
    world.make_enrolment(person, world.make_cohort(title="Autumn cohort"))
    gunda = someone(person)
    to_the_form(gunda)
    gunda.look(closely=True)
    expect(gunda.page.get_by_role("button", name="Ask to be erased")).to_have_count(0)
    gunda.page.get_by_role("link", name="step back").click()
    expect(gunda.page.get_by_role("heading", level=1)).to_be_visible()
    assert not ErasureRequest.objects.exists()
