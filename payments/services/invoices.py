"""Pro-forma invoices: for an employer or somebody else who pays a charge.

Facts are frozen when one is made; the PDF is drawn from them whenever it is opened.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.models import Charge, Invoice
from payments.queries import Balance, balance, edition_in_force, instalments_of
from payments.services.documents import adjustment_line, billed_to, letterhead
from scip.accounts.models import User
from scip.audit.services import record
from scip.formats import moment
from scip.pdf.invoices import Instalment, render_invoice
from scip.pdf.invoices import Invoice as InvoicePage
from scip.pdf.papers import paper_for_country
from scip.pdf.receipts import ReceiptLine
from scip.requirements import Refusal
from scip.states import lock

# Nobody needs more; without an end a script could fill the books.
MOST_INVOICES = 20


@transaction.atomic
def make_invoice(
    charge: Charge, *, payer: Mapping[str, str], by: User, now: datetime | None = None
) -> Invoice:
    """Make an invoice for what is due on a charge; earlier ones stay as they are.

    ``payer`` holds payer, address, country (ISO 3166-1), attention, tax_number and
    order_reference. Raises Refusal when nothing is due or there are too many already.
    """
    now = now or timezone.now()
    charge = lock(charge)
    if not balance(charge).due_cents:
        raise Refusal(_("Nothing is due here any more, so there is nothing to invoice."))
    if charge.invoices.count() >= MOST_INVOICES:
        raise Refusal(
            _("There are many invoices for this already. Please write to the office for another.")
        )
    invoice = Invoice(charge=charge, made_at=now, made_by=by, **payer)
    invoice.facts = invoice_facts(invoice, now=now)
    invoice.save(force_insert=True)
    record("invoice.made", invoice, by=by, subject=charge.user, charge=charge.pk)
    return invoice


def invoice_facts(invoice: Invoice, *, now: datetime) -> dict[str, Any]:
    """What the invoice says, as plain values that never change again."""
    charge, user = invoice.charge, invoice.charge.user
    standing, parts = balance(charge), instalments_of(charge)
    return {
        "made_on": now.astimezone(user.zone).date().isoformat(),
        "due_by": moment(charge.due_at, str(user.zone)),
        "billed_to": billed_to(invoice),
        "participant_name": user.display_name or user.email,
        "participant_email": user.email,
        **letterhead(now),
        "lines": [
            {"description": charge.description, "amount_cents": charge.amount_cents},
            *(
                adjustment_line(line, is_for_others=True)
                for line in charge.adjustments.order_by("pk")
            ),
        ],
        "notes": [],
        "plan": plan_of(charge, parts) if len(parts) > 1 else [],
        "paid_cents": standing.owed_cents - standing.due_cents,
        "due_cents": standing.due_cents,
        "currency": charge.currency,
        "payment_instructions": edition_in_force(now).payment_instructions,
        "contact": settings.STAFF_EMAIL,
        "refund_terms": " ".join(charge.refund_terms),
    }


def plan_of(charge: Charge, parts: list[Charge]) -> list[dict[str, Any]]:
    """Every instalment of the plan as the invoice of one of them shows it, as plain values."""
    rows = []
    for part in parts:
        standing = Balance.of(part)
        if part.cancelled_at is None:
            rows.append(
                {
                    "number": part.part_number or 1,
                    "due_by": moment(part.due_at, str(charge.user.zone)),
                    "amount_cents": standing.owed_cents,
                    "open_cents": standing.due_cents,
                    "is_this": part.pk == charge.pk,
                }
            )
    return rows


def render(invoice: Invoice) -> bytes:
    """The invoice's PDF from its frozen facts, on the paper of the payer's country."""
    facts = invoice.facts
    page = InvoicePage(
        number=invoice.label,
        reference=invoice.charge.reference,
        made_on=date.fromisoformat(facts["made_on"]),
        due_by=facts["due_by"],
        billed_to=tuple(facts["billed_to"]),
        order_reference=invoice.order_reference,
        participant_name=facts["participant_name"],
        participant_email=facts["participant_email"],
        organisation=facts["organisation"],
        organisation_lines=tuple(facts["organisation_lines"]),
        lines=tuple(ReceiptLine(**line) for line in facts["lines"]),
        notes=tuple(facts["notes"]),
        plan=tuple(Instalment(**row) for row in facts.get("plan", ())),
        paid_cents=facts["paid_cents"],
        due_cents=facts["due_cents"],
        currency=facts["currency"],
        payment_instructions=facts["payment_instructions"],
        contact=facts["contact"],
        refund_terms=facts["refund_terms"],
    )
    return render_invoice(page, paper_for_country(invoice.country.code))
