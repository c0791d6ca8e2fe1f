"""Disputes: a payer's bank asks for money back. Stripe tells, we note, the office answers.

Like refunds they are followed by asking Stripe how they stand now, under the lock of the
charge, then of the dispute.
"""

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import stripe
from django.db import transaction
from django.utils import timezone

from payments.emails import send_dispute_lost, send_dispute_over
from payments.gateway import stripe_client
from payments.models import Charge, Dispute, DisputeStep, Payment
from payments.services.fund import follow_loss
from payments.services.moves import follow_on
from payments.services.settlements import settle_if_covered
from payments.services.stripe_refunds import MOST, payment_of
from scip.audit.services import record
from scip.states import lock, move

if TYPE_CHECKING:
    from stripe.params import DisputeListParams

logger = logging.getLogger(__name__)

State = Dispute.State
UNDECIDED = frozenset(
    {
        "warning_needs_response",
        "warning_under_review",
        "needs_response",
        "under_review",
        "appeal_needs_response",
        "appeal_under_review",
    }
)
OVER_WITHOUT_MONEY = frozenset({"warning_closed", "prevented"})


def meaning(theirs: stripe.Dispute) -> str | None:
    """The state here of a dispute at Stripe; None for a word that we do not know.

    Whether money is gone is told by Stripe's movements, not by its words: an undecided case
    whose money was not taken (yet) is a question, one lost without money is just closed.
    """
    if theirs.status in UNDECIDED:
        return State.OPEN if was_taken(theirs) else State.INQUIRY
    if theirs.status in OVER_WITHOUT_MONEY:
        return State.CLOSED
    if theirs.status == "won":
        return State.WON
    if theirs.status == "lost":
        return State.LOST if was_taken(theirs) else State.CLOSED
    return None


def was_taken(theirs: stripe.Dispute) -> bool:
    """Stripe has taken the money of this dispute off the account, then or now."""
    return bool(theirs.balance_transactions)


def ask_dispute(dispute: Dispute, *, now: datetime | None = None) -> Dispute:
    """Ask Stripe how a dispute stands, and apply it. Raises stripe.StripeError."""
    theirs = stripe_client().v1.disputes.retrieve(dispute.reference)
    return follow_dispute(dispute, theirs, now=now or timezone.now())


def take_in_dispute(theirs: stripe.Dispute, *, now: datetime) -> Dispute | None:
    """Our row of a dispute that Stripe tells about, brought up to date; None if we do not
    know its payment (yet). A new one is written down and flagged for the office.

    May ask Stripe about the payment. Raises NotOurs, and stripe.StripeError.
    """
    known = Dispute.objects.select_related("charge").filter(reference=theirs.id).first()
    if known is None:
        payment = payment_of(theirs.payment_intent, now=now)
        if payment is None:
            return None
        known = _import(payment, theirs, now=now)
    return follow_dispute(known, theirs, now=now)


@transaction.atomic
def _import(payment: Payment, theirs: stripe.Dispute, *, now: datetime) -> Dispute:
    charge: Charge = lock(payment.charge)
    dispute, is_new = Dispute.objects.get_or_create(
        reference=theirs.id,
        defaults={
            "charge": charge,
            "payment": payment,
            "opened_at": now,
            "flag": State.INQUIRY,
            "flagged_at": now,
            **_facts(theirs),
        },
    )
    if is_new:
        record(
            "dispute.imported",
            dispute,
            by=None,
            subject=charge.user,
            charge=charge.pk,
            amount_cents=dispute.amount_cents,
            currency=dispute.currency,
        )
    return dispute


def _facts(theirs: stripe.Dispute) -> dict[str, object]:
    due_by = getattr(theirs.evidence_details, "due_by", None)
    return {
        "amount_cents": theirs.amount,
        "currency": theirs.currency.upper(),
        "reason": (theirs.reason or "")[:60],
        "answer_by": datetime.fromtimestamp(due_by, UTC) if due_by else None,
    }


@transaction.atomic
def follow_dispute(dispute: Dispute, theirs: stripe.Dispute, *, now: datetime) -> Dispute:
    """Apply how a dispute stands at Stripe: idempotent, in any order. Each change of state
    puts it on the office's look-list (again)."""
    lock(dispute.charge)
    dispute = lock(dispute)
    facts = _facts(theirs)
    if dispute.open_at is not None:
        # Booked: what Stripe says otherwise is the reconciler's to report.
        facts = {name: facts[name] for name in ("reason", "answer_by")}
    Dispute.objects.filter(pk=dispute.pk).update(asked_at=now, **facts)
    dispute.refresh_from_db()
    to = meaning(theirs)
    if to is None:
        logger.warning("Dispute %s is %s at Stripe", dispute.pk, theirs.status)
        return dispute
    if to in {State.WON, State.LOST} and was_taken(theirs) and dispute.open_at is None:
        # Nobody told us in between; the books show that the money was gone.
        _go(dispute, State.OPEN, theirs, now=now)
    _go(dispute, to, theirs, now=now)
    dispute.refresh_from_db()
    return dispute


def _go(dispute: Dispute, to: str, theirs: stripe.Dispute, *, now: datetime) -> None:
    if to not in dispute.TRANSITIONS.get(dispute.state, frozenset()):
        return
    take_step(dispute, to, happened_at=moved_at(theirs, dispute.state, to, now), now=now)


def moved_at(theirs: stripe.Dispute, before: str, to: str, now: datetime) -> datetime:
    """When Stripe booked the movement of this step; ``now`` where it booked none (money that was
    held and is lost stays where it is), or where its clock is ahead of ours."""
    if before == State.OPEN and to == State.LOST:
        return now
    taken, given = (
        sorted(row.created for row in theirs.balance_transactions or () if (row.amount < 0) is sign)
        for sign in (True, False)
    )
    this, other = (taken, given) if to in {State.OPEN, State.LOST} else (given, taken)
    if before == State.INQUIRY:
        moments = this[:1]
    else:
        moments = [moment for moment in this[-1:] if moment >= max(other, default=0)]
    return min(datetime.fromtimestamp(moments[0], UTC), now) if moments else now


def take_step(dispute: Dispute, to: str, *, happened_at: datetime, now: datetime) -> None:
    """Move a dispute (fresh and locked, under its charge's lock) one state on.

    Side effects: the step is booked, the dispute goes on the office's look-list (again), money
    that pays for another charge now follows, and a gift in the price leaves the aid fund in the
    lost share, or comes again. A letter tells the person what a lost case means for them, and
    when it is won after all.
    """
    before = dispute.state
    move(dispute, to, by=None, now=now)
    step = DisputeStep.objects.create(
        dispute=dispute,
        before=before,
        after=to,
        amount_cents=dispute.amount_cents,
        currency=dispute.currency,
        happened_at=happened_at,
        recorded_at=now,
    )
    looked = {"looked_at": None, "looked_by": None}
    Dispute.objects.filter(pk=dispute.pk).update(flag=to, flagged_at=now, **looked)
    charge = dispute.charge
    if State.LOST not in {before, to}:
        return
    if charge.moved_to_id is not None:
        # The money pays for another charge now: what is gone is owed there again.
        charge = follow_on(charge, reason=str(dispute), now=now)
    if to != State.LOST and charge.cancelled_at is None:
        settle_if_covered(charge, now=now)
    follow_loss(charge, now=now)
    tell = send_dispute_lost if to == State.LOST else send_dispute_over
    tell(step, charge)


def disputes_at_stripe(params: "DisputeListParams") -> list[stripe.Dispute]:
    """Stripe's disputes, newest first, at most MOST of them."""
    found: list[stripe.Dispute] = []
    for theirs in stripe_client().v1.disputes.list({"limit": 100, **params}).auto_paging_iter():
        found.append(theirs)
        if len(found) == MOST:
            break
    return found
