"""The style guide in a real browser: axe, narrow screens, keyboard, and life without scripts."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.journeys.axe import AXE, PLAIN, RULES
from tests.journeys.chromium import CHROMIUM

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.urls("tests.visual.urls"),
    pytest.mark.journey,
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def address(live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    # Playwright's loop runs in this thread; the database is used from the server's thread only.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    settings.DEMO = True
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    return f"{live_server.url}/styleguide/"


def open_page(browser: Browser, address: str, **options: Any) -> tuple[Page, list[str]]:
    """A page and the list that collects what the browser complains about."""
    page = browser.new_context(**options).new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return page, complaints


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    result = page.evaluate(f"axe.run(document, {RULES})")
    return [f"{item['id']}: {item['nodes'][0]['html'][:120]}" for item in result["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_every_component_is_accessible(
    browser: Browser, address: str, width: int, scheme: Any
) -> None:
    page, complaints = open_page(
        browser, address, viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    assert violations(page) == []
    assert complaints == []
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    page.context.close()


def test_axe_would_notice(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address)
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [item.split(":")[0] for item in violations(page)] == ["button-name"]
    page.context.close()


# Colours of every kind in a third of the texts, also half seen through, before pictures and blended.
SPOIL = """() => [...document.querySelectorAll('p, a, li, h2, h3, label, button, td')]
  .forEach((item, number) => {
    const kinds = ['color: #aaa', 'color: rgb(10 200 30 / 40%)', 'color: oklch(70% 0.1 200)',
      'opacity: 0.5', 'background: linear-gradient(red, blue)', 'mix-blend-mode: multiply',
      'background: color-mix(in srgb, red 20%, #123456)', 'text-shadow: 0 0 2px #999'];
    if (number % 3 === 0) item.style.cssText += `;transition: none; ${kinds[number % kinds.length]}`;
  })"""


def test_axe_finds_the_same_in_less_time(browser: Browser, address: str) -> None:
    found = []
    for script in (PLAIN, AXE):
        page, _ = open_page(browser, address, reduced_motion="reduce")
        page.evaluate(SPOIL)
        page.evaluate(script)
        everything = RULES.replace("resultTypes: ['violations'],", "")
        result = page.evaluate(f"axe.run(document, {everything})")
        found.append([result[kind] for kind in ("violations", "incomplete", "passes")])
        page.context.close()
    assert found[0] == found[1]
    contrast = [item["nodes"] for item in found[0][0] if item["id"] == "color-contrast"]
    assert len(contrast[0]) > 10


def test_pointer_targets_are_large_enough(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address, viewport={"width": 390, "height": 800})
    small = page.evaluate(
        """[...document.querySelectorAll('button, input:not([type=hidden]), select, textarea, summary')]
           .filter((e) => e.checkVisibility())
           .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
           .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""
    )
    assert small == []
    page.context.close()


def test_roster_moves_by_arrow_keys(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address)
    cells = page.locator(".scheme-light [data-roster-cell]")
    cells.nth(0).focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.column") == "1"
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.dataset.column") == "5"
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.dataset.column") == "0"
    assert page.locator(".scheme-light [data-roster-cell][tabindex='0']").count() == 1
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_dialog_and_menu_open_with_and_without_scripts(
    browser: Browser, address: str, scripts: bool
) -> None:
    page, _ = open_page(
        browser, address, viewport={"width": 390, "height": 800}, java_script_enabled=scripts
    )
    assert not page.locator("#site-menu").is_visible()
    page.get_by_role("button", name="Menu").click()
    assert page.locator("#site-menu").is_visible()
    page.get_by_role("button", name="Close the menu").click()
    assert not page.locator("#site-menu").is_visible()
    dialog = page.locator("#light-dialog")
    assert not dialog.is_visible()
    page.locator(".scheme-light").get_by_role("button", name="Withdraw my application").click()
    assert dialog.is_visible()
    dialog.get_by_role("button", name="Keep as it is").click()
    assert not dialog.is_visible()
    page.context.close()


def test_a_form_is_sent_once_however_often_it_is_pressed(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address)
    sent: list[str] = []

    def answer(route: Route) -> None:
        sent.append(route.request.method)
        route.fulfill(status=204)  # the page stays, so later presses would be seen

    page.route("**/sent/", answer)
    page.evaluate(
        """document.querySelector('main').insertAdjacentHTML('beforeend',
           '<form method="post" action="/sent/"><button id="press">Send</button></form>')"""
    )
    for _press in range(3):
        page.evaluate("document.getElementById('press').click()")
    page.wait_for_timeout(300)
    assert sent == ["POST"]
    page.context.close()


def test_zone_of_the_browser_is_proposed(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address, timezone_id="Asia/Kolkata")
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    assert cookies["tz"] in {"Asia%2FKolkata", "Asia%2FCalcutta"}
    page.context.close()
