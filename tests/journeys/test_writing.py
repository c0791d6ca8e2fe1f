"""Writing on a bad day: the connection goes, the app is left and come back to, the session ends."""

import contextlib
from typing import Any

import pytest
from django.conf import settings as names
from playwright.sync_api import Error, Locator, Route, expect

from certification.portfolio import services
from certification.portfolio.models import CaseStudy
from tests.journeys.visitor import Visitor
from tests.portfolio.desk import Author, make_author

PHONE = {"viewport": {"width": 390, "height": 844}}
LEAVE = """(state) => {
  Object.defineProperty(document, 'visibilityState', {value: state, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}"""


@pytest.fixture
def author(site: str) -> Author:
    return make_author()


@pytest.fixture
def row(author: Author) -> CaseStudy:
    return author.case("Client A", population="A teacher.")


@pytest.fixture
def me(someone: Any, author: Author, row: CaseStudy) -> Visitor:
    visitor: Visitor = someone(author.user, **PHONE)
    visitor.go(f"/portfolio/cases/{row.pk}/", look=False)
    return visitor


def state(me: Visitor) -> Locator:
    return me.page.locator("#save-state")


def reflection(row: CaseStudy) -> str:
    row.refresh_from_db()
    return row.reflection


def test_save_without_a_connection_stays_on_the_page(me: Visitor, row: CaseStudy) -> None:
    text = me.page.locator("#id_reflection")
    with me.cut_off():
        text.fill("In the train.")
        me.button("Save").click()
        expect(state(me)).to_contain_text("no connection")
        expect(text).to_have_value("In the train.")
        assert me.button("Save").get_attribute("aria-busy") is None
    expect(state(me)).to_contain_text("Saved ")
    assert reflection(row) == "In the train."
    text.press_sequentially(" And out.")
    me.press("Save", look=False)
    me.reads("Saved.")
    assert reflection(row) == "In the train. And out."


def test_an_answer_that_never_came_is_no_second_window(me: Visitor, row: CaseStudy) -> None:
    text = me.page.locator("#id_reflection")

    def lose(route: Route) -> None:
        with contextlib.suppress(Error):
            route.fetch()  # it arrives and is kept
        route.abort()

    me.page.route(f"**/portfolio/cases/{row.pk}/", lose, times=1)
    text.fill("Sent.")
    expect(state(me)).to_contain_text("no connection")
    assert reflection(row) == "Sent."
    text.press_sequentially(" And more.")
    expect(state(me)).to_contain_text("Saved ")
    assert reflection(row) == "Sent. And more."
    me.complaints[:] = [said for said in me.complaints if "net::ERR_" not in said]


def test_looking_into_another_app_is_no_second_window(me: Visitor, row: CaseStudy) -> None:
    text = me.page.locator("#id_reflection")
    text.fill("One.")
    with me.page.expect_response(lambda answer: answer.request.method == "POST"):
        me.page.evaluate(LEAVE, "hidden")
    me.page.evaluate(LEAVE, "visible")
    expect(state(me)).to_contain_text("Saved ")
    text.press_sequentially(" Two.")
    me.press("Save", look=False)
    me.reads("Saved.")
    assert reflection(row) == "One. Two."


def test_signing_in_anew_elsewhere_keeps_what_is_typed(
    me: Visitor, author: Author, row: CaseStudy
) -> None:
    text = me.page.locator("#id_reflection")
    me.context.clear_cookies(name=names.SESSION_COOKIE_NAME)
    text.fill("Typed while signed out.")
    expect(state(me)).to_contain_text("you are signed out")
    me.button("Save").click()
    expect(text).to_have_value("Typed while signed out.")
    me.context.clear_cookies(name=names.CSRF_COOKIE_NAME)
    me.sign_in_as(author.user)
    with me.answers(403):  # the page's token is of no use by now
        expect(state(me)).to_contain_text("Saved ")
    assert reflection(row) == "Typed while signed out."


def test_taken_out_in_another_window_it_stands_here_still(
    me: Visitor, author: Author, row: CaseStudy
) -> None:
    text = me.page.locator("#id_reflection")
    services.remove_case(row, by=author.user)
    with me.answers(404):
        text.fill("Still here.")
        expect(state(me)).to_contain_text("taken out meanwhile")
        me.button("Save").click()
        expect(me.button("Save")).not_to_have_attribute("aria-busy", "true")
        expect(text).to_have_value("Still here.")


def test_more_than_a_page_takes_is_said_and_stays(
    me: Visitor, row: CaseStudy, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 50_000
    text = me.page.locator("#id_reflection")
    with me.answers(400):
        text.fill("grief " * 10_000)
        expect(state(me)).to_contain_text("more than one page can take")
        me.button("Save").click()
        expect(me.button("Save")).not_to_have_attribute("aria-busy", "true")
        expect(text).not_to_have_value("")
    text.fill("Shorter.")
    expect(state(me)).to_contain_text("Saved ")
    assert reflection(row) == "Shorter."
