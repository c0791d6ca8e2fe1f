"""Refunds at Stripe: sent, followed, and taken in when they were started over there.

Stripe is never called inside a transaction; what it said is applied under the lock of the
charge, then of the refund. A refund is written down before Stripe is asked, so a worker may
die anywhere: the next one asks with the same idempotency key, or finds what the first did.
"""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import stripe
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from payments.gateway import stripe_client
from payments.models import Charge, Checkout, Payment, Refund
from payments.services.checkouts import ask_stripe
from payments.services.moves import follow_on, send_on_again
from payments.services.returned import after_done, after_failed
from payments.services.settlements import settle_if_covered
from scip.audit.services import record
from scip.background import enqueue
from scip.states import lock, move

if TYPE_CHECKING:
    from stripe.params import RefundListParams

logger = logging.getLogger(__name__)

State = Refund.State
# What Stripe's words mean here; other words leave a refund as it is.
MEANING = {
    "succeeded": State.DONE,
    "pending": State.SENT,
    "requires_action": State.SENT,
    "failed": State.FAILED,
    "canceled": State.CANCELLED,
}
# How long after a try the next one may begin: longer than Stripe is given to answer.
AGAIN_AFTER = timedelta(minutes=5)
FOREIGN_REASON = "Started on Stripe's side"
# The most of Stripe's refunds or disputes that one look takes in.
MOST = 2000


class NotOurs(Exception):
    """Money that did not come through this site: Stripe's account may serve other sites too."""


def send_refund(refund: Refund, *, now: datetime | None = None) -> Refund:
    """Have Stripe send a refund that was written down; returns it as it stands then.

    May be called any number of times: nothing goes back twice. What Stripe refuses is FAILED
    with its words; when Stripe is away the refund stays as it is and the sweep tries again.
    Money that the office sends by hand is left alone. Call it outside a transaction.
    """
    now = now or timezone.now()
    refund = Refund.objects.select_related("payment", "charge").get(pk=refund.pk)
    is_online = refund.payment.method == Payment.Method.STRIPE
    if refund.state != State.REQUESTED or not is_online:
        return refund
    was_asked = refund.asked_at is not None
    Refund.objects.filter(pk=refund.pk).update(asked_at=now)
    try:
        # Stripe forgets idempotency keys after a day, so a second try first looks around.
        theirs = (_sent_before(refund) if was_asked else None) or _ask_for(refund)
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        logger.warning("Stripe refused refund %s: %s", refund.pk, error)
        return _refused(refund, error, now=now)
    except stripe.StripeError as error:
        logger.warning("Stripe did not take refund %s: %s", refund.pk, error)
        return refund
    return follow_refund(refund, theirs, now=now)


def _ask_for(refund: Refund) -> stripe.Refund:
    return stripe_client().v1.refunds.create(
        {
            "payment_intent": refund.payment.reference,
            "amount": refund.amount_cents,
            "metadata": {"charge": str(refund.charge_id), "refund": str(refund.pk)},
        },
        {"idempotency_key": str(refund.idempotency_key)},
    )


def _sent_before(refund: Refund) -> stripe.Refund | None:
    """The refund that an earlier try made, whose answer was lost."""
    for theirs in refunds_at_stripe({"payment_intent": refund.payment.reference}):
        if number_in(theirs) == refund.pk:
            return theirs
    return None


def refunds_at_stripe(params: "RefundListParams") -> list[stripe.Refund]:
    """Stripe's refunds, newest first, at most MOST of them."""
    found: list[stripe.Refund] = []
    for theirs in stripe_client().v1.refunds.list({"limit": 100, **params}).auto_paging_iter():
        found.append(theirs)
        if len(found) == MOST:
            break
    return found


@transaction.atomic
def _refused(refund: Refund, error: stripe.StripeError, *, now: datetime) -> Refund:
    lock(refund.charge)
    refund = lock(refund)
    if refund.state == State.REQUESTED:
        words = error.user_message or error.code or type(error).__name__
        _fail(refund, words, now=now)
    return refund


def _fail(refund: Refund, words: str, *, now: datetime) -> None:
    refund.failure = words[:120]
    refund.save(update_fields=["failure"])
    move(refund, State.FAILED, by=None, now=now)
    after_failed(refund, now=now)


@transaction.atomic
def follow_refund(refund: Refund, theirs: stripe.Refund, *, now: datetime) -> Refund:
    """Apply how a refund stands at Stripe. Idempotent and in any order: it looks at what
    Stripe says now, and old news about a refund that is further on is dropped.

    Side effects of a move: the credit note, or its end (`payments.services.returned`).
    """
    charge = lock(refund.charge)
    refund = lock(refund)
    Refund.objects.filter(pk=refund.pk).update(asked_at=now)
    if refund.reference is None:
        refund.reference = theirs.id
        refund.save(update_fields=["reference"])
    to = MEANING.get(theirs.status or "", refund.state)
    if to not in refund.TRANSITIONS.get(refund.state, frozenset()):
        return refund
    if to == State.FAILED:
        _fail(refund, theirs.failure_reason or "unknown", now=now)
    else:
        move(refund, to, by=None, now=now)
        if to == State.DONE:
            after_done(refund, now=now)
    if refund.is_foreign and to not in Refund.COUNTS and charge.moved_to_id is not None:
        send_on_again(refund, reason=FOREIGN_REASON, now=now)
        last = follow_on(charge, reason=FOREIGN_REASON, now=now)
        settle_if_covered(last, now=now)
    return refund


def ask_refund(refund: Refund, *, now: datetime | None = None) -> Refund:
    """Ask Stripe how a refund stands, and apply it. Raises stripe.StripeError when it cannot
    be asked; one without a reference has not been sent yet and is sent."""
    now = now or timezone.now()
    if refund.reference is None:
        return send_refund(refund, now=now)
    theirs = stripe_client().v1.refunds.retrieve(refund.reference)
    return follow_refund(refund, theirs, now=now)


def take_in_refund(theirs: stripe.Refund, *, now: datetime) -> Refund | None:
    """Our row of a refund that Stripe tells about, brought up to date; None if we do not know
    its payment. One that was started on Stripe's side is written down and flagged.

    May ask Stripe: a refund can be heard of before its payment. Raises stripe.StripeError.
    """
    refund = refund_of(theirs)
    if refund is None:
        payment = payment_of(theirs.payment_intent, now=now)
        if payment is None:
            return None
        refund = _import(payment, theirs, now=now)
    return follow_refund(refund, theirs, now=now)


def refund_of(theirs: stripe.Refund) -> Refund | None:
    """Our row by Stripe's reference, else by the number that we gave Stripe."""
    rows = Refund.objects.select_related("charge")
    known = rows.filter(reference=theirs.id).first()
    if known is not None:
        return known
    # Somebody else's number (another site on the same account) belongs to another payment.
    return rows.filter(
        pk=number_in(theirs) or 0,
        reference=None,
        payment__method=Payment.Method.STRIPE,
        payment__reference=id_of(theirs.payment_intent),
    ).first()


def number_in(theirs: stripe.Refund) -> int | None:
    """The number of our row in a refund's metadata."""
    return number_of(theirs, "refund")


def number_of(thing: Any, name: str) -> int | None:
    """One of our numbers in the metadata of something at Stripe."""
    metadata = thing.metadata.to_dict() if getattr(thing, "metadata", None) else {}
    number = str(metadata.get(name, ""))
    return int(number) if number.isdecimal() and len(number) < 19 else None


def id_of(thing: Any) -> str:
    """The id of something that Stripe shows as an id or in full."""
    return thing if isinstance(thing, str) else getattr(thing, "id", "") or ""


def payment_of(payment_intent: Any, *, now: datetime) -> Payment | None:
    """The payment of a payment intent. If it is ours and not recorded yet, its checkout is
    asked about first: money comes before what is taken off it. None when it is not known
    (yet); raises NotOurs, and stripe.StripeError."""
    reference = id_of(payment_intent)
    if not reference:
        raise NotOurs
    rows = Payment.objects.filter(method=Payment.Method.STRIPE, reference=reference)
    found = rows.select_related("charge").first()
    if found is not None:
        return found
    checkout = checkout_behind(reference)
    if checkout is None:
        return None
    ask_stripe(checkout, now=now)
    return rows.select_related("charge").first()


def checkout_behind(payment_intent: str) -> Checkout | None:
    """The checkout that a payment intent's metadata leads to, asked of Stripe. Raises NotOurs
    for one without our metadata, which each of ours has had from its first moment."""
    try:
        intent = stripe_client().v1.payment_intents.retrieve(payment_intent)
    except stripe.InvalidRequestError as error:
        if error.code != "resource_missing":
            raise
        return None
    number = number_of(intent, "checkout")
    if number is None:
        raise NotOurs
    return Checkout.objects.select_related("charge").filter(pk=number).first()


@transaction.atomic
def _import(payment: Payment, theirs: stripe.Refund, *, now: datetime) -> Refund:
    """Write down a refund that was started on Stripe's side; once, under the charge's lock."""
    charge: Charge = lock(payment.charge)
    refund, is_new = Refund.objects.get_or_create(
        reference=theirs.id,
        defaults={
            "charge": charge,
            "payment": payment,
            "amount_cents": theirs.amount,
            "currency": theirs.currency.upper(),
            "reason": FOREIGN_REASON,
            "flag": Refund.Flag.FOREIGN,
            "flagged_at": now,
            "requested_at": now,
        },
    )
    if is_new:
        record(
            "refund.imported",
            refund,
            by=None,
            subject=charge.user,
            charge=charge.pk,
            amount_cents=refund.amount_cents,
            currency=refund.currency,
        )
        if charge.moved_to_id is not None:
            # What went back paid for another charge: it came home for that, and counts there as
            # money that went back.
            follow_on(charge, reason=FOREIGN_REASON, now=now, refund=refund)
    return refund


def sweep_refunds(now: datetime | None = None) -> list[int]:
    """Send refunds whose task was lost or that Stripe did not take the last time, each in a
    task of its own; returns their numbers."""
    now = now or timezone.now()
    waiting = Refund.objects.filter(
        Q(asked_at=None, requested_at__lte=now - timedelta(minutes=1))
        | Q(asked_at__lte=now - AGAIN_AFTER),
        state=State.REQUESTED,
        payment__method=Payment.Method.STRIPE,
    )
    ids = list(waiting.order_by("requested_at").values_list("pk", flat=True)[:500])
    for pk in ids:
        enqueue("payments.send_refund", pk)
    return ids
