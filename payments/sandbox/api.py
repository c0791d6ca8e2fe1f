"""The part of Stripe's API that we use, answered from our own tables.

Customers, Checkout Sessions (create, retrieve, expire) with payment intents, idempotency
keys, and errors in Stripe's form. What it refuses, Stripe refuses too.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from payments.models import SandboxObject, SandboxRequest
from payments.sandbox.events import queue_event
from payments.sandbox.wire import parse_form

SHORTEST, LONGEST = timedelta(minutes=30), timedelta(hours=24)
SMALLEST_CENTS = 50
CLOCK_SLACK = timedelta(seconds=90)  # clocks differ a little


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


def respond(method: str, url: str, encoded: str, *, idempotency_key: str = "") -> Answer:
    """Answer one request. A repeated idempotency key gets the first answer again."""
    parts = urlsplit(url)
    params = parse_form(encoded or parts.query)
    route = (method.upper(), *parts.path.strip("/").split("/")[1:])
    try:
        with transaction.atomic():
            if not idempotency_key or method.upper() == "GET":
                return Answer(200, _act(route, params))
            return _once(idempotency_key, route, params)
    except Refused as refusal:
        return refusal.answer


def _once(key: str, route: tuple[str, ...], params: dict[str, Any]) -> Answer:
    fingerprint = hashlib.sha256(repr((route, params)).encode()).hexdigest()
    # The key's row is the lock: a second request with the same key waits here.
    SandboxRequest.objects.bulk_create(
        [SandboxRequest(key=key, fingerprint=fingerprint, answer={})], ignore_conflicts=True
    )
    known = SandboxRequest.objects.select_for_update().get(key=key)
    if known.fingerprint != fingerprint:
        raise Refused(
            "Keys for idempotent requests can only be used with the same parameters.",
            kind="idempotency_error",
        )
    if not known.answer:
        known.answer = _act(route, params)
        known.save(update_fields=["answer"])
    return Answer(200, known.answer)


def _act(route: tuple[str, ...], params: dict[str, Any]) -> dict[str, Any]:
    match route:
        case ("POST", "customers"):
            return _create_customer(params)
        case ("POST", "checkout", "sessions"):
            return _create_session(params)
        case ("GET", "checkout", "sessions", session_id):
            return shown(find(session_id, kind="checkout.session"), params)
        case ("POST", "checkout", "sessions", session_id, "expire"):
            return shown(_expire(find(session_id, kind="checkout.session")), params)
    raise Refused(f"Unrecognized request URL {route}.", status=404)


def find(object_id: str, *, kind: str) -> SandboxObject:
    """The object under a row lock, brought up to date; Refused (404) if there is none."""
    found = SandboxObject.objects.select_for_update().filter(object_id=object_id, kind=kind).first()
    if found is None:
        raise Refused(f"No such {kind}: '{object_id}'", status=404, code="resource_missing")
    if kind == "checkout.session":
        follow_the_clock(found, timezone.now())
    return found


def follow_the_clock(session: SandboxObject, now: datetime) -> None:
    """What happens by itself: an open session ends, slow money arrives. Call under lock."""
    if session.body["status"] == "open" and session.body["expires_at"] <= now.timestamp():
        _end(session)
    if session.settles_at is not None and session.settles_at <= now:
        session.settles_at = None
        intent = SandboxObject.objects.get(object_id=session.body["payment_intent"])
        intent.body |= {"status": "succeeded", "amount_received": intent.body["amount"]}
        intent.save(update_fields=["body"])
        session.body["payment_status"] = "paid"
        session.save(update_fields=["body", "settles_at"])
        queue_event("payment_intent.succeeded", intent.body)
        queue_event("checkout.session.async_payment_succeeded", session.body)


def _expire(session: SandboxObject) -> SandboxObject:
    if session.body["status"] != "open":
        raise Refused("Only Checkout Sessions with a status in [open] can be expired.")
    _end(session)
    return session


def _end(session: SandboxObject) -> None:
    session.body |= {"status": "expired", "url": None}
    session.save(update_fields=["body"])
    queue_event("checkout.session.expired", session.body)


def shown(session: SandboxObject, params: dict[str, Any]) -> dict[str, Any]:
    """The session's body, with the payment intent in full if it was asked for."""
    body = dict(session.body)
    if "payment_intent" in params.get("expand", []) and body["payment_intent"]:
        body["payment_intent"] = SandboxObject.objects.get(object_id=body["payment_intent"]).body
    return body


def keep(kind: str, prefix: str, body: dict[str, Any], **fields: Any) -> SandboxObject:
    """Store a new object under an id of Stripe's form."""
    object_id = f"{prefix}_{secrets.token_hex(16)}"
    created = int(timezone.now().timestamp())
    full = {"id": object_id, "object": kind, "created": created, "livemode": False} | body
    return SandboxObject.objects.create(object_id=object_id, kind=kind, body=full, **fields)


def _create_customer(params: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {key: params.get(key) for key in ("email", "name")}
    body["metadata"] = params.get("metadata", {})
    return keep("customer", "cus", body).body  # type: ignore[no-any-return]


def _create_session(params: dict[str, Any]) -> dict[str, Any]:
    now = timezone.now()
    lines = params.get("line_items") or []
    success_url, cancel_url = params.get("success_url"), params.get("cancel_url")
    if params.get("mode") != "payment" or not lines or not success_url:
        raise Refused("A payment needs mode, line_items and success_url.")
    prices = [line["price_data"] for line in lines]
    amount = sum(
        int(price["unit_amount"]) * int(line["quantity"])
        for line, price in zip(lines, prices, strict=True)
    )
    if amount < SMALLEST_CENTS:
        raise Refused("The total must be at least 0.50.", code="amount_too_small")
    ends = int(params.get("expires_at") or (now + LONGEST).timestamp())
    shortest, longest = now + SHORTEST - CLOCK_SLACK, now + LONGEST + CLOCK_SLACK
    if not shortest.timestamp() <= ends <= longest.timestamp():
        raise Refused("expires_at must lie between 30 minutes and 24 hours from now.")
    if customer := params.get("customer"):
        find(customer, kind="customer")
    session = keep(
        "checkout.session",
        "cs_test",
        {
            "amount_subtotal": amount,
            "amount_total": amount,
            "cancel_url": cancel_url,
            "client_reference_id": params.get("client_reference_id"),
            "currency": prices[0]["currency"],
            "customer": customer,
            "description": prices[0].get("product_data", {}).get("name", ""),
            "expires_at": ends,
            "metadata": params.get("metadata", {}),
            "mode": "payment",
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": success_url,
        },
    )
    # The page stands on the same site as the one that the person comes back to.
    page = reverse("payments:sandbox", args=[session.object_id])
    session.body["url"] = urljoin(success_url, page)
    session.save(update_fields=["body"])
    return session.body  # type: ignore[no-any-return]
