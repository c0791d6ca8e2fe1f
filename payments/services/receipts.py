"""Receipts: numbered with the payment, made into a PDF afterwards, sent with a letter."""

from collections.abc import Callable
from datetime import date, datetime
from typing import IO, Any

from django.utils.translation import gettext as _

from payments.emails import send_receipt
from payments.models import Charge, Payment, Receipt
from payments.queries import balance, instalments_of
from payments.services import documents
from scip.formats import day, money
from scip.pdf.papers import paper_for_country
from scip.pdf.receipts import Receipt as ReceiptPage
from scip.pdf.receipts import ReceiptLine, render_receipt

TASK = "payments.make_receipt"


def issue_receipt(payment: Payment, *, now: datetime) -> Receipt:
    """Number a receipt and freeze its facts, in the payment's transaction.

    The year's row stays locked until that commits or rolls back, so numbers have no gaps
    and no doubles. Side effect on commit: the document is made by a worker.
    """
    receipt = Receipt(payment=payment, facts=receipt_facts(payment, now=now))
    return documents.number(receipt, task=TASK, now=now)


def receipt_facts(payment: Payment, *, now: datetime) -> dict[str, Any]:
    """What the receipt says, as plain values that never change again."""
    charge, user = payment.charge, payment.charge.user
    invoice = charge.invoices.first()
    return {
        "paid_on": payment.received_at.astimezone(user.zone).date().isoformat(),
        "payer_name": user.display_name or user.email,
        "payer_email": user.email,
        "billed_to": documents.billed_to(invoice),
        "order_reference": invoice.order_reference if invoice else "",
        "country": str((invoice.country.code if invoice else user.country) or ""),
        **documents.letterhead(now),
        "lines": receipt_lines(payment),
        "notes": receipt_notes(payment),
        "currency": payment.currency,
        "method": str(payment.get_method_display()),
        "reference": payment.reference,
        "refund_terms": " ".join(charge.refund_terms),
    }


def receipt_lines(payment: Payment) -> list[dict[str, Any]]:
    """Price and adjustments where the payment covers exactly that; else one line."""
    charge = payment.charge
    owed_cents = balance(charge).owed_cents
    same_currency = payment.currency == charge.currency
    if same_currency and payment.amount_cents == owed_cents:
        lines = [{"description": charge.description, "amount_cents": charge.amount_cents}]
        is_for_others = charge.invoices.exists()
        lines += [
            documents.adjustment_line(line, is_for_others=is_for_others)
            for line in charge.adjustments.order_by("id")
        ]
        return lines
    is_part = same_currency and payment.amount_cents < owed_cents
    return [
        {
            "description": charge.description,
            "amount_cents": payment.amount_cents,
            "detail": _("Part of the whole") if is_part else "",
        }
    ]


def receipt_notes(payment: Payment) -> list[str]:
    """Sentences that explain the amount: the gift in it, and the instalments around it."""
    charge = payment.charge
    notes = []
    if charge.gift_cents:
        notes.append(
            _("{gift} of this price goes to the aid fund, from which others get a place.").format(
                gift=money(charge.gift_cents, charge.currency)
            )
        )
    moved = balance(charge).moved_cents
    if moved > 0:
        notes.append(
            _("{moved} that you had paid before was moved to this place.").format(
                moved=money(moved, charge.currency)
            )
        )
    parts = instalments_of(charge)
    if len(parts) > 1:
        notes.append(instalment_note(charge, parts))
    return notes


def instalment_note(charge: Charge, parts: list[Charge]) -> str:
    """Which instalment this is, and what the later ones are."""
    place = [part.pk for part in parts].index(charge.pk)
    sentence = _("This is instalment {number} of {count}.").format(
        number=place + 1, count=len(parts)
    )
    later = [
        _("{amount} by {day}").format(
            amount=money(balance(part).owed_cents, part.currency),
            day=day(part.due_at.astimezone(charge.user.zone).date()),
        )
        for part in parts[place + 1 :]
        if part.cancelled_at is None
    ]
    if not later:
        return sentence
    return f"{sentence} " + _("Still to come: {later}.").format(later="; ".join(later))


def render(receipt: Receipt) -> bytes:
    """The receipt's PDF from its frozen facts, on the paper of the payer's country."""
    facts = receipt.facts
    page = ReceiptPage(
        number=receipt.label,
        paid_on=date.fromisoformat(facts["paid_on"]),
        payer_name=facts["payer_name"],
        payer_email=facts["payer_email"],
        billed_to=tuple(facts.get("billed_to", ())),
        order_reference=facts.get("order_reference", ""),
        organisation=facts["organisation"],
        organisation_lines=tuple(facts["organisation_lines"]),
        lines=tuple(ReceiptLine(**line) for line in facts["lines"]),
        notes=tuple(facts.get("notes", ())),
        currency=facts["currency"],
        method=facts["method"],
        reference=facts["reference"],
        refund_terms=facts["refund_terms"],
    )
    return render_receipt(page, paper_for_country(facts["country"]))


def make_receipt(
    receipt_id: int,
    now: datetime | None = None,
    *,
    render: Callable[[Receipt], bytes] = render,
) -> bool:
    """Render and keep a receipt's PDF and send it with the letter; True if made now.

    May run twice and be killed anywhere (see `documents.keep`). ``render`` may fetch what
    somebody has rendered before.
    """
    receipt = Receipt.objects.select_related("payment__charge__user").get(pk=receipt_id)
    if documents.is_kept(receipt):
        return False
    pdf = render(receipt)
    return documents.keep(
        receipt, pdf, folder="receipts", send=lambda: send_receipt(receipt, pdf), now=now
    )


def read(receipt: Receipt) -> IO[bytes]:
    """The PDF of a receipt that was made, as `documents.read` finds it."""
    return documents.read(receipt, render, task=TASK)


def sweep_receipts(now: datetime | None = None) -> list[int]:
    """Have the receipts made whose task was lost; returns their ids."""
    return documents.sweep(Receipt, TASK, now)
