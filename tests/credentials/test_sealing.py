"""Documents with a code: recognised on the verification page, compared with a file, never kept."""

import hashlib
import io
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from scip.audit.models import Entry
from scip.credentials import forms, throttle
from scip.credentials.models import SealedDocument
from scip.credentials.sealing import compare, seal

pytestmark = pytest.mark.django_db

KIND = SealedDocument.Kind.SUPERVISION_RECORD
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def paper_of(row: SealedDocument) -> bytes:
    return f"%PDF {row.code} {row.made_at:%Y-%m-%d} {row.content_sha256}".encode()


def make(person, content=b"what it says", **fields):
    fields = {"by": person, "draw": paper_of, "now": NOW} | fields
    return seal(KIND, person=person, content=content, **fields)


def send(client, document, content):
    url = reverse("credentials:verify_file", args=[document.code])
    return client.post(url, {"document": SimpleUploadedFile("record.pdf", content)})


def test_a_sealed_document_keeps_hashes_and_no_file(participant):
    row, pdf = make(participant)
    assert row.sha256 == hashlib.sha256(pdf).hexdigest()
    assert row.content_sha256 == hashlib.sha256(b"what it says").hexdigest()
    assert row.code in pdf.decode()
    assert row.content_sha256 in pdf.decode()
    assert (row.holder_name, row.made_by, row.made_at) == (str(participant), participant, NOW)
    assert [entry.action for entry in Entry.objects.filter(object_id=str(row.pk))] == [
        "document.sealed"
    ]


def test_the_same_content_is_the_same_document_and_another_is_not(participant, staff):
    first, pdf = make(participant)
    again, same = make(participant, now=datetime(2026, 6, 1, tzinfo=UTC))
    assert (again.pk, same) == (first.pk, pdf)
    other, _pdf = make(participant, b"something else")
    by_office, _pdf = make(participant, by=staff)
    assert len({first.code, other.code, by_office.code}) == 3
    assert SealedDocument.objects.count() == 3


def test_a_new_way_of_drawing_makes_another_document(participant):
    first, _pdf = make(participant)
    second, pdf = make(participant, draw=lambda row: b"new" + paper_of(row))
    assert first.pk != second.pk
    assert second.sha256 == hashlib.sha256(pdf).hexdigest()


def test_a_document_that_cannot_be_drawn_leaves_nothing(participant):
    def broken(row):
        raise ValueError("no ink")

    with pytest.raises(ValueError, match="no ink"):
        make(participant, draw=broken)
    assert SealedDocument.objects.count() == 0
    assert not Entry.objects.filter(action="document.sealed").exists()


def test_one_changed_byte_differs(participant):
    row, pdf = make(participant)
    assert compare(row, io.BytesIO(pdf)) == "same"
    assert compare(row, io.BytesIO(b"what it says")) == "content"
    for place in range(len(pdf)):
        changed = pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]
        assert compare(row, io.BytesIO(changed)) == "differs"


def test_its_page_says_what_it_is_and_nothing_of_what_it_says(client, participant):
    row, _pdf = make(participant)
    page = client.get(
        reverse("credentials:verify", args=[f"{row.code[:5]}-{row.code[5:].lower()}"])
    )
    assert page.headers["Location"] == reverse("credentials:verify", args=[row.code])
    page = client.get(page.headers["Location"])
    text = page.content.decode()
    assert page.status_code == 200
    assert page.context["answer"] == ""
    for fact in ("Record of supervision", row.holder_name, row.code, row.content_sha256):
        assert str(fact) in text
    assert row.sha256 not in text
    assert "noindex" in text


def test_a_file_is_compared_and_not_kept(client, participant, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    row, pdf = make(participant)
    answers = {
        content: send(client, row, content).context["answer"]
        for content in (pdf, b"what it says", pdf + b"\n", b"x" * 3_000_000)
    }
    assert list(answers.values()) == ["same", "content", "differs", "differs"]
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_differs_and_no_file_or_a_huge_one_is_asked_about(
    client, participant, monkeypatch
):
    row, _pdf = make(participant)
    assert send(client, row, b"").context["answer"] == "differs"
    monkeypatch.setattr(forms, "COMPARED_BYTES", 10)
    for page in (
        client.post(reverse("credentials:verify_file", args=[row.code])),
        send(client, row, b"eleven byte"),
    ):
        assert page.status_code == 200
        assert page.context["answer"] == ""
        assert list(page.context["form"].errors) == ["document"]


def test_comparing_is_counted_like_asking(client, participant, monkeypatch):
    monkeypatch.setattr(throttle, "UNKNOWN_PER_MINUTE", 2)
    row, pdf = make(participant)
    assert [send(client, row, pdf).status_code for _i in range(3)] == [200, 200, 429]


def test_a_part_says_that_it_is_one_and_the_whole_is_another_document(client, participant):
    pages = {}
    for extent in ("", *SealedDocument.Extent.values):
        row, _pdf = make(participant, extent=extent)
        pages[extent] = client.get(reverse("credentials:verify", args=[row.code])).content.decode()
    assert SealedDocument.objects.count() == 4
    assert "what one supervisor and the person did together" in pages["pair"]
    assert "The whole record up to that day" in pages["whole"]
    assert "without how two people see one of them" in pages["office"]
    assert "How much of it" not in pages[""]


def test_the_address_of_comparing_leads_back_to_the_document(client, participant):
    row, _pdf = make(participant)
    answer = client.get(reverse("credentials:verify_file", args=[row.code.lower()]))
    assert answer.status_code == 302
    assert answer["Location"] == reverse("credentials:verify", args=[row.code])


def test_an_unknown_code_compares_nothing(client, participant):
    page = client.post(reverse("credentials:verify_file", args=["0" * 17]))
    assert page.status_code == 404


def test_a_document_is_seen_by_whom_it_is_about_whoever_made_it_and_the_office(
    participant, stranger, staff, supervisor
):
    row, _pdf = make(participant, by=supervisor)
    seen = {
        name: list(SealedDocument.objects.visible_to(user))
        for name, user in {
            "person": participant,
            "maker": supervisor,
            "office": staff,
            "stranger": stranger,
        }.items()
    }
    assert seen == {"person": [row], "maker": [row], "office": [row], "stranger": []}
