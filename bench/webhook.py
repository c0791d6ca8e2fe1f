"""The webhook: how long Stripe waits for its answer, and how long handling takes afterwards."""

import itertools
import json
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from bench.report import Row
from bench.requests import Site
from bench.rounds import REPEATS, Times, alternate
from bench.server import Ask, Load, put_under_load, served
from payments import services
from payments.gateway import webhook_secret
from payments.models import Charge, SandboxEvent
from payments.refund_terms import RefundTerms
from payments.sandbox import desk
from payments.sandbox.events import sign
from scip.accounts.models import User
from tests import world

PATH = "/payments/stripe/webhook/"
CALLS = 200
HANDLED = 60
CONNECTIONS = 16
SECONDS = 5
WARMING = 1
numbers = itertools.count(1)
PAGES = {"success_url": "http://localhost:8000/x/", "cancel_url": "http://localhost:8000/x/"}


def event(kind: str = "customer.updated") -> tuple[bytes, str]:
    """An event that was never sent before, and its signature."""
    body = {
        "id": f"evt_bench_{next(numbers)}",
        "type": kind,
        "data": {"object": {"id": "cus_1", "object": "customer"}},
    }
    payload, header = sign(body, webhook_secret())
    return payload.encode(), header


def webhook_rows() -> list[Row]:
    """Acknowledging, alone and at 16 connections, and handling, each against a bare POST."""
    site = Site()
    body = json.dumps({"id": "x" * 200}).encode()
    bare = {"bare": lambda: site.ask("/bench/post/", body=body)}
    taken = alternate(bare | {"webhook": lambda: acknowledged(site)}, calls=CALLS)
    handling = handler_of(paid_events(HANDLED * REPEATS + 3))
    handled = alternate(bare | {"handled": handling}, calls=HANDLED)
    return [
        *against_bare("acknowledged", taken["webhook"], taken["bare"]),
        *against_bare("event handled", handled["handled"], handled["bare"]),
        Row(
            name="webhook acknowledged, p99 (one connection)",
            value=taken["webhook"].p99,
            unit="ms",
            goal=50,
        ),
        *many_connections(under_load()),
    ]


def acknowledged(site: Site) -> None:
    payload, header = event()
    status, _ = site.ask(PATH, body=payload, headers={"HTTP_STRIPE_SIGNATURE": header}.items())
    assert status == 200


def paid_events(count: int) -> list[str]:
    """So many stored events about charges that were paid and that nobody has handled yet."""
    person = world.make_user("webhook-bench@example.com")
    return [paid_event(person) for _ in range(count)]


def paid_event(person: User) -> str:
    charge: Charge = services.open_charge(
        person,
        purpose="bench",
        description="Bench",
        amount_cents=289_500,
        currency="USD",
        due_at=timezone.now() + timedelta(days=3),
        refund_terms=RefundTerms((), ()),
    )
    services.start_checkout(charge, by=person, **PAGES)
    desk.pay(charge.checkouts.get().session_id or "")
    told = SandboxEvent.objects.latest("created_at").body
    payload, header = sign(told, webhook_secret())
    services.receive_event(payload.encode(), header)
    return str(told["id"])


def handler_of(event_ids: list[str]) -> Callable[[], None]:
    """Handles the next of the events: money recorded, receipt numbered, charge settled."""
    waiting = iter(event_ids)

    def handle() -> None:
        assert services.handle_event(next(waiting)) == "paid"

    return handle


def under_load() -> Load:
    """The real server, asked over 16 connections; every event is new.

    A second goes before the measuring, as a server that Stripe reports to has run for a while.
    """
    with served() as port:
        put_under_load(port, next_ask, connections=CONNECTIONS, seconds=WARMING)
        return put_under_load(port, next_ask, connections=CONNECTIONS, seconds=SECONDS)


def next_ask() -> Ask:
    payload, header = event()
    headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
    return Ask.post(PATH, payload, headers)


def against_bare(name: str, taken: Times, bare: Times) -> list[Row]:
    """p50 and p99 of one event after the other, as multiples of a POST that does nothing."""
    return [
        Row(
            name=f"webhook {name}, {share}",
            value=getattr(taken, share),
            unit="ms",
            baseline="bare POST",
            baseline_value=getattr(bare, share),
        )
        for share in ("p50", "p99")
    ]


def many_connections(load: Load) -> list[Row]:
    """Figures of events that come at once."""
    return [
        Row(
            name=f"webhook acknowledged, p99 ({CONNECTIONS} connections)",
            value=load.p99,
            unit="ms",
            goal=50,
            note=f"p50 {load.p50:.1f} ms, {load.per_second:.0f} a second; after {WARMING} s of the same",
        ),
        Row(
            name=f"webhook answers other than 200 ({CONNECTIONS} connections)",
            value=sum(load.refused.values()),
            unit="answers",
            goal=0,
            is_exact=True,
        ),
    ]
