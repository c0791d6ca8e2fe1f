"""Receipts: numbered with the payment, made into a PDF afterwards, sent with a letter."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.emails import send_receipt
from payments.models import DocumentNumber, Payment, Receipt
from payments.queries import balance
from payments.services.background import enqueue
from scip.pdf.papers import paper_for_country
from scip.pdf.receipts import Receipt as ReceiptPage
from scip.pdf.receipts import ReceiptLine, render_receipt
from scip.states import lock

# The receipt's task gets this long before the sweep takes over.
HEAD_START = timedelta(minutes=2)


def next_number(series: str, year: int) -> int:
    """The next number of a series in a year. Its row stays locked until the transaction ends,
    so numbers have no gaps and no doubles."""
    DocumentNumber.objects.bulk_create(
        [DocumentNumber(series=series, year=year)], ignore_conflicts=True
    )
    row = DocumentNumber.objects.select_for_update().get(series=series, year=year)
    row.last += 1
    row.save(update_fields=["last"])
    return row.last


def issue_receipt(payment: Payment, *, now: datetime) -> Receipt:
    """Number a receipt and freeze its facts, in the payment's transaction.

    The year's row stays locked until that commits or rolls back, so numbers have no gaps
    and no doubles. Side effect on commit: the document is made by a worker.
    """
    year = now.year
    receipt = Receipt.objects.create(
        payment=payment,
        year=year,
        number=next_number(Receipt.SERIES, year),
        issued_at=now,
        facts=receipt_facts(payment),
    )
    enqueue("payments.make_receipt", receipt.pk)
    return receipt


def receipt_facts(payment: Payment) -> dict[str, Any]:
    """What the receipt says, as plain values that never change again."""
    charge, user = payment.charge, payment.charge.user
    return {
        "paid_on": payment.received_at.astimezone(user.zone).date().isoformat(),
        "payer_name": user.display_name or user.email,
        "payer_email": user.email,
        "country": str(user.country or ""),
        "organisation": _("Center for Mindful Self-Compassion"),
        "organisation_lines": [_("SCIP Pathway"), settings.SITE_URL.split("//", 1)[-1]],
        "lines": receipt_lines(payment),
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
        lines += [
            {
                "description": str(line.get_kind_display()).capitalize(),
                "amount_cents": line.amount_cents,
                "detail": line.reason,
            }
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


def render(receipt: Receipt) -> bytes:
    """The receipt's PDF from its frozen facts, on the paper of the payer's country."""
    facts = receipt.facts
    page = ReceiptPage(
        number=receipt.label,
        paid_on=date.fromisoformat(facts["paid_on"]),
        payer_name=facts["payer_name"],
        payer_email=facts["payer_email"],
        organisation=facts["organisation"],
        organisation_lines=tuple(facts["organisation_lines"]),
        lines=tuple(ReceiptLine(**line) for line in facts["lines"]),
        currency=facts["currency"],
        method=facts["method"],
        reference=facts["reference"],
        refund_terms=facts["refund_terms"],
    )
    return render_receipt(page, paper_for_country(facts["country"]))


def make_receipt(receipt_id: int, now: datetime | None = None) -> bool:
    """Render and keep a receipt's PDF and send it with the letter; True if made now.

    Safe to run twice and to be killed anywhere: the row is marked as made in the
    transaction that writes the letter, and a file left behind by a killed worker is
    replaced under the same name.
    """
    receipt = Receipt.objects.select_related("payment__charge__user").get(pk=receipt_id)
    if receipt.made_at is not None:
        return False
    pdf = render(receipt)
    with transaction.atomic():
        locked = lock(receipt)
        if locked.made_at is not None:
            return False
        name = f"receipts/{receipt.year}/{receipt.label}.pdf"
        storage = locked.document.storage
        if storage.exists(name):
            storage.delete(name)
        locked.document.name = storage.save(name, ContentFile(pdf))
        locked.made_at = now or timezone.now()
        locked.save(update_fields=["document", "made_at"])
        send_receipt(receipt, pdf)
    return True


def sweep_receipts(now: datetime | None = None) -> list[int]:
    """Have the documents made whose task was lost; returns the receipts' ids."""
    now = now or timezone.now()
    missing = Receipt.objects.filter(made_at=None, issued_at__lte=now - HEAD_START)
    ids = list(missing.order_by("issued_at").values_list("pk", flat=True)[:200])
    for pk in ids:
        enqueue("payments.make_receipt", pk)
    return ids
