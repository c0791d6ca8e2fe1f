"""What a person does on the practice checkout page."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from payments.models import SandboxObject
from payments.sandbox.api import find, follow_the_clock, keep
from payments.sandbox.events import queue_event

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
def pay(session_id: str, *, slowly: bool = False) -> dict[str, Any]:
    """Pay at once, or by a slow method whose money arrives after a minute.

    Raises CheckoutClosed if the session has ended or is paid already: nothing is paid twice.
    """
    session = _open_session(session_id)
    intent = _intent(session, "processing" if slowly else "succeeded")
    session.body |= {
        "payment_intent": intent.object_id,
        "payment_status": "unpaid" if slowly else "paid",
        "status": "complete",
        "url": None,
    }
    session.settles_at = timezone.now() + SLOW if slowly else None
    session.save(update_fields=["body", "settles_at"])
    if not slowly:
        queue_event("payment_intent.succeeded", intent.body)
    queue_event("checkout.session.completed", session.body)
    return session.body  # type: ignore[no-any-return]


@transaction.atomic
def decline(session_id: str) -> dict[str, Any]:
    """The card is declined: nothing is taken, the session stays open for another try."""
    session = _open_session(session_id)
    intent = _intent(session, "requires_payment_method")
    queue_event("payment_intent.payment_failed", intent.body)
    return session.body  # type: ignore[no-any-return]


@transaction.atomic
def slow_payment_fails(session_id: str) -> None:
    """The slow payment does not arrive (used by tests and drills)."""
    session = find(session_id, kind="checkout.session")
    intent = SandboxObject.objects.get(object_id=session.body["payment_intent"])
    intent.body["status"] = "requires_payment_method"
    intent.save(update_fields=["body"])
    session.settles_at = None
    session.save(update_fields=["settles_at"])
    queue_event("checkout.session.async_payment_failed", session.body)


def follow_clocks() -> None:
    """Let time pass for sessions that wait for slow money or whose end has come."""
    now = timezone.now()
    waiting = SandboxObject.objects.filter(kind="checkout.session").exclude(body__status="expired")
    due = waiting.filter(settles_at__lte=now) | waiting.filter(
        body__status="open", body__expires_at__lte=now.timestamp()
    )
    for object_id in list(due.values_list("object_id", flat=True)[:100]):
        with transaction.atomic():
            find(object_id, kind="checkout.session")


def _open_session(session_id: str) -> SandboxObject:
    session = find(session_id, kind="checkout.session")
    follow_the_clock(session, timezone.now())
    if session.body["status"] != "open":
        raise CheckoutClosed(session.body)
    return session


def _intent(session: SandboxObject, status: str) -> SandboxObject:
    amount = session.body["amount_total"]
    return keep(
        "payment_intent",
        "pi",
        {
            "amount": amount,
            "amount_received": amount if status == "succeeded" else 0,
            "currency": session.body["currency"],
            "customer": session.body["customer"],
            "metadata": session.body["metadata"],
            "status": status,
        },
    )
