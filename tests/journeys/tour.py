"""Pictures for the README, taken from a running demo (`make tour`, beside `make demo`).

Writes docs/tour/*.png, each 150 KB at most.
"""

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys.chromium import CHROMIUM, FLAGS

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "tour"
SIZE = {"width": 1280, "height": 860}
MOST_BYTES = 150 * 1024

type Walk = Callable[[Page, str], None]


def first_link(page: Page, pattern: str) -> str:
    """The address of the first link that looks so."""
    for link in page.locator("a[href]").all():
        address = link.get_attribute("href") or ""
        if re.fullmatch(pattern, address.split("?")[0]):
            return address
    raise SystemExit(f"The demo has no link like {pattern} on {page.url}.")


def look_at(page: Page, heading: str) -> None:
    """Move the page until this heading stands at its top."""
    page.get_by_role("heading", name=heading, exact=True).evaluate("item => item.scrollIntoView()")


def home(page: Page, site: str) -> None:
    page.goto(f"{site}/")


def pathway(page: Page, site: str) -> None:
    page.goto(f"{site}/pathway/")


def apply(page: Page, site: str) -> None:
    """Her application as it stands with the office."""
    page.goto(f"{site}/applications/")
    page.goto(site + first_link(page, r"/applications/\d+/"))


def roster(page: Page, site: str) -> None:
    page.goto(f"{site}/facilitate/")
    page.goto(site + first_link(page, r"/facilitate/\d+/"))


def console(page: Page, site: str) -> None:
    page.goto(f"{site}/admin/")


def application(page: Page, site: str) -> None:
    page.goto(f"{site}/admin/cohorts/application/?state__exact=submitted")
    page.goto(site + first_link(page, r"/admin/cohorts/application/\d+/change/"))


def verify(page: Page, site: str) -> None:
    page.goto(f"{site}/pathway/")
    page.goto(site + first_link(page, r"/verify/\w+/"))


def supervision(page: Page, site: str) -> None:
    """One candidate's ten sessions, as their supervisor sees them."""
    page.goto(f"{site}/supervision/")
    page.goto(site + first_link(page, r"/supervision/agreements/\d+/"))
    look_at(page, "The sessions")


def portfolio(page: Page, site: str) -> None:
    page.goto(f"{site}/portfolio/")
    look_at(page, "Case studies")


def reading_room(page: Page, site: str) -> None:
    """A submission beside the questions about it."""
    page.goto(f"{site}/review/")
    page.goto(site + first_link(page, r"/review/\d+/"))


def directory(page: Page, site: str) -> None:
    page.goto(f"{site}/directory/")


# Picture, who looks (empty: a visitor), and the way there.
PICTURES: tuple[tuple[str, str, Walk], ...] = (
    ("home", "", home),
    ("pathway", "participant@example.org", pathway),
    ("apply", "applicant@example.org", apply),
    ("roster", "facilitator@example.org", roster),
    ("console", "staff@example.org", console),
    ("application", "staff@example.org", application),
    ("verify", "candidate@example.org", verify),
    ("supervision", "supervisor@example.org", supervision),
    ("portfolio", "candidate@example.org", portfolio),
    ("reading-room", "reviewer@example.org", reading_room),
    ("directory", "", directory),
)


def be(page: Page, site: str, email: str) -> None:
    """Sign in as a demo person by the demo's own button."""
    page.goto(f"{site}/demo/")
    with page.expect_navigation():
        page.locator(f"form:has(input[value='{email}']) button").click()


def keep(name: str, picture: Image.Image) -> None:
    """Store with as many colours as the size allows."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for colours in (256, 128, 64, 32):
        found = io.BytesIO()
        picture.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(
            found, "PNG", optimize=True
        )
        if found.tell() <= MOST_BYTES:
            break
    else:
        raise SystemExit(f"{name} does not fit into {MOST_BYTES // 1024} KB.")
    (FOLDER / f"{name}.png").write_bytes(found.getvalue())
    print(f"docs/tour/{name}.png  {found.tell() // 1024} KB")


def certificate(page: Page, site: str) -> Image.Image:
    """The first page of the certificate that the verification page offers."""
    answer = page.request.get(site + first_link(page, r"/credentials/\w+/certificate\.pdf"))
    document = pypdfium2.PdfDocument(answer.body())
    sheet = document[0]
    picture: Image.Image = sheet.render(scale=1280 / sheet.get_width()).to_pil()
    return picture


def look_around(browser: Browser, site: str) -> None:
    for name, email, walk in PICTURES:
        context = browser.new_context(
            viewport=SIZE, locale="en-GB", timezone_id="Europe/Lisbon", reduced_motion="reduce"
        )
        page = context.new_page()
        if email:
            be(page, site, email)
        walk(page, site)
        page.wait_for_load_state("networkidle")
        keep(name, Image.open(io.BytesIO(page.screenshot())))
        if name == "verify":
            keep("certificate", certificate(page, site))
        context.close()


def main() -> None:
    """``python -m tests.journeys.tour http://localhost:8000``."""
    site = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else "http://localhost:8000"
    if CHROMIUM is None:
        raise SystemExit("The tour needs Chromium on this machine.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        look_around(browser, site)
        browser.close()


if __name__ == "__main__":
    main()
