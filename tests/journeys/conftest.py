"""One browser for all journeys, people at it, and the work that a worker would do meanwhile."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser, sync_playwright

from payments import tasks as money
from payments.models import CreditNote, Receipt, StripeEvent
from payments.services import handle_event
from scip.credentials import services as credentials
from scip.credentials.models import Certificate
from scip.mail import services as mail
from scip.mail.models import Letter
from tests.journeys.chromium import CHROMIUM, FLAGS
from tests.journeys.visitor import Visitor

type Open = Callable[..., Visitor]
RESULTS = Path(__file__).resolve().parents[2] / "test-results"


@pytest.hookimpl(tryfirst=True)  # before -m looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.journey)
            item.add_marker(
                pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """A picture of every window when a journey stops on its way."""
    report = yield
    if report.when == "call" and report.failed:
        for number, visitor in enumerate(item.stash.get(VISITORS, [])):
            keep_picture(visitor, f"{item.name}-{number}")
    return report


VISITORS: pytest.StashKey[list[Visitor]] = pytest.StashKey()


def keep_picture(visitor: Visitor, name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    safe = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
    visitor.page.screenshot(path=str(RESULTS / f"{safe}.png"), full_page=True)


# One for the folder, not for the session: while Playwright runs, its event loop occupies
# the thread, and tests elsewhere may want one of their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def site(transactional_db: None, live_server: Any, settings: Any) -> str:
    """The site's address; letters and the checkout's events lead there too."""
    settings.SITE_URL = live_server.url
    cache.clear()  # limits that other tests have used up
    return str(live_server.url)


@pytest.fixture
def someone(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Open]:
    """``someone(user=None, **options)``: a person at a browser, signed in when a user is given.

    At the end nobody's browser may have complained or asked a third party.
    """
    visitors: list[Visitor] = []
    request.node.stash[VISITORS] = visitors

    def arrive(user: Any = None, **options: Any) -> Visitor:
        visitor = Visitor(browser, site, **options)
        visitors.append(visitor)
        return visitor if user is None else visitor.sign_in_as(user)

    yield arrive
    for visitor in visitors:
        visitor.close()
    for visitor in visitors:
        visitor.must_be_content()


@pytest.fixture
def newest_letter(site: str) -> Callable[[str], Letter]:
    """The newest letter to this address, as it stands in the outbox."""

    def find(address: str) -> Letter:
        letter = Letter.objects.filter(to_address=address).order_by("-pk").first()
        assert letter is not None, f"no letter to {address}"
        return letter

    return find


@pytest.fixture
def worker(site: str) -> Callable[[], None]:
    """What the worker and the clock do in the background, done now: by the tasks' own functions.

    Events of the practice checkout are posted over HTTP to the running site.
    """

    def work() -> None:
        money.sandbox_deliver()
        for event in StripeEvent.objects.filter(handled_at=None):
            handle_event(event.event_id)
        money.sweep_settlements()
        for pk in Receipt.objects.filter(made_at=None).values_list("pk", flat=True):
            money.make_receipt(pk)
        for pk in CreditNote.objects.filter(made_at=None).values_list("pk", flat=True):
            money.make_credit_note(pk)
        for pk in Certificate.objects.filter(made_at=None).values_list("pk", flat=True):
            credentials.make_certificate(pk, now=timezone.now())
        mail.sweep()

    return work
