"""What follows when money went back, or did not arrive.

Called in the transaction that moves the refund, under the locks of charge and refund; once
or more often.
"""

from datetime import datetime

from payments.emails import send_undelivered
from payments.models import CreditNote, Refund
from payments.services.credit_notes import issue_credit_note


def after_done(refund: Refund, *, now: datetime) -> CreditNote:
    """Money went back: its credit note is numbered here and sent once it is made."""
    note = CreditNote.objects.filter(refund=refund).first()
    return note or issue_credit_note(refund, now=now)


def after_failed(refund: Refund, *, now: datetime) -> None:
    """Money did not arrive: a credit note is marked void, the person gets a kind letter, and
    the office finds the refund among what needs a look."""
    note = CreditNote.objects.select_for_update().filter(refund=refund).first()
    if note is not None and note.void_at is None:
        note.void_at = now
        note.save(update_fields=["void_at"])
    if refund.flag != Refund.Flag.FAILED:
        refund.flag, refund.flagged_at = Refund.Flag.FAILED, now
        refund.looked_at = None
        refund.save(update_fields=["flag", "flagged_at", "looked_at"])
    send_undelivered(refund, note)
