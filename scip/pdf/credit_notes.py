"""A credit note: what went back, on which receipt, to whom, why and how."""

from dataclasses import dataclass
from datetime import date

from scip.pdf.papers import Paper


@dataclass(frozen=True, slots=True)
class CreditNote:
    """Everything a credit note shows. Amounts are integer cents of `currency` (ISO 4217).

    `void_on` is the day on which it turned out that the money did not arrive.
    """

    number: str
    returned_on: date
    payer_name: str
    payer_email: str
    billed_to: tuple[str, ...]
    organisation: str
    organisation_lines: tuple[str, ...]
    description: str
    amount_cents: int
    currency: str
    receipt: str
    paid_on: date
    reason: str
    asked_by: str
    method: str
    reference: str
    void_on: date | None = None


def render_credit_note(note: CreditNote, paper: Paper) -> bytes:
    """The credit note as an upright PDF; raises ForbiddenFetch as `render` does."""
    # Loaded when something is drawn: WeasyPrint is half of a process's start.
    from scip.pdf.rendering import render

    return render("pdf/credit_note.html", {"note": note}, paper=paper)
