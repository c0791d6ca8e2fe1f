"""A candidate at a phone: a case study from nothing, two windows, the map, the log."""

from typing import Any

import pytest
from playwright.sync_api import expect

from certification.portfolio.models import CaseStudy, ClientSession, KnownWord
from tests.portfolio.desk import Author, make_author

PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def author(site: str) -> Author:
    return make_author()


def test_a_case_study_on_a_phone(someone: Any, author: Author) -> None:
    me = someone(author.user, **PHONE)
    me.go("/portfolio/")
    me.look(closely=True)
    me.page.get_by_role("link", name="Begin a case study").click()
    me.look(closely=True)
    me.page.get_by_label("A label for your client").fill("Client A")
    me.press("Go on to the text")
    me.look(closely=True)
    row = CaseStudy.objects.get()

    page = me.page
    page.locator("#id_population").fill("A teacher. Her sister Clara drove her here.")
    page.get_by_label("Therapeutic presence").check()
    expect(page.locator("#save-state")).to_contain_text("Saved ")
    # The column beside the text came anew without the page.
    expect(page.locator("#noticed mark")).to_have_text("Clara")
    page.reload()
    expect(page.locator("#id_population")).to_have_value(
        "A teacher. Her sister Clara drove her here."
    )
    me.look(closely=True)
    page.get_by_role("button", name="“Clara” is not a name").click()
    me.reads("We won’t bring it up again")
    assert KnownWord.objects.get().text == "Clara"

    two_windows(me, row)
    me.go("/portfolio/map/")
    me.reads("Shown in 1 case study.")
    me.look(closely=True)
    me.go("/portfolio/sessions/")
    page.get_by_label("Client").select_option(label="Client A")
    me.press("Add it")
    me.reads("The session is in your log.")
    assert ClientSession.objects.get().minutes == 50
    me.look(closely=True)


def two_windows(me: Any, row: CaseStudy) -> None:
    """Both change the reflection; the later one is told, and joins them."""
    page, other = me.page, me.another_tab()
    me.go(f"/portfolio/cases/{row.pk}/")
    other.goto(f"{me.site}/portfolio/cases/{row.pk}/")
    other.locator("#id_reflection").fill("From the other window.")
    other.get_by_role("button", name="Save", exact=True).click()
    other.get_by_text("Saved.", exact=True).wait_for()
    with me.answers(409):
        page.locator("#id_reflection").fill("From this window.")
        expect(page.locator("#save-state")).to_contain_text("another window")
        page.get_by_role("button", name="Save", exact=True).click()
        me.reads("This was changed in another window")
        me.reads("From the other window.")
        me.look(closely=True)
        page.locator("textarea[name=reflection]").fill("From both windows.")
        me.press("Save what I chose")
        me.reads("Saved.")
    row.refresh_from_db()
    assert row.reflection == "From both windows."
