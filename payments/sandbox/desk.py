"""What a person does on the practice checkout page; and what the office or a bank does on
Stripe's own side."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from payments.models import SandboxObject
from payments.sandbox.events import queue_event
from payments.sandbox.money_back import create_refund
from payments.sandbox.store import (
    FAILS,
    book,
    end,
    find,
    follow_the_clock,
    keep,
    slow_money_fails,
)

SLOW = timedelta(seconds=60)


class CheckoutClosed(Exception):
    """The session is not open any more; ``session`` says how it ended."""

    def __init__(self, session: dict[str, Any]) -> None:
        super().__init__(session["status"])
        self.session = session


def look_at(session_id: str) -> dict[str, Any] | None:
    """The session as it is stored, or None if there is none. Changes nothing."""
    found = SandboxObject.objects.filter(object_id=session_id, kind="checkout.session").first()
    return found.body if found else None


@transaction.atomic
def pay(session_id: str, *, slowly: bool = False, in_vain: bool = False) -> dict[str, Any]:
    """Pay at once, or by a slow method whose money arrives after a minute (``in_vain``: which
    fails after a minute).

    Raises CheckoutClosed if the session has ended or is paid already: nothing is paid twice.
    """
    session = _open_session(session_id)
    intent = _intent(session, "processing" if slowly else "succeeded", slowly=slowly)
    session.body |= {
        "payment_intent": intent.object_id,
        "payment_status": "unpaid" if slowly else "paid",
        "status": "complete",
        "url": None,
    }
    if slowly and in_vain:
        intent.body[FAILS] = True
        intent.save(update_fields=["body"])
    session.settles_at = timezone.now() + SLOW if slowly else None
    session.save(update_fields=["body", "settles_at"])
    if not slowly:
        book(intent)
        queue_event("payment_intent.succeeded", intent.body)
    queue_event("checkout.session.completed", session.body)
    return session.body  # type: ignore[no-any-return]


@transaction.atomic
def paid_before(cents: int, currency: str, *, at: datetime, metadata: dict[str, str]) -> str:
    """Money of the past (the demo's history), for which nobody opened a checkout here; returns
    the payment intent's id. It can go back and be disputed like any other; no event tells of it."""
    moment = int(at.timestamp())
    intent = keep(
        "payment_intent",
        "pi",
        {
            "amount": cents,
            "amount_received": cents,
            "created": moment,
            "currency": currency.lower(),
            "customer": None,
            "latest_charge": f"ch_{secrets.token_hex(12)}",
            "metadata": metadata,
            "payment_method_types": ["card"],
            "status": "succeeded",
        },
    )
    booking = book(intent)
    booking.body["created"] = moment
    booking.save(update_fields=["body"])
    return intent.object_id


@transaction.atomic
def decline(session_id: str) -> dict[str, Any]:
    """The card is declined: nothing is taken, the session stays open for another try."""
    session = _open_session(session_id)
    intent = _intent(session, "requires_payment_method")
    queue_event("payment_intent.payment_failed", intent.body)
    return session.body  # type: ignore[no-any-return]


@transaction.atomic
def ask_for_proof(session_id: str) -> dict[str, Any]:
    """The payer's bank asks for a confirmation first (3-D Secure): nothing is taken until then.
    `pay` is the payer's yes, `decline` their no."""
    session = _open_session(session_id)
    intent = _intent(session, "requires_action")
    queue_event("payment_intent.requires_action", intent.body)
    return session.body  # type: ignore[no-any-return]


@transaction.atomic
def run_out(session_id: str) -> dict[str, Any]:
    """The session's time is over before anything was paid."""
    session = _open_session(session_id)
    end(session)
    return session.body  # type: ignore[no-any-return]


@transaction.atomic
def slow_payment_fails(session_id: str) -> None:
    """The slow payment does not arrive, at once (used by tests and drills)."""
    slow_money_fails(find(session_id, kind="checkout.session"))


def follow_clocks() -> None:
    """Let time pass for slow money, either way, and for sessions whose end has come."""
    now = timezone.now()
    sessions = SandboxObject.objects.filter(kind="checkout.session", body__status="open")
    over = sessions.filter(body__expires_at__lte=now.timestamp())
    due = SandboxObject.objects.filter(settles_at__lte=now) | over
    for object_id, kind in list(due.values_list("object_id", "kind")[:100]):
        with transaction.atomic():
            find(object_id, kind=kind)


@transaction.atomic
def refund_at_stripe(payment_intent: str, cents: int) -> dict[str, Any]:
    """Somebody starts a refund in Stripe's own dashboard; raises Refused as Stripe would."""
    return create_refund({"payment_intent": payment_intent, "amount": cents}).body  # type: ignore[no-any-return]


@transaction.atomic
def refund_fails(refund_id: str, reason: str = "expired_or_canceled_card") -> None:
    """The payer's bank does not take a refund, perhaps days after it was sent."""
    refund = find(refund_id, kind="refund")
    refund.body |= {"status": "failed", "failure_reason": reason}
    refund.settles_at = None
    refund.save(update_fields=["body", "settles_at"])
    queue_event("refund.updated", refund.body)
    queue_event("refund.failed", refund.body)
    queue_event("charge.refund.updated", refund.body)


@transaction.atomic
def open_dispute(payment_intent: str, cents: int, *, is_inquiry: bool = False) -> dict[str, Any]:
    """The payer's bank asks for money back; the money is taken unless it only inquires."""
    intent = find(payment_intent, kind="payment_intent")
    due_by = int((timezone.now() + timedelta(days=9)).timestamp())
    dispute = keep(
        "dispute",
        "du",
        {
            "amount": cents,
            "balance_transactions": [],
            "charge": intent.body["latest_charge"],
            "currency": intent.body["currency"],
            "evidence_details": {"due_by": due_by, "has_evidence": False},
            "metadata": {},
            "payment_intent": payment_intent,
            "reason": "fraudulent",
            "status": "warning_needs_response",
        },
    )
    if not is_inquiry:
        _take_disputed(dispute)
    queue_event("charge.dispute.created", dispute.body)
    if not is_inquiry:
        queue_event("charge.dispute.funds_withdrawn", dispute.body)
    return dispute.body  # type: ignore[no-any-return]


@transaction.atomic
def escalate_dispute(dispute_id: str) -> None:
    """An inquiry becomes a dispute: the money is taken."""
    dispute = find(dispute_id, kind="dispute")
    _take_disputed(dispute)
    queue_event("charge.dispute.funds_withdrawn", dispute.body)
    queue_event("charge.dispute.updated", dispute.body)


@transaction.atomic
def close_dispute(dispute_id: str, status: str) -> None:
    """The bank decides: ``won`` (the money comes back), ``lost``, or for an inquiry
    ``warning_closed``."""
    dispute = find(dispute_id, kind="dispute")
    dispute.body["status"] = status
    if status == "won" and dispute.body["balance_transactions"]:
        dispute.body["balance_transactions"].append(_movement(dispute.body["amount"]))
        queue_event("charge.dispute.funds_reinstated", dispute.body)
    dispute.save(update_fields=["body"])
    queue_event("charge.dispute.closed", dispute.body)


def _take_disputed(dispute: SandboxObject) -> None:
    dispute.body["status"] = "needs_response"
    dispute.body["balance_transactions"] = [_movement(-dispute.body["amount"])]
    dispute.save(update_fields=["body"])


def _movement(cents: int) -> dict[str, Any]:
    return {
        "id": f"txn_{secrets.token_hex(12)}",
        "object": "balance_transaction",
        "amount": cents,
        "created": int(timezone.now().timestamp()),
        "type": "adjustment",
    }


def _open_session(session_id: str) -> SandboxObject:
    session = find(session_id, kind="checkout.session")
    follow_the_clock(session, timezone.now())
    if session.body["status"] != "open":
        raise CheckoutClosed(session.body)
    return session


def _intent(session: SandboxObject, status: str, *, slowly: bool = False) -> SandboxObject:
    amount = session.body["amount_total"]
    return keep(
        "payment_intent",
        "pi",
        {
            "amount": amount,
            "amount_received": amount if status == "succeeded" else 0,
            "currency": session.body["currency"],
            "customer": session.body["customer"],
            "latest_charge": f"ch_{secrets.token_hex(12)}",
            "metadata": session.body["metadata"],
            "payment_method_types": ["us_bank_account" if slowly else "card"],
            "status": status,
        },
    )
