"""The library's real HTTP path, against the practice API behind a loopback server."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection

from payments import services
from payments.gateway import stripe_client
from payments.models import Checkout, SandboxObject
from payments.sandbox import desk
from payments.sandbox.api import respond
from scip.requirements import Refusal
from tests.payments.conftest import PAGES, TERMS, Till, post_event

SECRET = "whsec_loopback"
pytestmark = pytest.mark.django_db(transaction=True)


class StripeApi(BaseHTTPRequestHandler):
    """Stripe's API on loopback; ``down`` answers 503, as Stripe does on a bad day."""

    down = False
    seen: list[tuple[str, str, str]] = []

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.seen.append((self.command, self.path, self.headers.get("Stripe-Version", "")))
        if self.down:
            status, content = 503, {"error": {"type": "api_error", "message": "down"}}
        else:
            key = self.headers.get("Idempotency-Key", "")
            found = respond(self.command, self.path, body, idempotency_key=key)
            status, content = found.status, found.body
            connection.close()
        encoded = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(encoded)))
        self.send_header("Stripe-Should-Retry", "false")
        self.end_headers()
        self.wfile.write(encoded)

    do_GET = do_POST = answer

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def api(settings) -> Iterator[type[StripeApi]]:
    StripeApi.down, StripeApi.seen = False, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), StripeApi)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test_loopback", SECRET
    settings.STRIPE_API_BASE = f"http://127.0.0.1:{server.server_port}"
    yield StripeApi
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_payment_travels_over_http_with_the_pinned_version(api, till: Till):
    checkout = till.pay()
    for body in till.events():
        assert post_event(body, secret=SECRET) == 200
        services.handle_event(body["id"])
    checkout.refresh_from_db()
    assert checkout.state == "paid"
    assert services.balance(till.charge).is_settled
    assert [(method, path.split("?")[0]) for method, path, _ in api.seen] == [
        ("POST", "/v1/customers"),
        ("POST", "/v1/checkout/sessions"),
        ("GET", f"/v1/checkout/sessions/{checkout.session_id}"),
    ]
    assert {version for _, _, version in api.seen} == {"2026-10-28.endive"}


def test_with_stripe_away_nothing_is_lost_and_the_same_checkout_opens_later(api, till: Till):
    stripe_client().v1.customers.create({"email": "warm@example.com"})
    api.down = True
    with pytest.raises(Refusal, match="cannot be reached"):
        till.open()
    assert till.charge.checkouts.get().session_id is None
    api.down = False
    checkout = till.pay()
    assert Checkout.objects.get() == checkout
    assert SandboxObject.objects.filter(kind="checkout.session").count() == 1
    api.down = True
    report = services.reconcile()
    assert report.asked == 1
    assert [line.split(":")[0] for line in report.unanswered] == [
        f"checkout {checkout.pk}",
        "list",
    ]
    body = till.events()[-1]
    post_event(body, secret=SECRET)
    assert services.handle_event(body["id"]) == "", "to be tried again"
    api.down = False
    assert services.handle_event(body["id"]) == "paid"


def test_without_a_connection_the_person_reads_a_sentence(api, till: Till, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(Refusal, match="cannot be reached"):
        services.start_checkout(till.charge, by=till.charge.user, **PAGES)
    assert services.reconcile().asked == 1


def test_a_customer_removed_at_stripe_blocks_one_try_only(api, till: Till):
    checkout = till.open()
    desk.pay(checkout.session_id)
    services.ask_stripe(checkout)
    SandboxObject.objects.filter(kind="customer").delete()
    other = Till(
        services.open_charge(
            till.charge.user,
            purpose="x",
            description="Another",
            amount_cents=5000,
            currency="USD",
            due_at=till.charge.due_at,
            refund_terms=TERMS,
        )
    )
    with pytest.raises(Refusal, match="cannot be reached"):
        other.open()
    assert other.charge.checkouts.get().state == "failed"
    other.pay()
    assert services.reconcile().changed[0].endswith("open → paid")
