"""Credit notes and invoices on paper: one upright page, everything from what they were given."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pypdfium2
import pytest
from pypdf import PdfReader

from scip.pdf.credit_notes import CreditNote, render_credit_note
from scip.pdf.invoices import Invoice, render_invoice
from scip.pdf.papers import Paper
from scip.pdf.receipts import Receipt, ReceiptLine, render_receipt

from .test_certificates import embedded_fonts, letters, text_of

HOSTILE = '<img src="http://127.0.0.1:9/x">'


@pytest.fixture
def note() -> CreditNote:
    return CreditNote(
        number="C-2027-000004",
        returned_on=date(2027, 4, 2),
        payer_name="Zoë Álvarez",
        payer_email="zoe@example.org",
        billed_to=(),
        organisation="House of Practice",
        organisation_lines=("SCIP Pathway",),
        description="Tuition, Spring 2027",
        amount_cents=144_750,
        currency="USD",
        receipt="R-2027-000045",
        paid_on=date(2027, 1, 12),
        reason="Illness",
        asked_by="the office",
        method="bank transfer",
        reference="B 77",
    )


@pytest.fixture
def invoice() -> Invoice:
    return Invoice(
        number="SCIP-000042-7",
        reference="SCIP-000042",
        made_on=date(2027, 1, 2),
        due_by="Tuesday 12 January 2027, 18:00, Lisbon time",
        billed_to=("Clinic by the River Ltd", "Accounts", "12 Mill Lane", "Portugal"),
        order_reference="PO-9",
        participant_name="Zoë Álvarez",
        participant_email="zoe@example.org",
        organisation="House of Practice",
        organisation_lines=("SCIP Pathway",),
        lines=(ReceiptLine("Tuition", 289_500), ReceiptLine("Aid", -100_000, "Supported")),
        notes=("This is instalment 1 of 2.",),
        paid_cents=50_000,
        due_cents=139_500,
        currency="USD",
        payment_instructions="Account 123\nRiver Bank",
        contact="office@example.org",
        refund_terms="All of it comes back until 30 days before.",
    )


def missing(pdf: bytes, wanted: list[str]) -> list[str]:
    printed = letters(text_of(pdf))
    return [fact for fact in wanted if letters(fact) not in printed]


@pytest.mark.parametrize("paper", Paper)
def test_a_credit_note_shows_what_it_was_given(note: CreditNote, paper: Paper) -> None:
    pdf = render_credit_note(note, paper)
    assert len(PdfReader(BytesIO(pdf)).pages) == 1
    wanted = [note.number, note.payer_name, note.description, "USD 1,447.50", note.receipt]
    wanted += [note.reason, note.asked_by, note.reference, "Friday 2 April 2027"]
    assert missing(pdf, wanted) == []
    assert missing(pdf, ["is void since"]) == ["is void since"]
    assert all(name.startswith("Source-Serif-Pro") for name in embedded_fonts(pdf))


def test_a_void_credit_note_says_so_first(note: CreditNote) -> None:
    pdf = render_credit_note(replace(note, void_on=date(2027, 4, 5)), Paper.A4)
    assert missing(pdf, ["is void since", "Monday 5 April 2027"]) == []


@pytest.mark.parametrize("paper", Paper)
def test_an_invoice_shows_what_it_was_given(invoice: Invoice, paper: Paper) -> None:
    pdf = render_invoice(invoice, paper)
    assert len(PdfReader(BytesIO(pdf)).pages) == 1
    wanted = [invoice.number, invoice.reference, invoice.due_by, *invoice.billed_to]
    wanted += ["PO-9", "Zoë Álvarez", "USD 2,895", "−USD 1,000", "−USD 500", "USD 1,395"]
    wanted += [*invoice.notes, "Account 123", "River Bank", invoice.refund_terms]
    assert missing(pdf, [*wanted, "This is not a receipt"]) == []
    assert missing(pdf, [invoice.contact]) == [invoice.contact]


def test_an_invoice_without_instructions_names_whom_to_ask(invoice: Invoice) -> None:
    pdf = render_invoice(replace(invoice, payment_instructions=""), Paper.A4)
    assert missing(pdf, [invoice.contact]) == []


def test_a_word_without_an_end_stays_in_its_column(invoice: Invoice) -> None:
    # It used to push the reference beside it off the page.
    long = replace(invoice, billed_to=("Clinic", "Langstrasse" + "x" * 140))
    pdf = pypdfium2.PdfDocument(render_invoice(long, Paper.A4))
    try:
        (page,) = pdf
        width, text = page.get_width(), page.get_textpage()
        edges = [text.get_charbox(index)[2] for index in range(text.count_chars())]
        assert "SCIP-000042" in text.get_text_bounded()
        assert max(edges) < width
    finally:
        pdf.close()


def test_markup_is_printed_as_text(note: CreditNote, invoice: Invoice, receipt: Receipt) -> None:
    """Nothing of what people type is asked for on the network (a fetch would raise)."""
    pdfs = [
        render_credit_note(replace(note, reason=HOSTILE), Paper.A4),
        render_invoice(replace(invoice, payment_instructions=HOSTILE), Paper.A4),
        render_invoice(replace(invoice, billed_to=(HOSTILE,)), Paper.A4),
        render_receipt(replace(receipt, billed_to=(HOSTILE,), notes=(HOSTILE,)), Paper.A4),
    ]
    assert [missing(pdf, [HOSTILE]) for pdf in pdfs] == [[]] * 4
