"""Receipt and process guide: everything on them comes from what they were given."""

import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from functools import cache
from io import BytesIO

import psutil
import pytest
from django.template.loader import render_to_string
from pypdf import PdfReader
from weasyprint import HTML

from scip.pdf.certificates import render_certificate
from scip.pdf.fetching import SealedFetcher
from scip.pdf.fonts import FontShelf
from scip.pdf.guides import GuideFigures, render_process_guide
from scip.pdf.papers import Paper, paper_for_country
from scip.pdf.receipts import Receipt, render_receipt
from scip.pdf.rendering import render_html

from .conftest import CertificateFor
from .test_certificates import embedded_fonts, letters, text_of


@cache
def guide(figures: GuideFigures, paper: Paper) -> bytes:
    """It takes seconds to render, so several tests look at the same one."""
    return render_process_guide(
        figures, organisation="House of Practice", contact="us@example.org", paper=paper
    )


def test_a_receipt_shows_the_sum_and_the_terms(receipt: Receipt) -> None:
    printed = letters(text_of(render_receipt(receipt, Paper.A4)))
    wanted = [
        "R-2027-000045",
        "Tuesday 12 January 2027",
        "Zoë Álvarez",
        "USD 2,895",
        "−USD 300",
        "USD 2,595",
        "Bank transfer",
        "TR-77",
        receipt.refund_terms,
    ]
    assert [fact for fact in wanted if letters(fact) not in printed] == []


@pytest.mark.parametrize("paper", Paper)
def test_a_receipt_is_one_upright_page(receipt: Receipt, paper: Paper) -> None:
    pages = PdfReader(BytesIO(render_receipt(receipt, paper))).pages
    assert len(pages) == 1
    assert pages[0].mediabox.height > pages[0].mediabox.width


def test_a_receipt_prints_markup_as_text(receipt: Receipt) -> None:
    hostile = replace(receipt, payer_name='<img src="http://127.0.0.1:9/x">')
    assert '<imgsrc="http://127.0.0.1:9/x">' in letters(text_of(render_receipt(hostile, Paper.A4)))


@pytest.mark.parametrize("paper", Paper)
def test_the_guide_has_three_to_five_pages_in_our_fonts(
    figures: GuideFigures, paper: Paper
) -> None:
    pdf = guide(figures, paper)
    assert 3 <= len(PdfReader(BytesIO(pdf)).pages) <= 5
    assert all(name.startswith("Source-Serif-Pro") for name in embedded_fonts(pdf))


@pytest.mark.parametrize("field", [field.name for field in fields(GuideFigures)])
def test_every_figure_of_the_guide_comes_from_the_edition(
    field: str, figures: GuideFigures
) -> None:
    """Changing any one figure changes the text, so none is written into the template."""
    before = getattr(figures, field)
    after = {int: lambda: before + 100, str: lambda: "GBP", date: lambda: date(2020, 1, 1)}
    other = replace(figures, **{field: after[type(before)]()})
    text, changed = (
        render_to_string("pdf/process_guide.html", {"edition": edition})
        for edition in (figures, other)
    )
    assert text != changed


def test_the_guide_adds_up_what_the_way_costs(figures: GuideFigures) -> None:
    text = text_of(guide(figures, Paper.A4))
    printed = letters(text)
    money = ["EUR 510", "3 × EUR 170", "6 × EUR 170", "2 × EUR 170", "EUR 1,020", "EUR 340"]
    sums = ["EUR 760", "EUR 161", "In all EUR 3,140"]
    assert [amount for amount in money + sums if letters(amount) not in printed] == []
    # Nothing of the edition that was in force when the text was written.
    assert re.findall(r"USD|\b24\b|\b80\s?%|3,050", text) == []


def test_the_contents_lead_to_the_right_pages(figures: GuideFigures) -> None:
    reader = PdfReader(BytesIO(guide(figures, Paper.A4)))
    printed = re.findall(r"^(\d)$", reader.pages[0].extract_text(), re.MULTILINE)
    chapters = "meaning before stages sessions competencies portfolio decision fees prepare words"
    targets = reader.named_destinations
    assert [int(number) - 1 for number in printed] == [
        reader.get_destination_page_number(targets[name]) for name in chapters.split()
    ]
    last = reader.get_destination_page_number(targets["words"])
    assert "Words we use" in reader.pages[last].extract_text()


def test_the_paper_is_that_of_the_country() -> None:
    assert [paper_for_country(code) for code in ("us", "CA", "PT", "JP", "")] == [
        Paper.LETTER,
        Paper.LETTER,
        Paper.A4,
        Paper.A4,
        Paper.A4,
    ]


PLAIN = '<html lang="en"><title>t</title><body style="font-family: Source Serif Pro"><p>x'


def growth_of(render_one: Callable[[], object], times: int) -> float:
    """How many MiB the process grows by while it renders."""
    process = psutil.Process()
    before = process.memory_info().rss
    for _ in range(times):
        render_one()
    return (process.memory_info().rss - before) / 2**20


def test_memory_stays_flat_over_many_documents(certificate_for: CertificateFor) -> None:
    certificate = certificate_for("Plato")
    growth_of(lambda: render_certificate(certificate, Paper.A4), 10)
    growth_of(lambda: render_html(PLAIN), 90)
    grown = growth_of(lambda: render_html(PLAIN), 190)
    grown += growth_of(lambda: render_certificate(certificate, Paper.A4), 10)
    assert grown < 8


def test_a_font_configuration_for_each_document_would_not_stay_flat() -> None:
    """The control for the test above: the same documents, each with fonts of its own."""

    def render_one() -> None:
        shelf = FontShelf(SealedFetcher())
        kept.append(shelf)
        HTML(string=PLAIN).write_pdf(font_config=shelf.configuration)

    kept: list[FontShelf] = []
    assert growth_of(render_one, 60) > 8
