"""An appeal in the browser: from the "not yet" to the answer, and the way that goes on."""

from collections.abc import Callable
from typing import Any

import pytest

from certification.review.models import PanelSeat
from scip.mail.models import Letter
from tests.review.hearings import Appellant, make_appellant, make_panel
from tests.vault.samples import simple_pdf

PHONE = {"viewport": {"width": 390, "height": 844}}
WORDS = "My supervisor and I met in a hard season; the last sessions show something else."


@pytest.fixture
def carla(site: str) -> Appellant:
    return make_appellant()


def test_from_the_not_yet_to_the_answer(
    someone: Any, carla: Appellant, newest_letter: Callable[[str], Letter]
) -> None:
    panel = make_panel(2)
    me = someone(carla.user)
    page = me.page
    me.go(f"/supervision/agreements/{carla.pair.agreement.pk}/outcome/")
    me.follow("See how an appeal goes")
    me.reads("You have time")
    me.look(closely=True)
    me.keep("appeal-begin")
    me.press("Begin to write")
    page.locator("#id_statement").fill(WORDS)
    me.press("Save")
    me.reads("What you wrote is kept.")
    page.locator("summary", has_text="Add a document").click()
    page.locator("#id_title").fill("A letter of a colleague")
    page.locator("#id_document").set_input_files(
        {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": simple_pdf()}
    )
    me.press("Add it")
    me.reads("The document goes with your appeal.")
    me.look(closely=True)
    me.keep("appeal-write")
    me.press("Save, and look before filing")
    me.look(closely=True)
    me.keep("appeal-file")
    me.press("File my appeal")
    me.reads("It is filed.")
    me.look(closely=True)
    me.keep("appeal-filed")
    assert "Your appeal has reached CMSC" in newest_letter(carla.user.email).subject

    office = someone(carla.office)
    office.go(f"/admin/review/appeal/{carla.appeal.pk}/change/")
    office.reads("Who could hear it, best first")
    office.keep("appeal-office")
    office.follow("Ask the suggested people")
    office.reads("Would you hear an appeal?")
    office.press("Ask them and send the letters")
    office.reads("Asked. The letters are on their way.")

    for number, member in enumerate(panel):
        them = someone(member, **({} if number else PHONE))
        hears(them, is_first=not number)
    assert set(PanelSeat.objects.values_list("state", flat=True)) == {"accepted"}
    for member in panel:
        answers(someone(member), PanelSeat.objects.get(member=member))

    me.go("/certification/appeal/")
    me.reads("Overturned: your way goes on")
    assert "Pia" not in page.content()
    me.look(closely=True)
    me.keep("appeal-answer")
    small = someone(carla.user, **PHONE)
    small.go("/certification/appeal/")
    small.look(closely=True)
    small.keep("appeal-answer-phone")
    me.follow("Go on to your final submission")
    me.reads("its answer stands here")


def hears(them: Any, *, is_first: bool) -> None:
    """Ties first; then the appeal opens."""
    them.go("/review/appeals/")
    if is_first:
        them.look(closely=True)
        them.keep("hearing-desk-phone")
    them.follow("Open: Carla 1")
    assert WORDS not in them.page.content()
    if is_first:
        them.look(closely=True)
        them.keep("hearing-asked-phone")
    them.page.get_by_label("Nothing ties me to them").check()
    them.press("This is true; go on")
    them.reads(WORDS)
    them.look(closely=True)
    them.keep("hearing-room-phone" if is_first else "hearing-room")


def answers(them: Any, seat: PanelSeat) -> None:
    """An answer with reasons, looked at once more and given."""
    them.go(f"/review/appeals/{seat.pk}/")
    them.page.get_by_label("the answer is overturned").check()
    them.page.locator("#id_reasons").fill("The last sessions show steady presence.")
    them.press("Save, and look before giving it")
    them.look(closely=True)
    them.keep("hearing-give")
    them.press("Give my answer")
    them.reads("Your answer, as you gave it")
    them.look(closely=True)
    them.keep("hearing-given")
