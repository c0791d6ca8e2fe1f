"""Somebody at a browser: walks, types, presses, and has every page that is seen checked.

With SCREENSHOTS=<folder> every page that is looked at is also kept there as pictures.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect

from scip.accounts.models import User
from tests.journeys.axe import AXE, RULES

DESKTOP, PHONE, NARROW = 1280, 390, 320
# Milliseconds that a step may take on a busy machine; nothing waits longer than it must.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)
WIDE_OR_NOT = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
# The browser tells the console what the content policy stopped; this tells which rule it was.
TELL_POLICY = """document.addEventListener('securitypolicyviolation', (event) =>
  console.error(`policy: ${event.violatedDirective} stopped ${event.blockedURI}`))"""
# A confidential file is shown in a sandbox. It stops the script above, and the style that the
# browser's own picture viewer brings.
SANDBOXED = re.compile("Blocked script execution|inline style")
# Colours are judged once they have stopped changing.
SETTLED = """() => Promise.allSettled(document.getAnimations()
  .filter((change) => change instanceof CSSTransition).map((change) => change.finished))"""
# A control in a large enough label is hit by way of the label.
SMALL_TARGETS = """() => {
  const isSmall = (box) => box.width < 24 || box.height < 24;
  return [...document.querySelectorAll('button, input:not([type=hidden]), select, textarea, summary')]
    .filter((item) => item.checkVisibility() && !item.closest('.honeypot'))
    .filter((item) => isSmall(item.getBoundingClientRect()))
    .filter((item) => ![...(item.labels ?? [])].some((label) => !isSmall(label.getBoundingClientRect())))
    .map((item) => {
      const box = item.getBoundingClientRect();
      return `${item.outerHTML.slice(0, 80)} ${Math.round(box.width)}×${Math.round(box.height)}`;
    });
}"""


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE)
    page.evaluate(SETTLED)
    found = page.evaluate(f"axe.run(document, {RULES})")["violations"]
    return [
        f"{item['id']}: {node['html'][:160]} {(node.get('any') or [{}])[0].get('message', '')}"
        for item in found
        for node in item["nodes"][:3]
    ]


class Visitor:
    """One person's browser window, with everything that it complained about."""

    def __init__(self, browser: Browser, site: str, **options: Any) -> None:
        options = {
            "viewport": {"width": DESKTOP, "height": 900},
            "locale": "en-GB",
            "reduced_motion": "reduce",
        } | options
        self.site = site
        self.has_scripts = bool(options.get("java_script_enabled", True))
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(TELL_POLICY)
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        self.seen: list[str] = []
        self.expected: set[int] = set()
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.on("request", self._follow)
        self.page = self.context.new_page()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        is_answer = "Failed to load resource" in message.text
        if is_answer and any(f"status of {status}" in message.text for status in self.expected):
            return
        where = message.location.get("url", "")
        if "/document/" in where and SANDBOXED.search(message.text):
            return
        self.complaints.append(f"{message.text} ({where})")

    def _follow(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and not request.url.startswith(self.site):
            self.strangers.append(request.url)

    def sign_in_as(self, user: User) -> "Visitor":
        """Signed in already, for journeys that are not about signing in."""
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        self.context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": self.site}]
        )
        return self

    def another_tab(self) -> Page:
        """A second window of the same person."""
        return self.context.new_page()

    def go(self, path: str, *, status: int = 200, look: bool = True) -> None:
        """Open a page, and look at it."""
        with self.answers(status):
            answer = self.page.goto(path if path.startswith("http") else self.site + path)
            assert answer is not None
            assert answer.status == status, f"{path} answered {answer.status}"
            if look:
                self.look()

    @contextmanager
    def answers(self, status: int) -> Iterator[None]:
        """In here an answer with this status is what should come, not a complaint."""
        is_new = status >= 400 and status not in self.expected
        if is_new:
            self.expected.add(status)
        yield
        self.page.wait_for_load_state("load")
        if is_new:
            self.expected.discard(status)

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """In here there is no connection; what the console says of it is no complaint."""
        self.context.set_offline(True)
        yield
        self.context.set_offline(False)
        self.complaints[:] = [said for said in self.complaints if "net::ERR_" not in said]

    def at(self, path: str) -> None:
        """The window shows this page (its query left out)."""
        expect(self.page).to_have_url(re.compile(rf"^{re.escape(self.site + path)}(\?.*|#.*)?$"))

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    def look(self, *, closely: bool = False) -> None:
        """No violation and no sideways scrolling at desktop and phone width.

        ``closely`` adds the narrowest screen and the dark, for the pages that matter most.
        """
        self.page.wait_for_load_state("load")
        self.seen.append(self.path)
        if not self.has_scripts:
            return  # axe is a script; the same pages are judged where scripts run
        size = self.page.viewport_size
        widths: Sequence[int] = (DESKTOP, PHONE, NARROW) if closely else (DESKTOP, PHONE)
        for width in widths:
            self.look_at(width)
        small = self.page.evaluate(SMALL_TARGETS)
        assert not small, f"{self.path}: targets under 24 px: {small}"
        if closely:
            for width in (DESKTOP, NARROW):
                self.look_at(width, "dark")
            self.page.emulate_media(color_scheme="light")
        if size:
            self.page.set_viewport_size(size)

    def look_at(self, width: int, scheme: Literal["light", "dark"] = "light") -> None:
        """No violation and no sideways scrolling at this width."""
        found = self.faults_at(width, scheme)
        assert not found, "; ".join(found)

    def faults_at(self, width: int, scheme: Literal["light", "dark"] = "light") -> list[str]:
        """What is wrong with the page at this width, each with where it was."""
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size({"width": width, "height": 900})
        self.keep(f"{width}-{scheme}")
        found = violations(self.page)
        if self.page.evaluate(WIDE_OR_NOT):
            found.append("scrolls sideways")
        return [f"{self.path} at {width}, {scheme}: {fault}" for fault in found]

    def keep(self, name: str) -> None:
        """A picture of the page, where SCREENSHOTS names a folder."""
        if folder := os.environ.get("SCREENSHOTS"):
            place = re.sub(r"\W+", "-", self.path).strip("-") or "home"
            path = Path(folder) / f"{len(self.seen):03}-{place}-{name}.png"
            self.page.screenshot(path=path, full_page=True)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def press(self, name: str, *, within: Locator | None = None, look: bool = True) -> None:
        """Press a button that leads to a page, and look at that page."""
        place = within or self.page
        with self.page.expect_navigation():
            place.get_by_role("button", name=name, exact=True).click()
        if look:
            self.look()

    def follow(self, name: str, *, within: Locator | None = None, look: bool = True) -> None:
        """Follow a link, and look at the page behind it."""
        place = within or self.page
        with self.page.expect_navigation():
            place.get_by_role("link", name=name, exact=True).first.click()
        if look:
            self.look()

    def fill(self, **labels: str) -> None:
        """Type into fields, found by the first words of their labels (``_`` for a space)."""
        for label, value in labels.items():
            self.field(label.replace("_", " ")).fill(value)

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(label).first

    def reads(self, text: str) -> None:
        """The page says so."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def close(self) -> None:
        self.context.close()

    def must_be_content(self) -> None:
        """Nothing in the console, nothing stopped by the policy, nothing asked elsewhere."""
        assert not self.complaints, self.complaints
        assert not self.strangers, self.strangers
