"""Refunds and disputes of the practice checkout, as Stripe shows them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from payments.models import SandboxObject
from payments.sandbox.events import queue_event
from payments.sandbox.store import Refused, find, keep

# Money that came slowly goes back slowly; a card's goes at once.
SLOW = timedelta(seconds=60)
GONE = ("pending", "requires_action", "succeeded")
KINDS = {"refunds": "refund", "disputes": "dispute"}


def create_refund(params: dict[str, Any]) -> SandboxObject:
    """A refund of a payment intent; refused beyond what is left, or while a bank disputes it."""
    intent = find(str(params.get("payment_intent", "")), kind="payment_intent")
    if intent.body["status"] != "succeeded":
        raise Refused("This PaymentIntent has no successful charge to refund.")
    charge = intent.body["latest_charge"]
    disputes = SandboxObject.objects.filter(
        kind="dispute", body__charge=charge, body__balance_transactions__0__isnull=False
    )
    if disputes.exclude(body__status="won").exists():
        raise Refused(f"Charge {charge} has been charged back.", code="charge_disputed")
    left = intent.body["amount_received"] - refunded_cents(charge)
    amount = int(params.get("amount") or left)
    if not left:
        raise Refused(f"Charge {charge} has already been refunded.", code="charge_already_refunded")
    if not 0 < amount <= left:
        raise Refused(f"Refund amount ({amount}) is greater than what is left ({left}).")
    is_slow = intent.body["payment_method_types"] != ["card"]
    refund = keep(
        "refund",
        "re",
        {
            "amount": amount,
            "charge": charge,
            "currency": intent.body["currency"],
            "failure_reason": None,
            "metadata": params.get("metadata", {}),
            "payment_intent": intent.object_id,
            "reason": params.get("reason"),
            "status": "pending" if is_slow else "succeeded",
        },
        settles_at=timezone.now() + SLOW if is_slow else None,
    )
    queue_event("refund.created", refund.body)
    queue_event("charge.refunded", charge_of(intent))
    return refund


def refunded_cents(charge: str) -> int:
    """What went back or is on its way back."""
    refunds = SandboxObject.objects.filter(
        kind="refund", body__charge=charge, body__status__in=GONE
    )
    return sum(refund.body["amount"] for refund in refunds)


def charge_of(intent: SandboxObject) -> dict[str, Any]:
    """Stripe's charge object of a payment intent, made up from it when it is shown; its
    booking is there once the money is."""
    refunded = refunded_cents(intent.body["latest_charge"])
    bookings = SandboxObject.objects.filter(
        kind="balance_transaction", body__source=intent.body["latest_charge"]
    )
    booking = bookings.first()
    return {
        "balance_transaction": booking.body if booking else None,
        "created": intent.body["created"],
        "id": intent.body["latest_charge"],
        "object": "charge",
        "amount": intent.body["amount"],
        "amount_refunded": refunded,
        "currency": intent.body["currency"],
        "metadata": intent.body["metadata"],
        "payment_intent": intent.object_id,
        "refunded": refunded == intent.body["amount"],
    }


def listed(collection: str, params: dict[str, Any]) -> dict[str, Any]:
    """One page of a list, newest first, in Stripe's form."""
    rows = SandboxObject.objects.filter(kind=KINDS[collection])
    for name in ("charge", "payment_intent"):
        if value := params.get(name):
            rows = rows.filter(**{f"body__{name}": value})
    since = params.get("created", {}).get("gte")
    if since is not None:
        rows = rows.filter(body__created__gte=int(since))
    if after := params.get("starting_after"):
        last = find(after, kind=KINDS[collection])
        rows = rows.filter(created_at__lt=last.created_at)
    limit = int(params.get("limit", 10))
    page = list(rows.order_by("-created_at")[: limit + 1])
    return {
        "object": "list",
        "url": f"/v1/{collection}",
        "has_more": len(page) > limit,
        "data": [row.body for row in page[:limit]],
    }
