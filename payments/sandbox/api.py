"""The part of Stripe's API that we use, answered from our own tables.

Customers, Checkout Sessions (create, retrieve, expire), payment intents, refunds, disputes,
idempotency keys, and errors in Stripe's form. What it refuses, Stripe refuses too.
"""

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from payments.models import SandboxObject, SandboxRequest
from payments.sandbox import money_back
from payments.sandbox.store import Answer, Refused, body_of, end, find, keep
from payments.sandbox.wire import parse_form

SHORTEST, LONGEST = timedelta(minutes=30), timedelta(hours=24)
SMALLEST_CENTS = 50
CLOCK_SLACK = timedelta(seconds=90)  # clocks differ a little


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
        case ("GET", "payment_intents", intent_id):
            return body_of(find(intent_id, kind="payment_intent"))
        case ("POST", "refunds"):
            return body_of(money_back.create_refund(params))
        case ("GET", "refunds" | "disputes" as collection):
            return money_back.listed(collection, params)
        case ("GET", "refunds", refund_id):
            return body_of(find(refund_id, kind="refund"))
        case ("GET", "disputes", dispute_id):
            return body_of(find(dispute_id, kind="dispute"))
    raise Refused(f"Unrecognized request URL {route}.", status=404)


def _expire(session: SandboxObject) -> SandboxObject:
    if session.body["status"] != "open":
        raise Refused("Only Checkout Sessions with a status in [open] can be expired.")
    end(session)
    return session


def shown(session: SandboxObject, params: dict[str, Any]) -> dict[str, Any]:
    """The session's body; with its payment intent, charge and booking in full if they were
    asked for."""
    body = dict(session.body)
    wanted = {name for path in params.get("expand", []) for name in path.split(".")}
    if "payment_intent" in wanted and body["payment_intent"]:
        intent = SandboxObject.objects.get(object_id=body["payment_intent"])
        body["payment_intent"] = dict(intent.body)
        if "latest_charge" in wanted:
            body["payment_intent"]["latest_charge"] = money_back.charge_of(intent)
    return body


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
