"""Signed papers: foreign eyes find them whole, one changed bit is found, accessibility stays."""

import asyncio
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfReader

from scip.pdf import signing
from scip.pdf.certificates import render_certificate, render_certification_letter
from scip.pdf.papers import Paper
from scip.pdf.signing import sign_pdf
from scip.signing import identity
from tests.credentials.forgeries import accepted_papers, is_whole, pdfsig

from .conftest import CertificateFor

RENDERERS = {"certificate": render_certificate, "letter": render_certification_letter}
needs_pdfsig = pytest.mark.skipif(
    shutil.which("pdfsig") is None, reason="pdfsig is missing (Debian: poppler-utils)"
)


@pytest.fixture(params=RENDERERS)
def signed(request: Any, certificate_for: CertificateFor) -> bytes:
    pdf = RENDERERS[request.param](certificate_for("Plato"), Paper.A4, is_to_be_signed=True)
    return sign_pdf(pdf, reason="Issued")


def context() -> ValidationContext:
    """Trusts our own authority, asks nobody on the network."""
    from asn1crypto.x509 import Certificate
    from cryptography.hazmat.primitives.serialization import Encoding

    root = Certificate.load(identity().chain[-1].public_bytes(Encoding.DER))
    return ValidationContext(trust_roots=[root], allow_fetching=False)


def judged(content: bytes) -> bool:
    """What pyHanko's own validator says, with our authority trusted."""
    signature = PdfFileReader(BytesIO(content)).embedded_signatures[0]
    status = validate_pdf_signature(signature, context())
    return bool(status.bottom_line and status.coverage.name == "ENTIRE_FILE")


@needs_pdfsig
def test_foreign_eyes_find_it_valid_and_whole(signed: bytes, tmp_path: Path) -> None:
    said = pdfsig(signed, tmp_path)
    assert said.count("Signature #") == 1
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert "SHA-256" in said


def test_whoever_trusts_our_authority_trusts_it(signed: bytes) -> None:
    assert judged(signed)


@needs_pdfsig
def test_an_unsigned_one_is_not_taken_for_signed(
    certificate_for: CertificateFor, tmp_path: Path
) -> None:
    """The control for the tests above."""
    pdf = render_certificate(certificate_for("Plato"), Paper.A4, is_to_be_signed=True)
    assert not is_whole(pdf, tmp_path)


@needs_pdfsig
def test_a_changed_bit_is_always_found() -> None:
    assert accepted_papers(40) == (0, True)


@needs_pdfsig
def test_what_is_added_behind_it_is_seen(signed: bytes, tmp_path: Path) -> None:
    from pypdf import PdfWriter

    writer = PdfWriter(BytesIO(signed), incremental=True)
    writer.add_blank_page()
    added = BytesIO()
    writer.write(added)
    assert not is_whole(added.getvalue(), tmp_path)


def test_the_field_has_words_and_a_place_in_the_tags(signed: bytes) -> None:
    """What PDF/UA asks of a form field: /TU, and a Form element that holds the widget."""
    reader = PdfReader(BytesIO(signed))
    fields = reader.trailer["/Root"]["/AcroForm"]["/Fields"]
    field = fields[0].get_object()
    assert (len(fields), field["/TU"]) == (
        1,
        "Digital signature of the organisation that issued this",
    )
    tree = reader.trailer["/Root"]["/StructTreeRoot"]
    numbers = tree["/ParentTree"]["/Nums"]
    by_number = dict(zip(numbers[::2], numbers[1::2], strict=True))
    assert len(by_number) == len(numbers) // 2
    form = by_number[field["/StructParent"]].get_object()
    assert form["/S"] == "/Form"
    assert form["/K"]["/Obj"].get_object()["/T"] == signing.FIELD
    assert form.indirect_reference in tree["/K"][0]["/K"]
    assert field.indirect_reference in reader.pages[0]["/Annots"]
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_object().get_data()


def test_nothing_may_be_changed_in_it_afterwards(signed: bytes) -> None:
    reader = PdfReader(BytesIO(signed))
    value = reader.trailer["/Root"]["/AcroForm"]["/Fields"][0].get_object()["/V"].get_object()
    reference = value["/Reference"][0].get_object()
    assert reference["/TransformMethod"] == "/DocMDP"
    assert reference["/TransformParams"]["/P"] == 1
    assert reader.trailer["/Root"]["/Perms"]["/DocMDP"].get_object() == value


def test_the_paper_looks_as_it_did_unsigned(certificate_for: CertificateFor) -> None:
    from tests.pdf.test_certificates import picture_of

    plain = render_certificate(certificate_for("Plato"), Paper.A4)
    pdf = render_certificate(certificate_for("Plato"), Paper.A4, is_to_be_signed=True)
    assert picture_of(sign_pdf(pdf, reason="x"), 60).tobytes() == picture_of(plain, 60).tobytes()


def test_the_letter_is_one_page_with_every_fact(certificate_for: CertificateFor) -> None:
    from tests.pdf.test_certificates import letters, text_of

    for paper in Paper:
        facts = certificate_for("Amara Okonkwo-Lindqvist", "PhD, LMFT")
        pdf = render_certification_letter(facts, paper)
        assert len(PdfReader(BytesIO(pdf)).pages) == 1
        # A hyphen at the end of a line comes out as a mark of its own.
        text = letters(text_of(pdf)).replace("\x02", "-").replace("\ufffe", "-")
        wanted = [
            facts.organisation,
            facts.title,
            facts.holder_name,
            facts.credentials_suffix,
            "1 June 2027",
            facts.number,
            facts.signatory_name,
            facts.signatory_title,
            facts.edition,
            *(part for line in facts.basis for part in (line.label, line.value)),
        ]
        assert [fact for fact in wanted if letters(fact).lower() not in text.lower()] == []


def test_it_signs_where_an_event_loop_runs(certificate_for: CertificateFor) -> None:
    pdf = render_certificate(certificate_for("Plato"), Paper.A4, is_to_be_signed=True)

    async def sign() -> bytes:
        return sign_pdf(pdf, reason="Issued")

    assert judged(asyncio.run(sign()))
