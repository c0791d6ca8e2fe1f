"""A candidate at a phone: from the checklist over letter and fee to the dossier."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from certification.review.models import ApplicationLetter, Dossier, Snapshot
from certification.review.services.dossiers import make_dossier
from tests.review.desk import LETTER, RECOMMENDED, Walker, make_walker

PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def walker(site: str) -> Walker:
    return make_walker()


def test_from_the_checklist_to_the_dossier(
    someone: Any, walker: Walker, worker: Callable[[], None]
) -> None:
    me = someone(walker.user, **PHONE)
    page = me.page
    me.go("/certification/submission/")
    me.reads("The button stands here as soon as nothing is open")
    me.look(closely=True)

    page.get_by_role("link", name="Write your letter").click()
    me.reads("10 sessions with Gita 1")
    me.look(closely=True)
    for name, words in LETTER.items():
        page.locator(f"#id_{name}").fill(words)
    expect(page.locator("#save-state")).to_contain_text("Saved ")
    assert ApplicationLetter.objects.get().growth == LETTER["growth"]
    me.press("Save, and back to the list")

    page.get_by_text("The attestation", exact=True).click()
    page.locator("#id_client_sessions").fill("40")
    page.locator("#id_clients").fill("7")
    page.locator("#id_name_typed").fill(walker.user.name)
    me.press("Give my word")
    me.reads("Your word is kept")
    page.get_by_text("Name somebody", exact=True).click()
    page.locator("#id_name").fill("Ines Maia")
    page.locator("#id_tie").select_option("family")
    me.press("Keep this name")
    me.reads("Take Ines Maia off")
    me.look(closely=True)

    me.press("Submit, and go to the payment")
    me.press("Pay USD 750", look=False)
    me.press("Pay", look=False)
    worker()
    me.go("/certification/submission/")
    me.reads("Your submission is with the committee")
    me.reads("It is being made")
    me.look(closely=True)
    assert Snapshot.objects.get().is_true

    # The page asks by itself how far it is.
    for row in Dossier.objects.all():
        make_dossier(row.pk)
    expect(page.get_by_role("button", name="Download the dossier")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the dossier").click()
    assert download.value.suggested_filename == "dossier-1.pdf"

    page.get_by_role("link", name="Read it as you submitted it").click()
    me.reads(LETTER["growth"])
    assert RECOMMENDED["key_elements"] not in page.content()
    me.look(closely=True)
