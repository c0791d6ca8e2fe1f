"""The practice checkout's objects: kept, found, and moved on by the clock."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from payments.models import SandboxObject
from payments.sandbox.events import queue_event

# On a payment intent: its slow money will not arrive. Ours alone; Stripe has test accounts for it.
FAILS = "sandbox_fails"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: HTTP status and JSON body."""

    status: int
    body: dict[str, Any]


class Refused(Exception):
    """An error in Stripe's form."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str = "",
    ) -> None:
        super().__init__(message)
        error = {"type": kind, "message": message}
        self.answer = Answer(status, {"error": error | ({"code": code} if code else {})})


def find(object_id: str, *, kind: str) -> SandboxObject:
    """The object under a row lock, brought up to date; Refused (404) if there is none."""
    found = SandboxObject.objects.select_for_update().filter(object_id=object_id, kind=kind).first()
    if found is None:
        raise Refused(f"No such {kind}: '{object_id}'", status=404, code="resource_missing")
    follow_the_clock(found, timezone.now())
    return found


def body_of(thing: SandboxObject) -> dict[str, Any]:
    """An object as the API shows it."""
    return thing.body  # type: ignore[no-any-return]


def follow_the_clock(thing: SandboxObject, now: datetime) -> None:
    """What happens by itself: an open session ends, slow money arrives, either way. Call
    under lock."""
    if thing.kind == "checkout.session":
        if thing.body["status"] == "open" and thing.body["expires_at"] <= now.timestamp():
            end(thing)
        if thing.settles_at is not None and thing.settles_at <= now:
            _slow_money_arrives(thing)
    elif thing.kind == "refund" and thing.settles_at is not None and thing.settles_at <= now:
        thing.settles_at = None
        thing.body["status"] = "succeeded"
        thing.save(update_fields=["body", "settles_at"])
        queue_event("refund.updated", thing.body)


def _slow_money_arrives(session: SandboxObject) -> None:
    intent = SandboxObject.objects.get(object_id=session.body["payment_intent"])
    if intent.body.get(FAILS):
        slow_money_fails(session)
        return
    session.settles_at = None
    intent.body |= {"status": "succeeded", "amount_received": intent.body["amount"]}
    intent.save(update_fields=["body"])
    book(intent)
    session.body["payment_status"] = "paid"
    session.save(update_fields=["body", "settles_at"])
    queue_event("payment_intent.succeeded", intent.body)
    queue_event("checkout.session.async_payment_succeeded", session.body)


def slow_money_fails(session: SandboxObject) -> None:
    """The payer's bank does not send it after all. Call under the session's lock."""
    intent = SandboxObject.objects.get(object_id=session.body["payment_intent"])
    intent.body["status"] = "requires_payment_method"
    intent.save(update_fields=["body"])
    session.settles_at = None
    session.save(update_fields=["settles_at"])
    queue_event("checkout.session.async_payment_failed", session.body)


def book(intent: SandboxObject) -> SandboxObject:
    """The money of an intent has arrived: Stripe's own booking of it, with its moment."""
    return keep(
        "balance_transaction",
        "txn",
        {
            "amount": intent.body["amount_received"],
            "currency": intent.body["currency"],
            "source": intent.body["latest_charge"],
            "type": "charge",
        },
    )


def end(session: SandboxObject) -> None:
    """The session takes no money any more."""
    session.body |= {"status": "expired", "url": None}
    session.save(update_fields=["body"])
    queue_event("checkout.session.expired", session.body)


def keep(kind: str, prefix: str, body: dict[str, Any], **fields: Any) -> SandboxObject:
    """Store a new object under an id of Stripe's form."""
    object_id = f"{prefix}_{secrets.token_hex(16)}"
    created = int(timezone.now().timestamp())
    full = {"id": object_id, "object": kind, "created": created, "livemode": False} | body
    return SandboxObject.objects.create(object_id=object_id, kind=kind, body=full, **fields)
