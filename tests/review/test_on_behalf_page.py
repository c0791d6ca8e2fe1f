"""The office reads the letter before it files an appeal for somebody; what they attached is named in
the language of whoever reads it."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from certification.review.models import Appeal, AppealDocument
from certification.review.queries.hearing import chapters_of
from scip.mail.models import Letter
from scip.vault.models import StoredFile
from tests.review.hearings import WORDS, Appellant, make_appellant
from tests.vault.samples import simple_pdf

pytestmark = pytest.mark.django_db
WHY = "Their letter came by post, a week late."


@pytest.fixture
def carla() -> Appellant:
    return make_appellant()


def page_of(carla: Appellant) -> str:
    return reverse("admin:review_recourse_appeal", args=[carla.candidacy.pk])


def typed(verb: str, **values: Any) -> dict[str, Any]:
    return {"statement": WORDS, "reason": WHY, "is_meant": "on", verb: "1"} | values


def paper() -> SimpleUploadedFile:
    return SimpleUploadedFile("their-letter.pdf", simple_pdf())


def test_the_letter_is_shown_before_anything_is_filed(as_user: Any, carla: Appellant) -> None:
    client: Client = as_user(carla.office)
    page = page_of(carla)
    assert "File it and send the letters" not in client.get(page).content.decode()
    shown = client.post(page, typed("show")).content.decode()
    assert "CMSC has filed your appeal for you" in shown
    assert f"It was done because: {WHY}" in shown
    assert "File it and send the letters" in shown
    assert not Appeal.objects.exists()
    assert not Letter.objects.filter(dedupe_key__contains="appeal:").exists()
    client.post(page, typed("send"))
    sent = Letter.objects.get(to_user=carla.user, dedupe_key=f"appeal:{carla.appeal.pk}:filed")
    assert sent.subject in shown


def test_what_could_not_be_filed_shows_no_letter(as_user: Any, carla: Appellant) -> None:
    client: Client = as_user(carla.office)
    nothing = client.post(page_of(carla), typed("show", statement="")).content.decode()
    assert "Please type in what the candidate wrote, or attach it." in nothing
    assert "CMSC has filed your appeal" not in nothing


def test_a_file_that_the_browser_forgot_is_asked_for(as_user: Any, carla: Appellant) -> None:
    client: Client = as_user(carla.office)
    page = page_of(carla)
    shown = client.post(page, typed("show", document=paper())).content.decode()
    assert "Please choose “their-letter.pdf” once more" in shown
    assert not StoredFile.objects.filter(purpose="appeal").exists()
    forgotten = client.post(page, typed("send", chosen="their-letter.pdf")).content.decode()
    assert "Nothing was filed." in forgotten
    assert not Appeal.objects.exists()
    again = client.post(page, typed("show", chosen="their-letter.pdf")).content.decode()
    assert "once more" not in again
    client.post(page, typed("send", chosen="their-letter.pdf", document=paper()))
    assert carla.appeal.documents.count() == 1


def test_an_untitled_attachment_speaks_its_readers_language(
    as_user: Any, carla: Appellant, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A catalogue in the place of one that does not exist yet.
    monkeypatch.setattr(
        "certification.review.models.appeals.UNTITLED",
        translation.gettext_lazy("Monday"),  # Django itself has a German word for it
    )
    client: Client = as_user(carla.office)
    with translation.override("de"):
        client.post(page_of(carla), typed("send", statement="", document=paper()))
    content = json.loads(carla.appeal.content)
    assert AppealDocument.objects.get().title == ""
    assert content["documents"][0]["title"] == ""
    for language, word in (("en", "Monday"), ("de", "Montag")):
        with translation.override(language):
            assert str(AppealDocument.objects.get()) == word
            assert f"The statement is attached: {word}." in chapters_of(content)[0].lead
    reader: Client = as_user(carla.user)
    assert "Monday" in reader.get(reverse("appeal:home")).content.decode()
