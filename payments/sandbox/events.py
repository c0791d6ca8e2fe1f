"""Events of the practice checkout: signed as Stripe signs, posted to our own webhook."""

import json
import secrets
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from typing import Any

import stripe
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from payments.models import SandboxEvent
from scip.background import enqueue

PATIENCE = timedelta(days=3)


def queue_event(kind: str, body: dict[str, Any]) -> SandboxEvent:
    """Write an event about an object; it is posted after commit, and again until it arrives."""
    event_id = f"evt_{secrets.token_hex(12)}"
    now = timezone.now()
    event = SandboxEvent.objects.create(
        event_id=event_id,
        due_at=now,
        body={
            "id": event_id,
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": int(now.timestamp()),
            "data": {"object": body},
            "livemode": False,
            "pending_webhooks": 1,
            "type": kind,
        },
    )
    enqueue("payments.sandbox_deliver", event_id)
    return event


def sign(body: dict[str, Any], secret: str, *, at: datetime | None = None) -> tuple[str, str]:
    """The request body of an event and its ``Stripe-Signature`` header, signed at ``at``."""
    payload = json.dumps(body)
    stamp = int((at or timezone.now()).timestamp())
    return payload, stripe.WebhookSignature.generate_signature_header(payload, secret, stamp)


def deliver(event: SandboxEvent, secret: str, *, now: datetime | None = None) -> bool:
    """Post one event to the webhook at SITE_URL; True if it was taken.

    When it is not taken, the next try is planned (10, 20, 40 … seconds, an hour at most).
    """
    now = now or timezone.now()
    payload, signature = sign(event.body, secret)
    request = urllib.request.Request(  # noqa: S310 - our own address, from the settings
        settings.SITE_URL + reverse("payments:webhook"),
        data=payload.encode(),
        headers={"Content-Type": "application/json", "Stripe-Signature": signature},
    )
    event.attempts += 1
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            event.delivered_at = now if response.status == 200 else None
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        event.delivered_at = None
    event.due_at = now + timedelta(seconds=min(10 * 2 ** (event.attempts - 1), 3600))
    event.save(update_fields=["attempts", "delivered_at", "due_at"])
    return event.delivered_at is not None


def waiting_events(now: datetime | None = None) -> list[SandboxEvent]:
    """Events whose time to be posted (again) has come, oldest first; given up after 3 days."""
    now = now or timezone.now()
    return list(
        SandboxEvent.objects.filter(
            delivered_at=None, due_at__lte=now, created_at__gt=now - PATIENCE
        ).order_by("created_at")[:100]
    )
