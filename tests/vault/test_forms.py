"""The form field: sentences in place, and everything else that was typed stays."""

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile

from scip.vault.forms import VaultFileField
from scip.vault.inspection.check import CheckedUpload

from . import samples


class EvidenceForm(forms.Form):
    """A form as an owning app writes it."""

    number = forms.CharField()
    document = VaultFileField(max_bytes=1024 * 1024)
    extra = VaultFileField(required=False, allowed={"image/png"})


def filled(**files: SimpleUploadedFile) -> EvidenceForm:
    return EvidenceForm({"number": "PSY 12345"}, files)  # type: ignore[arg-type]


def test_a_good_file_comes_out_checked_and_ready_to_store() -> None:
    form = filled(document=SimpleUploadedFile("licence.pdf", samples.simple_pdf(), "text/html"))
    assert form.errors == {}
    document = form.cleaned_data["document"]
    assert isinstance(document, CheckedUpload)
    assert (document.name, document.content_type) == ("licence.pdf", "application/pdf")
    assert form.cleaned_data["extra"] is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"MZ\0", "type"),
        (b"", "empty"),
        (b"%PDF-1.7" + b"\0" * 1024 * 1024, "size"),
        (samples.locked_pdf(), "encrypted"),
    ],
)
def test_a_refused_file_is_a_sentence_at_its_field(content: bytes, code: str) -> None:
    form = filled(document=SimpleUploadedFile("licence.pdf", content))
    assert form.errors.as_data().keys() == {"document"}
    [error] = form.errors.as_data()["document"]
    assert error.code == code
    assert 'value="PSY 12345"' in str(form["number"])


def test_no_file_asks_for_one_kindly() -> None:
    assert filled().errors == {"document": ["Please choose a file. Nothing you typed is lost."]}


def test_the_field_says_what_it_takes() -> None:
    form = EvidenceForm()
    assert 'accept="image/png"' in str(form["extra"])
    assert form["document"].help_text == (
        "PDF, JPEG, PNG, WebP, up to 1 MB. Kept encrypted; only the people who check it can open it."
    )
