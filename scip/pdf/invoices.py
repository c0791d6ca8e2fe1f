"""A pro-forma invoice: who is asked to pay what, until when, and how."""

from dataclasses import dataclass
from datetime import date

from scip.pdf.papers import Paper
from scip.pdf.receipts import ReceiptLine


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part of a plan, in cents: what it asks for, and what of that is open. ``is_this``: the
    part that the invoice is for."""

    number: int
    due_by: str
    amount_cents: int
    open_cents: int
    is_this: bool


@dataclass(frozen=True, slots=True)
class Invoice:
    """Everything an invoice shows. Amounts are integer cents of `currency` (ISO 4217).

    `due_cents` is what is asked for: the lines, less what arrived before (`paid_cents`).
    `due_by` is a moment in words, in the participant's zone. Empty `payment_instructions`
    lead to `contact`. `plan` shows all instalments where the invoice is for one of them.
    """

    number: str
    reference: str
    made_on: date
    due_by: str
    billed_to: tuple[str, ...]
    order_reference: str
    participant_name: str
    participant_email: str
    organisation: str
    organisation_lines: tuple[str, ...]
    lines: tuple[ReceiptLine, ...]
    notes: tuple[str, ...]
    paid_cents: int
    due_cents: int
    currency: str
    payment_instructions: str
    contact: str
    refund_terms: str
    plan: tuple[Instalment, ...] = ()

    @property
    def whole_cents(self) -> int:
        """What all instalments together ask for."""
        return sum(part.amount_cents for part in self.plan)

    @property
    def later_cents(self) -> int:
        """What is open of the plan once this invoice is paid."""
        return sum(part.open_cents for part in self.plan if not part.is_this)


def render_invoice(invoice: Invoice, paper: Paper) -> bytes:
    """The invoice as an upright PDF; raises ForbiddenFetch as `render` does."""
    # Loaded when something is drawn: WeasyPrint is half of a process's start.
    from scip.pdf.rendering import render

    return render("pdf/invoice.html", {"invoice": invoice}, paper=paper)
