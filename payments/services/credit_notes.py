"""Credit notes: numbered when money went back, made and sent as receipts are."""

from datetime import date, datetime
from typing import IO, Any

from django.utils.translation import gettext as _

from payments.emails import send_credit_note
from payments.models import CreditNote, Receipt, Refund
from payments.services import documents
from scip.pdf.credit_notes import CreditNote as CreditNotePage
from scip.pdf.credit_notes import render_credit_note
from scip.pdf.papers import paper_for_country

TASK = "payments.make_credit_note"


def issue_credit_note(refund: Refund, *, now: datetime) -> CreditNote:
    """Number a credit note and freeze its facts, in the transaction in which the refund is done.

    Side effect on commit: the document is made by a worker.
    """
    note = CreditNote(refund=refund, facts=credit_note_facts(refund, now=now))
    return documents.number(note, task=TASK, now=now)


def credit_note_facts(refund: Refund, *, now: datetime) -> dict[str, Any]:
    """What the credit note says, as plain values that never change again.

    Who was paid for and billed is as on the receipt that it refers to.
    """
    charge, user, payment = refund.charge, refund.charge.user, refund.payment
    receipt = Receipt.objects.filter(payment=payment).first()
    billed = receipt.facts if receipt else {}
    return {
        "returned_on": (refund.done_at or now).astimezone(user.zone).date().isoformat(),
        "payer_name": billed.get("payer_name") or user.display_name or user.email,
        "payer_email": billed.get("payer_email") or user.email,
        "billed_to": billed.get("billed_to", []),
        "country": billed.get("country") or str(user.country or ""),
        **documents.letterhead(now),
        "description": charge.description,
        "amount_cents": refund.amount_cents,
        "currency": refund.currency,
        "receipt": receipt.label if receipt else "",
        "paid_on": payment.received_at.astimezone(user.zone).date().isoformat(),
        "reason": reason_told(refund),
        "asked_by": asked_by(refund),
        "method": str(payment.get_method_display()),
        "reference": refund.reference or "",
    }


def reason_told(refund: Refund) -> str:
    """Why money went back, as the note says it: never in the words that the office or the person
    wrote for each other, since the paper goes on to employers and tax offices. Who decided it, or
    that the terms did, stands beside it (`asked_by`)."""
    if refund.is_foreign:
        return _("Sent back through our payment provider")
    return _("It is not owed any more")


def asked_by(refund: Refund) -> str:
    """Who wanted the money to go back; people of the office are not named to the payer."""
    if refund.requested_by_id is None and not refund.is_foreign:
        return _("the refund terms")
    if refund.requested_by_id == refund.charge.user_id:
        return refund.charge.user.display_name or refund.charge.user.email
    return _("the office")


def render(note: CreditNote) -> bytes:
    """The note's PDF from its frozen facts; one that is void says so across its head."""
    facts = note.facts
    page = CreditNotePage(
        number=note.label,
        returned_on=date.fromisoformat(facts["returned_on"]),
        payer_name=facts["payer_name"],
        payer_email=facts["payer_email"],
        billed_to=tuple(facts["billed_to"]),
        organisation=facts["organisation"],
        organisation_lines=tuple(facts["organisation_lines"]),
        description=facts["description"],
        amount_cents=facts["amount_cents"],
        currency=facts["currency"],
        receipt=facts["receipt"],
        paid_on=date.fromisoformat(facts["paid_on"]),
        reason=facts["reason"],
        asked_by=facts["asked_by"],
        method=facts["method"],
        reference=facts["reference"],
        void_on=note.void_at.date() if note.void_at else None,
    )
    return render_credit_note(page, paper_for_country(facts["country"]))


def make_credit_note(note_id: int, now: datetime | None = None) -> bool:
    """Render and keep a credit note's PDF and send it with the letter; True if made now.

    May run twice and be killed anywhere (see `documents.keep`). One that became void
    meanwhile is kept without a letter: its person was told that the money did not arrive.
    """
    note = CreditNote.objects.select_related("refund__charge__user", "refund__payment").get(
        pk=note_id
    )
    if documents.is_kept(note):
        return False
    pdf = render(note)

    def send() -> None:
        # Read again: the row is locked now, and may have become void while the PDF was made.
        if not CreditNote.objects.filter(pk=note_id, void_at__isnull=False).exists():
            send_credit_note(note, pdf)

    return documents.keep(note, pdf, folder="credit-notes", send=send, now=now)


def read(note: CreditNote) -> IO[bytes]:
    """The PDF of a note that was made, as `documents.read` finds it."""
    return documents.read(note, render, task=TASK)


def sweep_credit_notes(now: datetime | None = None) -> list[int]:
    """Have the credit notes made whose task was lost; returns their ids."""
    return documents.sweep(CreditNote, TASK, now)
