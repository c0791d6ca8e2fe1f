"""“Paid”, said by one of the two and answered by the other. CMSC never collects."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from scip.accounts.models import User
from scip.audit.services import record
from scip.formats import money
from scip.requirements import Refusal
from scip.states import lock
from supervision.emails import fees as emails
from supervision.models import Agreement, FeeBlock, FeePayment, Signature, SupervisionSession
from supervision.queries.fees import is_waiting, standing_blocks
from supervision.services.agreements import locked, refuse_strangers


@transaction.atomic
def say_paid(
    block: FeeBlock,
    *,
    by: User,
    amount_cents: int,
    paid_on: date,
    note: str = "",
    now: datetime | None = None,
) -> FeePayment:
    """One of the two says that something of a block was paid; the other is asked by letter.

    Raises Refusal for strangers, a block that was replaced, an amount that is not open in it
    (what waits for an answer is not open), and a day that is still ahead where ``by`` lives.
    """
    now = now or timezone.now()
    agreement = locked(block.agreement)
    refuse_strangers(agreement, by)
    block = lock(block)
    block.agreement = agreement
    if block.replaced_at is not None:
        raise Refusal(
            _("A newer version of your agreement changed this block. Please look at it again.")
        )
    if paid_on > timezone.localdate(now, timezone=by.zone):
        raise Refusal(_("That day lies ahead. Please note a payment once it was made."))
    (standing,) = standing_blocks(FeeBlock.objects.filter(pk=block.pk))
    if not 0 < amount_cents <= standing.open_cents:
        raise Refusal(
            _(
                "{amount} of this block is open, counting what waits for an answer. Nothing was "
                "saved; please check the amount."
            ).format(amount=money(standing.open_cents, standing.currency))
        )
    payment = FeePayment.objects.create(
        block=block, amount_cents=amount_cents, paid_on=paid_on, note=note, said_by=by, said_at=now
    )
    record("feepayment.said", payment, by=by, subject=agreement.audit_subject)
    emails.payment_said(payment)
    return payment


@transaction.atomic
def answer_payment(
    payment: FeePayment,
    *,
    by: User,
    is_received: bool,
    denial: str = "",
    now: datetime | None = None,
) -> FeePayment:
    """The other says yes, or “not so” with a word why; the first answer stands.

    Nothing is overwritten: after a “not so” the sum is open again, and a right figure is
    another row. The one who said it gets a letter. The same answer again changes nothing.
    Raises Refusal for the one who said it, strangers, another answer than the first, and a
    “not so” without a word.
    """
    now = now or timezone.now()
    agreement = locked(payment.block.agreement)
    refuse_strangers(agreement, by)
    row = lock(payment)
    row.block.agreement = agreement
    if row.said_by_id == by.pk:
        raise Refusal(_("You noted this payment, so the other one of you answers."))
    if not is_waiting(row):
        if is_received == (row.confirmed_at is not None):
            return row
        raise Refusal(_("This was answered already. If something is wrong, note it as a new line."))
    if is_received:
        row.confirmed_at, row.confirmed_by = now, by
    elif not denial.strip():
        raise Refusal(_("Please say in a few words what is different."))
    else:
        row.denied_at, row.denied_by, row.denial = now, by, denial.strip()
    row.save(update_fields=["confirmed_at", "confirmed_by", "denied_at", "denied_by", "denial"])
    verb = "confirmed" if is_received else "denied"
    record(f"feepayment.{verb}", row, by=by, subject=agreement.audit_subject)
    emails.payment_answered(row)
    return row


@transaction.atomic
def want_reminders(agreement: Agreement, *, by: User, is_wanted: bool) -> Agreement:
    """Whether one would like gentle reminders; they are sent only while both do."""
    agreement = locked(agreement)
    side = refuse_strangers(agreement, by)
    is_candidate = side == Signature.Side.CANDIDATE
    name = "candidate_wants_reminders" if is_candidate else "supervisor_wants_reminders"
    setattr(agreement, name, is_wanted)
    agreement.save(update_fields=[name])
    return agreement


def remind_of_fees(now: datetime | None = None) -> int:
    """Remind candidates once of each block that has begun and has something open, where both
    wanted it; returns how many were looked at. Leave rests reminders. May run twice: the outbox
    takes each letter once."""
    now = now or timezone.now()
    begun = SupervisionSession.objects.confirmed().values_list("agreement_id", "kind")
    rows = FeeBlock.objects.filter(
        agreement__state=Agreement.State.ACTIVE,
        agreement__candidate_wants_reminders=True,
        agreement__supervisor_wants_reminders=True,
        agreement__candidacy__state=Candidacy.State.ACTIVE,
    ).select_related("agreement__candidacy__user", "agreement__supervisor__user")
    found = standing_blocks(rows)
    phases = {
        (pk, str(SupervisionSession.PHASES[SupervisionSession.Kind(kind)]))
        for pk, kind in begun.filter(agreement__in=[item.block.agreement_id for item in found])
    }
    due = [
        item
        for item in found
        if item.open_cents and (item.block.agreement_id, item.block.phase) in phases
    ]
    for item in due:
        with transaction.atomic():
            emails.fee_reminder(item)
    return len(due)
