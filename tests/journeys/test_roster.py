"""The facilitator's roster and the participant's cohort in a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from cohorts.models import AbsenceException, Attendance
from scip.accounts.models import User
from tests import world
from tests.cohorts.meeting import enrol, lead, mark
from tests.cohorts.test_facilitate import begun
from tests.visual.test_browser import CHROMIUM, violations

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
]
NAMES = ["Amara Okonkwo-Lindqvist", "Tomás Herrera", "雪 Tanaka", "Leyla Şahin"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def site(live_server: Any, settings: Any) -> Any:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    return live_server


def page_of(browser: Browser, site: Any, settings: Any, user: User, **options: Any) -> Page:
    """A signed-in page that fails the test when the browser complains."""
    client = Client()
    client.force_login(user)
    context = browser.new_context(**options)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site.url}])
    page = context.new_page()
    page.complaints = []  # type: ignore[attr-defined]
    page.on(
        "console",
        lambda message: (
            page.complaints.append(message.text) if message.type == "error" else None  # type: ignore[attr-defined]
        ),
    )
    page.on("pageerror", lambda error: page.complaints.append(str(error)))  # type: ignore[attr-defined]
    return page


def seen(page: Page, name: str) -> None:
    """Keep a picture when a folder for pictures is named."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def people() -> tuple[Any, User, list[Any]]:
    """A cohort at its seventh session, four people, one at risk, one with an exception."""
    cohort = begun(7, title="Spring cohort 2027")
    places = [
        enrol(world.make_user(f"p{index}@example.com", name=name), cohort)
        for index, name in enumerate(NAMES)
    ]
    for index, place in enumerate(places):
        for number in range(1, 7):
            mark(
                place,
                number,
                "absent" if (index, number) in {(1, 2), (1, 4), (2, 3)} else "present",
            )
    places[3].attendances.filter(session__number=5).update(late_minutes=60)
    AbsenceException.objects.create(
        enrolment=places[2],
        session=cohort.sessions.get(number=3),
        reason="I was ill.",
        state="accepted",
        decision_reason="Good work.",
    )
    return cohort, lead(cohort), places


def scrolls(page: Page) -> bool:
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )


def test_marking_by_tap_and_by_keyboard(browser: Browser, site: Any, settings: Any) -> None:
    cohort, leader, _places = people()
    page = page_of(browser, site, settings, leader, viewport={"width": 1280, "height": 900})
    page.goto(f"{site.url}/facilitate/")
    expect(page.get_by_text("needs all remaining")).to_be_visible()
    assert violations(page) == []
    seen(page, "facilitate_home")
    page.goto(f"{site.url}/facilitate/{cohort.pk}/")
    assert violations(page) == []
    seen(page, "roster")
    cell = "button[data-row='{}'][data-column='6']"
    # Two quick taps in different rows: neither is lost.
    page.locator(cell.format(0)).click()
    page.locator(cell.format(1)).click()
    expect(page.locator(cell.format(0))).to_have_class("cell cell-present is-today")
    expect(page.locator(cell.format(1))).to_have_class("cell cell-present is-today")
    page.locator(cell.format(1)).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.locator(cell.format(2))).to_have_class("cell cell-present is-today")
    assert page.evaluate("document.activeElement.dataset.row") == "2"
    page.keyboard.press("Space")
    expect(page.locator(cell.format(2))).to_have_class("cell cell-absent is-today")
    assert page.url == f"{site.url}/facilitate/{cohort.pk}/"
    assert Attendance.objects.filter(session__number=7).count() == 3
    page.get_by_role("button", name="Everyone is here in session 7").click()
    expect(page.get_by_text("Session 7: 1 person marked present.")).to_be_visible()
    seen(page, "roster_after")
    page.get_by_role("link", name="Session 7,").click()
    assert violations(page) == []
    seen(page, "roster_session")
    page.get_by_label("Minutes late").first.fill("50")
    page.get_by_role("button", name="Save this session").click()
    expect(page.get_by_text("Session 7 is saved.")).to_be_visible()
    assert page.complaints == []  # type: ignore[attr-defined]
    assert Attendance.objects.filter(session__number=7, late_minutes=50).count() == 1
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_roster_on_a_narrow_phone(
    browser: Browser, site: Any, settings: Any, scheme: Any
) -> None:
    cohort, leader, _places = people()
    size = {"width": 320, "height": 700}
    page = page_of(browser, site, settings, leader, viewport=size, color_scheme=scheme)
    for path in ("", f"{cohort.pk}/", f"{cohort.pk}/sessions/7/"):
        page.goto(f"{site.url}/facilitate/{path}")
        assert violations(page) == []
        assert not scrolls(page)
        seen(page, f"narrow_{scheme}_{path.replace('/', '_')}")
    page.goto(f"{site.url}/facilitate/{cohort.pk}/")
    page.locator("button[data-row='0'][data-column='6']").click()
    expect(page.locator("button[data-row='0'][data-column='6']")).to_have_class(
        "cell cell-present is-today"
    )
    name = page.get_by_role("rowheader", name=NAMES[0]).bounding_box()
    region = page.locator(".table-scroll").bounding_box()
    assert name is not None
    assert region is not None
    # The name stays in sight although the grid has scrolled to session 7.
    assert abs(name["x"] - region["x"]) < 4
    page.context.close()


def test_the_roster_without_scripts(browser: Browser, site: Any, settings: Any) -> None:
    cohort, leader, _places = people()
    page = page_of(browser, site, settings, leader, java_script_enabled=False)
    page.goto(f"{site.url}/facilitate/{cohort.pk}/")
    page.locator("button[data-row='0'][data-column='6']").click()
    expect(page.locator("button[data-row='0'][data-column='6']")).to_have_class(
        "cell cell-present is-today"
    )
    page.context.close()


def test_a_participant_looks_and_asks(browser: Browser, site: Any, settings: Any) -> None:
    _cohort, _leader, places = people()
    place = places[1]
    page = page_of(browser, site, settings, place.user, viewport={"width": 390, "height": 800})
    page.goto(f"{site.url}/enrolments/{place.pk}/")
    expect(page.get_by_text("You have 4 of the 10 sessions needed.")).to_be_visible()
    assert violations(page) == []
    assert not scrolls(page)
    seen(page, "enrolment")
    page.get_by_role("link", name="Ask for an exception for session 2").click()
    assert violations(page) == []
    seen(page, "exception")
    page.get_by_label("Why you could not be there").fill("My child was ill.")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_text("Your request is with the office.")).to_be_visible()
    assert AbsenceException.objects.get(enrolment=place).state == "requested"
    assert page.complaints == []  # type: ignore[attr-defined]
    page.context.close()
