"""Visitors on sixteen connections, and Stripe's events beside them."""

import itertools
import time

from django.db import connection

from bench.server import Ask, Load, in_turn, put_under_load, served
from bench.soak.outcome import Outcome
from payments.gateway import webhook_secret
from payments.models import StripeEvent
from payments.sandbox.events import sign
from scip.credentials.models import Credential
from tests import world

SECONDS, CONNECTIONS, P99_MS, WEBHOOK_P99_MS = 60, 16, 70, 50
SLACK = 1.15
WORKERS = 2


def check_load(seconds: float = SECONDS) -> list[Outcome]:
    """A mixed public journey without one failure, and no more connections than promised."""
    started = time.monotonic()
    world.make_edition()
    cohort = world.make_cohort()
    codes = Credential.objects.values_list("code", flat=True)[:3]
    pages = ["/", "/cohorts/", f"/cohorts/{cohort.slug}/", "/program/", "/fees/", "/faq/"]
    pages += [f"/verify/{code}/" for code in codes]
    with served(workers=WORKERS) as port:
        put_under_load(port, in_turn([Ask.get(page) for page in pages]), seconds=2)
        load = put_under_load(
            port,
            in_turn([Ask.get(page) for page in pages]),
            connections=CONNECTIONS,
            seconds=seconds,
        )
        held = connections_held()
        wrong = put_under_load(port, in_turn([Ask.get("/no-such-page/")]), seconds=1)
        webhook = webhook_outcome(port, seconds=max(seconds / 4, 2))
    return [
        Outcome(
            name="load",
            figure=(
                f"{CONNECTIONS} connections, {seconds:.0f} s: 0 failures, p99 ≤ {P99_MS} ms, "
                f"at most {WORKERS + 1} database connections"
            ),
            found=f"{described(load)}, {held} database connections",
            is_met=not load.refused and load.p99 <= P99_MS * SLACK and held <= WORKERS + 1,
            control="a page that does not exist counts as a failure",
            control_failed=bool(wrong.refused),
            seconds=time.monotonic() - started,
        ),
        webhook,
    ]


def described(load: Load) -> str:
    failures = sum(load.refused.values())
    return (
        f"{len(load.taken)} answers, {failures} failures{f' {load.refused}' if failures else ''}, "
        f"p50 {load.p50:.0f} ms, p99 {load.p99:.0f} ms, {load.per_second:.0f} a second"
    )


def webhook_outcome(port: int, seconds: float) -> Outcome:
    """Signed events, each new, acknowledged while sixteen connections bring them."""
    numbers = itertools.count(1)

    def next_event() -> Ask:
        body = {
            "id": f"evt_load_{next(numbers)}",
            "type": "customer.updated",
            "data": {"object": {"id": "cus_1", "object": "customer"}},
        }
        payload, header = sign(body, webhook_secret())
        headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
        return Ask.post("/payments/stripe/webhook/", payload.encode(), headers)

    load = put_under_load(port, next_event, connections=CONNECTIONS, seconds=seconds)
    stored = StripeEvent.objects.filter(event_id__startswith="evt_load_").count()
    unsigned = Ask.post("/payments/stripe/webhook/", b"{}", {"Content-Type": "application/json"})
    refused = put_under_load(port, in_turn([unsigned]), connections=2, seconds=1)
    return Outcome(
        name="webhook under load",
        figure=f"{CONNECTIONS} connections: every event stored, p99 ≤ {WEBHOOK_P99_MS} ms",
        found=f"{described(load)}, {stored} stored",
        is_met=not load.refused
        and stored == len(load.taken)
        and load.p99 <= WEBHOOK_P99_MS * SLACK,
        control="an unsigned event is refused",
        control_failed=set(refused.refused) == {400},
        seconds=load.seconds,
    )


def connections_held() -> int:
    """Connections of other processes to this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database() "
            "and pid <> pg_backend_pid() and backend_type = 'client backend'"
        )
        (count,) = cursor.fetchone()
    return int(count)
