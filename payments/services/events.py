"""Stripe's events: verified, stored once, answered at once, handled afterwards.

An event only says where to look: the object is fetched again, so order, age and number of
copies do not matter.
"""

import json
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

import stripe
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.gateway import stripe_client, webhook_secret
from payments.models import Checkout, ForTheOffice, StripeEvent
from payments.services.checkouts import ask_stripe
from payments.services.disputes import take_in_dispute
from payments.services.stripe_refunds import NotOurs, refunds_at_stripe, take_in_refund
from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.background import enqueue
from scip.requirements import Refusal

# Seconds by which an event's signature may be older or younger than our clock.
TOLERANCE = 300
CHECKOUT_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
REFUND_EVENTS = frozenset(
    {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
)
CHARGE_EVENTS = frozenset({"charge.refunded"})
DISPUTE_EVENTS = frozenset(
    {
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)
# What Stripe's endpoint has to be subscribed to (docs/payments.md); all else is recorded only.
EVENTS = CHECKOUT_EVENTS | REFUND_EVENTS | CHARGE_EVENTS | DISPUTE_EVENTS
UNKNOWN = "unknown object"
OUR_NUMBERS = ("charge", "checkout", "refund")
# How long an event about an object that we do not know is tried again.
PATIENCE = timedelta(days=3)


class SignatureRefused(Exception):
    """The request was not signed by Stripe, or not now."""


def receive_event(payload: bytes, signature: str, *, now: datetime | None = None) -> bool:
    """Verify and store one event; True if it is new. It is handled after commit, by a worker.

    Raises SignatureRefused for a missing, wrong, old or future signature and for a body that
    is no event: nothing is stored then.
    """
    now = now or timezone.now()
    try:
        text = payload.decode()
        stripe.WebhookSignature.verify_header(text, signature, webhook_secret(), TOLERANCE)
        refuse_future(signature, now)
        event = json.loads(text)
        row = StripeEvent(
            event_id=event["id"],
            type=event["type"][:80],
            object_id=event["data"]["object"].get("id") or "",
            payload=kept_part(event),
            received_at=now,
            due_at=now + timedelta(seconds=60),
        )
    except (
        stripe.SignatureVerificationError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
        raise SignatureRefused(str(error)) from error
    return store_once(row)


def store_once(row: StripeEvent) -> bool:
    """Store a new event and hand it to a worker; False when it is here already.

    One statement needs no transaction around it, and Stripe waits for each of our round trips.
    Inside somebody else's transaction a savepoint keeps a copy's refusal from breaking it.
    """
    try:
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    enqueue("payments.handle_event", row.event_id)
    return True


def refuse_future(signature: str, now: datetime) -> None:
    """The library lets signatures from the future pass; they would stay replayable."""
    stamps = [part[2:] for part in signature.split(",") if part.startswith("t=")]
    if len(stamps) != 1 or int(stamps[0]) > now.timestamp() + TOLERANCE:
        raise ValueError("signed in the future")


def kept_part(event: dict[str, object]) -> dict[str, object]:
    """What is kept of an event: enough to find it again at Stripe, no personal data."""
    data = event["data"]
    thing = data["object"] if isinstance(data, dict) else {}
    return {
        "created": event.get("created"),
        "api_version": event.get("api_version"),
        "livemode": event.get("livemode"),
        "object": thing.get("object"),
        "metadata": our_numbers(thing.get("metadata") or {}),
    }


def our_numbers(metadata: dict[str, object]) -> dict[str, object]:
    """What of an object's metadata leads to our rows; other sites on the same account may have
    written names there."""
    return {name: metadata[name] for name in OUR_NUMBERS if name in metadata}


def handle_event(event_id: str, *, now: datetime | None = None) -> str:
    """Do what an event asks for and return the outcome (empty: to be tried again).

    The next try is planned before anything is done, so a killed worker costs only time.
    """
    now = now or timezone.now()
    event = StripeEvent.objects.get(event_id=event_id)
    if event.handled_at is not None:
        return event.outcome
    wait = timedelta(seconds=min(30 * 2**event.attempts, 3600))
    StripeEvent.objects.filter(pk=event.pk).update(attempts=F("attempts") + 1, due_at=now + wait)
    outcome = act_on(event, now)
    if outcome:
        result: dict[str, Any] = {"handled_at": now, "outcome": outcome}
        if outcome == UNKNOWN:
            result |= {"flag": "unknown", "flagged_at": now}
        StripeEvent.objects.filter(pk=event.pk, handled_at=None).update(**result)
    return outcome


def act_on(event: StripeEvent, now: datetime) -> str:
    """The outcome; an empty text when Stripe is away or the object is not known (yet)."""
    if event.type not in EVENTS:
        return "ignored"
    try:
        outcome = follow(event, now)
    except NotOurs:
        return "not ours"
    except stripe.StripeError as error:
        is_missing = isinstance(error, stripe.InvalidRequestError)
        if not (is_missing and error.code == "resource_missing"):
            waits = f"waits: {type(error).__name__}"
            StripeEvent.objects.filter(pk=event.pk).update(outcome=waits)
            return ""
        outcome = ""
    return outcome or (UNKNOWN if now - event.received_at > PATIENCE else "")


def follow(event: StripeEvent, now: datetime) -> str:
    """Ask Stripe how the event's object stands now and apply it; the state here, or an empty
    text for what is not known. Raises NotOurs, and stripe.StripeError."""
    if event.type in CHECKOUT_EVENTS:
        checkout = checkout_of(event)
        return ask_stripe(checkout, now=now).state if checkout else ""
    if event.type in DISPUTE_EVENTS:
        dispute = take_in_dispute(stripe_client().v1.disputes.retrieve(event.object_id), now=now)
        return dispute.state if dispute else ""
    if event.type in REFUND_EVENTS:
        theirs = [stripe_client().v1.refunds.retrieve(event.object_id)]
    else:
        theirs = refunds_at_stripe({"charge": event.object_id})
    refunds = [take_in_refund(refund, now=now) for refund in theirs]
    if not refunds or None in refunds:
        return ""
    return ", ".join(sorted({refund.state for refund in refunds if refund}))


def ask_event_again(event: StripeEvent, *, by: User, now: datetime | None = None) -> str:
    """Follow an event that had to be given up as unknown once more; returns the outcome.

    Raises Refusal when Stripe cannot be asked, or its object is still not known; then nothing
    changes. Side effect: what is known now leaves the office's look-list. Call it outside a
    transaction.
    """
    now = now or timezone.now()
    try:
        outcome = follow(event, now)
    except NotOurs:
        outcome = "not ours"
    except stripe.StripeError as error:
        if getattr(error, "code", "") != "resource_missing":
            raise Refusal(
                _("Stripe can’t be reached right now. Please try again in a few minutes.")
            ) from None
        outcome = ""
    if not outcome:
        raise Refusal(
            _("It is still not known. Stripe’s dashboard finds it by its number; see below.")
        )
    note = _("Asked again: {outcome}").format(outcome=outcome)
    with transaction.atomic():
        StripeEvent.objects.filter(pk=event.pk).update(outcome=outcome)
        mark_event_looked_at(event, by=by, note=note, now=now)
    return outcome


@transaction.atomic
def mark_event_looked_at(
    event: StripeEvent, *, by: User, note: str, now: datetime | None = None
) -> None:
    """The office has looked at an event about something unknown; the note says what was done."""
    now = now or timezone.now()
    waiting = StripeEvent.objects.filter(ForTheOffice.WAITS, pk=event.pk)
    if waiting.update(looked_at=now, looked_by=by, look_note=note[:300]):
        record("stripeevent.looked_at", event, by=by, note=fingerprint(note))


def checkout_of(event: StripeEvent) -> Checkout | None:
    """The checkout of an event's session.

    One that lost Stripe's answer when it was opened is found by the metadata of the signed event,
    and learns its session here.
    """
    known = Checkout.objects.select_related("charge").filter(session_id=event.object_id).first()
    if known is not None:
        return known
    number, charge = (
        str(event.payload.get("metadata", {}).get(name, "")) for name in ("checkout", "charge")
    )
    if not (number.isdecimal() and charge.isdecimal()):
        return None
    # Both numbers have to fit: another site on the same account may count its checkouts, too.
    lost = Checkout.objects.filter(pk=int(number), charge=int(charge), session_id=None)
    lost.update(session_id=event.object_id)
    return Checkout.objects.select_related("charge").filter(session_id=event.object_id).first()


def sweep_events(now: datetime | None = None) -> list[str]:
    """Take up events whose task was lost or whose next try is due; returns their ids."""
    now = now or timezone.now()
    due = StripeEvent.objects.filter(handled_at=None, due_at__lte=now)
    ids = list(due.order_by("due_at").values_list("event_id", flat=True)[:500])
    for event_id in ids:
        enqueue("payments.handle_event", event_id)
    return ids
