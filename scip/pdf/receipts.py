"""A receipt: what was paid, by whom, how, and on which terms it comes back."""

from dataclasses import dataclass
from datetime import date

from scip.pdf.papers import Paper


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One thing paid for; `amount_cents` is negative for a reduction."""

    description: str
    amount_cents: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything a receipt shows. Amounts are integer cents of `currency` (ISO 4217)."""

    number: str
    paid_on: date
    payer_name: str
    payer_email: str
    organisation: str
    organisation_lines: tuple[str, ...]
    lines: tuple[ReceiptLine, ...]
    currency: str
    method: str
    reference: str
    refund_terms: str
    billed_to: tuple[str, ...] = ()
    order_reference: str = ""
    notes: tuple[str, ...] = ()

    @property
    def total_cents(self) -> int:
        """The sum of the lines, in cents."""
        return sum(line.amount_cents for line in self.lines)


def render_receipt(receipt: Receipt, paper: Paper) -> bytes:
    """The receipt as an upright PDF; raises ForbiddenFetch as `render` does."""
    # Loaded when something is drawn: WeasyPrint is half of a process's start.
    from scip.pdf.rendering import render

    return render("pdf/receipt.html", {"receipt": receipt}, paper=paper)
