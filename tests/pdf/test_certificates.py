"""Certificates as printed: one page, our fonts, the name readable, the code leading home."""

import re
import unicodedata
from functools import cache
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
import segno
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, StreamObject

from scip.pdf.certificates import Certificate, render_certificate
from scip.pdf.fonts import FACES
from scip.pdf.papers import Paper
from scip.pdf.qr import QUIET_ZONE, qr_drawing
from scip.pdf.rendering import QR, render_html
from scip.pdf.stamps import placeholder

from .conftest import VERIFY_URL, CertificateFor

NAMES = {
    "latin": "Amara Okonkwo-Lindqvist",
    "vietnamese": "Nguyễn Thị Ánh Nguyệt",
    "yoruba": "ẹ́níọlá Adébáyọ̀",
    "cyrillic": "Жанна Мартиросян",
    "greek": "Ελένη Παπαδοπούλου",
    "arabic": "محمد عبد الرحمن الأنصاري",
    "hebrew": "שירה בן דוד",
    "japanese": "山田 花子",
    "chinese": "欧阳 文静",
    "korean": "김민서",
    "one word": "Plato",
    "markup": "<script>alert(1)</script>",
    "long": ("Maria Concepción de los Ángeles " * 7)[:199] + "o",
    "endless": "W" * 200,
}


@cache
def printed(certificate: Certificate, paper: Paper = Paper.A4) -> bytes:
    """The certificate's PDF, rendered once for all the tests that look at it."""
    return render_certificate(certificate, paper)


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def letters(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def embedded_fonts(pdf: bytes) -> dict[str, bool]:
    """The fonts of a document by name, and whether their program is inside the file."""
    found = {}
    for page in PdfReader(BytesIO(pdf)).pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = inner["/FontDescriptor"].get_object()
            name = str(inner["/BaseFont"]).split("+")[-1]
            found[name] = bool({"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor))
    return found


@pytest.mark.parametrize("script", NAMES)
@pytest.mark.parametrize("paper", Paper)
def test_every_name_gives_one_page_with_the_name_on_it(
    script: str, paper: Paper, certificate_for: CertificateFor
) -> None:
    pdf = printed(certificate_for(NAMES[script]), paper)
    reader = PdfReader(BytesIO(pdf))
    assert len(reader.pages) == 1
    size = {Paper.A4: (841.89, 595.28), Paper.LETTER: (792, 612)}[paper]
    box = reader.pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(size, abs=0.05)
    assert letters(NAMES[script]) in letters(text_of(pdf))


@pytest.mark.parametrize("script", NAMES)
def test_only_our_own_fonts_are_used_and_all_are_embedded(
    script: str, certificate_for: CertificateFor
) -> None:
    fonts = embedded_fonts(printed(certificate_for(NAMES[script])))
    ours = tuple(face.family.replace(" ", "-") for face in FACES)
    assert fonts
    assert all(fonts.values())
    assert [name for name in fonts if not name.startswith(ours)] == []


def test_a_text_without_our_fonts_would_be_noticed() -> None:
    """The control for the test above: WeasyPrint alone takes a font of the machine."""
    from weasyprint import HTML

    pdf = HTML(string="<p>x").write_pdf() or b""
    ours = tuple(face.family.replace(" ", "-") for face in FACES)
    assert [name for name in embedded_fonts(pdf) if not name.startswith(ours)]


@pytest.mark.parametrize("script", NAMES)
def test_the_ink_of_the_name_stays_inside_the_frame(
    script: str, certificate_for: CertificateFor
) -> None:
    """Measured in the picture: the teal of the name never comes near the frame's sides."""
    picture = picture_of(printed(certificate_for(NAMES[script])), 72)
    band = picture.crop(
        (0, int(52 / 210 * picture.height), picture.width, int(92 / 210 * picture.height))
    )
    columns = [
        x
        for x in range(int(band.width * 0.05), int(band.width * 0.95))
        if any(is_teal(band.getpixel((x, y))) for y in range(band.height))
    ]
    assert columns
    margin = 33 / 297 * picture.width
    assert margin <= min(columns)
    assert max(columns) <= picture.width - margin


def is_teal(pixel: object) -> bool:
    assert isinstance(pixel, tuple)
    red, green, blue = pixel[:3]
    return bool(red < 90 and 60 < green < 150 and 70 < blue < 160)


def picture_of(pdf: bytes, dpi: int) -> Image.Image:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return document[0].render(scale=dpi / 72).to_pil().convert("RGB")
    finally:
        document.close()


def test_every_fact_is_on_the_page(certificate_for: CertificateFor) -> None:
    certificate = certificate_for("Amara Okonkwo-Lindqvist", "PhD, LMFT")
    text = letters(text_of(render_certificate(certificate, Paper.A4)))
    facts = [
        certificate.title,
        certificate.credentials_suffix,
        certificate.statement,
        "1 June 2027",
        certificate.number,
        certificate.code,
        certificate.signatory_name,
        certificate.signatory_title,
        certificate.edition,
        *(line.value for line in certificate.basis),
    ]
    assert [fact for fact in facts if letters(fact) not in text] == []


def test_the_same_facts_give_the_same_bytes(certificate_for: CertificateFor) -> None:
    one, two = (render_certificate(certificate_for("Plato"), Paper.A4) for _ in range(2))
    other = render_certificate(certificate_for("Platon"), Paper.A4)
    assert one == two != other


def test_the_file_says_what_it_is_to_a_screen_reader(certificate_for: CertificateFor) -> None:
    reader = PdfReader(BytesIO(render_certificate(certificate_for("Plato"), Paper.A4)))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    assert reader.metadata is not None
    assert reader.metadata.title == "Practicing Self-Compassion Therapist: Plato"
    assert reader.metadata.author == "Center for Mindful Self-Compassion"


def test_the_printed_code_is_the_address_of_the_verification_page(
    certificate_for: CertificateFor,
) -> None:
    """The modules are read back from the picture and compared with segno's own matrix."""
    picture = picture_of(render_certificate(certificate_for("Plato"), Paper.A4), 600).convert("L")
    mm = picture.width / 297
    # Where the stylesheet puts it: 27 mm wide, 31.6 mm from the right, 19 mm from the bottom.
    left, top = (297 - 34 + 2.4 - 27) * mm, (210 - 19 - 27) * mm
    expected = segno.make(VERIFY_URL, error="m", micro=False, boost_error=False).matrix
    module = 27 * mm / (len(expected) + 2 * QUIET_ZONE)

    def dark(x: int, y: int) -> bool:
        pixel = picture.getpixel((int(left + (x + 0.5) * module), int(top + (y + 0.5) * module)))
        assert isinstance(pixel, int | float)
        return pixel < 128

    size = len(expected) + 2 * QUIET_ZONE
    seen = [[dark(x, y) for x in range(size)] for y in range(size)]
    quiet = [False] * size
    wanted = [
        *[quiet] * QUIET_ZONE,
        *[[*[False] * QUIET_ZONE, *map(bool, row), *[False] * QUIET_ZONE] for row in expected],
        *[quiet] * QUIET_ZONE,
    ]
    assert seen == wanted


def test_the_code_is_one_shape_of_rectangles() -> None:
    drawing = qr_drawing('https://x.example/"><script>')
    ink, *runs, fill = drawing.operators.decode().splitlines()
    assert (ink.split()[-1], fill) == ("rg", "f")
    assert [run for run in runs if not re.fullmatch(r"\d+ \d+ \d+ 1 re", run)] == []
    assert drawing.width == drawing.height == 29 + 2 * QUIET_ZONE


def test_no_placeholder_is_left_and_the_art_is_vectors(certificate_for: CertificateFor) -> None:
    """Frame and code are drawings in the file; a placeholder that stayed would print as a grey box."""
    reader = PdfReader(BytesIO(render_certificate(certificate_for("Plato"), Paper.A4)))
    kinds = [
        found["/Subtype"]
        for number in range(1, len(reader.xref_objStm) + 200)
        if isinstance(found := reader.get_object(number), StreamObject) and "/Subtype" in found
    ]
    assert "/Image" not in kinds
    assert kinds.count("/Form") >= 2


def test_without_drawings_the_placeholder_would_be_seen() -> None:
    """The control for the test above."""
    pdf = render_html(f'<html lang="en"><title>t</title><img alt="x" src="{placeholder(QR)}">')
    assert b"/Subtype /Image" in pdf


def test_the_code_has_words_for_those_who_cannot_see_it(certificate_for: CertificateFor) -> None:
    reader = PdfReader(BytesIO(render_certificate(certificate_for("Plato"), Paper.A4)))
    found = []

    def walk(node: Any) -> None:
        node = node.get_object()
        if isinstance(node, DictionaryObject):
            if node.get("/S") == "/Figure":
                found.append(node.get("/Alt"))
            kids = node.get("/K", [])
            for kid in kids if isinstance(kids, list) else [kids]:
                walk(kid)

    walk(reader.trailer["/Root"]["/StructTreeRoot"])
    assert found == [f"QR code leading to {VERIFY_URL}"]
