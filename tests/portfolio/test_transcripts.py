"""What the rules notice in an uploaded transcript and in what is typed for an excerpt."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from certification.portfolio import services
from certification.portfolio.models import Excerpt, KnownWord
from certification.portfolio.queries import transcripts
from scip.vault.inspection.check import CheckedUpload
from scip.vault.models import StoredFile
from tests.portfolio.desk import Author, make_author
from tests.portfolio.test_excerpts import facts, guide, kept  # noqa: F401
from tests.vault import samples

pytestmark = pytest.mark.django_db
MARK = "<mark>{}</mark>"


@pytest.fixture
def author(db: None) -> Author:
    return make_author()


def transcript(author: Author, words: str, kind: str = "text/plain", **changes: Any) -> Excerpt:
    content = samples.written_pdf() if kind == "application/pdf" else words.encode()
    stream = SimpleUploadedFile("session", content)
    checked = CheckedUpload(stream, "session.txt", kind, len(content))
    return services.hand_in(author.candidacy, by=author.user, document=checked, **facts(**changes))


def page(client: Any, excerpt: Excerpt) -> str:
    return client.get(reverse("portfolio:excerpt", args=[excerpt.pk])).content.decode()


def test_an_uploaded_transcript_is_looked_at(author, guide, as_user):  # noqa: F811
    services.remember_word(author.candidacy, "Lakeside", is_to_avoid=True, by=author.user)
    excerpt = transcript(
        author, "T: And your husband Karl?\nC: He left lakeside on 3 May 2024. Tel. 030 1234567."
    )
    seen = page(as_user(author.user), excerpt)
    for word in ("Karl", "lakeside", "3 May 2024", "030 1234567"):
        assert MARK.format(word) in seen
    assert "hand in a new one" in seen
    # Those who are shown it are not told what could give somebody away.
    assert "<mark>" not in page(as_user(guide), excerpt)


def test_a_word_of_a_transcript_is_learned(author, as_user):
    excerpt = transcript(author, "Her friend Rosa and her friend Mia.")
    client, address = as_user(author.user), reverse("portfolio:excerpt_words", args=[excerpt.pk])
    answer = client.post(address, {"fine": "Rosa"}, follow=True)
    assert "We won’t bring it up again" in answer.content.decode()
    client.post(address, {"avoid": "Mia"})
    assert dict(KnownWord.objects.values_list("text", "is_to_avoid")) == {
        "Rosa": False,
        "Mia": True,
    }
    seen = page(client, excerpt)
    assert MARK.format("Rosa") not in seen
    assert MARK.format("Mia") in seen
    assert as_user(make_author(2).user).post(address, {"fine": "Mia"}).status_code == 404


def test_what_is_typed_for_a_recording_is_looked_at_and_can_be_changed(author, as_user):
    excerpt = kept(author, title="Client A and her sister Rosa", note="In Berlin.")
    client = as_user(author.user)
    assert MARK.format("Rosa") in page(client, excerpt)
    address = reverse("portfolio:excerpt_mark", args=[excerpt.pk])
    empty = client.post(address, {"title": " ", "note": "Typed."})
    assert "Typed." in empty.content.decode()
    assert "needs another look" in empty.content.decode()
    client.post(address, {"title": "Client A and her sister", "note": ""})
    excerpt.refresh_from_db()
    assert (excerpt.title, excerpt.note) == ("Client A and her sister", "")
    assert "<mark>" not in page(client, excerpt)


def test_what_was_not_read_is_said(author, as_user, monkeypatch):
    client = as_user(author.user)
    document = transcript(author, "", kind="application/pdf")
    assert "were not looked at" in page(client, document)
    excerpt = transcript(author, "A quiet hour. Her friend Rosa came.")
    monkeypatch.setattr(transcripts, "MOST_READ", 15)
    seen = page(client, excerpt)
    assert "Only the beginning" in seen
    assert "<mark>" not in seen
    assert excerpt.document is not None
    StoredFile.objects.filter(pk=excerpt.document.pk).update(key_id="0" * 16)
    assert "were not looked at" in page(client, excerpt)
