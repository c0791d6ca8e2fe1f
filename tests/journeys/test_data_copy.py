"""Somebody takes their data along: the password once more, a bar that moves by itself, a zip file."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from scip.privacy.models import DataExport
from scip.privacy.services import exports
from tests import world
from tests.privacy.exporting import hand_in

PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def person(site: str) -> Any:
    world.make_edition()
    found = world.make_user("taking@example.org", name="Tanja Thal")
    hand_in(found, b"a licence", name="licence.pdf")
    return found


def ask(visitor: Any) -> None:
    """From the page, with the password that is asked for again."""
    visitor.go("/profile/data/")
    visitor.look(closely=True)
    visitor.page.get_by_role("button", name="Ask for a copy").click()
    visitor.page.get_by_label("Password", exact=False).first.fill(world.PASSWORD)
    visitor.page.locator("main form button[type=submit]").first.click()
    expect(visitor.page.get_by_text("Your copy is being made")).to_be_visible()


def fetch(visitor: Any, folder: Path) -> zipfile.ZipFile:
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="Fetch the zip file").click()
    path = folder / "copy.zip"
    download.value.save_as(path)
    assert download.value.suggested_filename.startswith("my-data-")
    return zipfile.ZipFile(path)


def test_on_a_phone_it_is_asked_for_watched_and_fetched(
    someone: Any, person: Any, tmp_path: Path
) -> None:
    tanja = someone(person, **PHONE)
    ask(tanja)
    tanja.look(closely=True)
    DataExport.objects.update(percent=40)
    expect(tanja.page.locator("#copy progress")).to_have_attribute("value", "40")
    exports.make(DataExport.objects.get().pk)
    expect(tanja.page.get_by_role("button", name="Fetch the zip file")).to_be_visible()
    tanja.look(closely=True)
    archive = fetch(tanja, tmp_path)
    assert archive.testzip() is None
    assert any(name.endswith("licence.pdf") for name in archive.namelist())
    archive.extractall(tmp_path / "copy")
    # Its page opens from the disk, and leads to what lies beside it.
    tanja.page.goto(f"file://{tmp_path}/copy/index.html")
    expect(tanja.page.get_by_role("heading", level=1)).to_contain_text("Tanja Thal")
    tanja.page.get_by_role("link", name="licence.pdf").wait_for()


def test_without_scripts_it_works_too(someone: Any, person: Any, tmp_path: Path) -> None:
    tanja = someone(person, java_script_enabled=False, **PHONE)
    ask(tanja)
    exports.make(DataExport.objects.get().pk)
    tanja.page.get_by_role("link", name="Look again").click()
    assert "README.txt" in fetch(tanja, tmp_path).namelist()
    DataExport.objects.update(state="failed")
    tanja.go("/profile/data/")
    tanja.look(closely=True)
    tanja.page.get_by_role("button", name="Begin again").click()
    expect(tanja.page.get_by_text("Your copy is being made")).to_be_visible()
