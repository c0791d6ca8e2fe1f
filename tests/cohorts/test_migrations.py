"""A database with rows of the first version keeps their meaning."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from payments.models import Charge, Dispute, DocumentNumber, LedgerLine, Refund, StripeEvent
from scip.management.migrating import light_states
from tests import world
from tests.cohorts import admission as make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def migrate(resting_triggers: Callable[[], None]) -> Iterator[Callable[..., Any]]:
    """Go to a migration and get the models as they were, by default to the newest. ``anew`` gets there
    from an empty database, as a site of that day did: the quicker way to a distant past. All
    migrations stand again afterwards."""
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()

    def to(*targets: tuple[str, str], anew: bool = False) -> Any:
        if anew:
            with connection.cursor() as cursor:
                cursor.execute("drop schema public cascade; create schema public")
        executor = MigrationExecutor(connection)
        is_forwards = anew or not targets
        with light_states() if is_forwards else nullcontext():
            return executor.migrate(list(targets) or newest).apps

    yield to
    with light_states():
        call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)  # no migration makes it
    resting_triggers()


def test_a_refund_that_was_sent_is_not_sent_again(migrate):
    old = migrate(("payments", "0001_initial"), anew=True)
    user = old.get_model("accounts", "User").objects.create(email="old@example.org")
    now = timezone.now()
    charge = old.get_model("payments", "Charge").objects.create(
        user=user, purpose="x", description="Old", amount_cents=100, due_at=now
    )
    payment = old.get_model("payments", "Payment").objects.create(
        charge=charge,
        amount_cents=100,
        currency="USD",
        method="stripe",
        reference="pi_1",
        received_at=now,
    )
    old.get_model("payments", "Refund").objects.create(
        charge=charge,
        payment=payment,
        amount_cents=50,
        currency="USD",
        reference="re_1",
        refunded_at=now,
        refunded_by=user,
    )
    old.get_model("payments", "ReceiptNumber").objects.create(year=2026, last=7)
    migrate()
    refund = Refund.objects.get()
    assert (refund.state, refund.done_at, refund.requested_at) == ("done", now, now)
    assert refund.done_by_id == user.pk
    assert DocumentNumber.objects.values_list("series", "year", "last").get() == ("R", 2026, 7)
    assert LedgerLine.objects.filter(kind="refund").get().amount_cents == 50


def test_terms_frozen_in_words_get_their_figures(migrate):
    world.make_edition()
    staff = world.make_user("office@example.org", "staff")
    charge = make.accepted(world.make_cohort(), staff).charge
    frozen = charge.refund_steps
    assert len(frozen) == 2
    migrate(("cohorts", "0003_groups"))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("alter table payments_charge disable trigger charge_is_booked")
        cursor.execute("update payments_charge set refund_steps = '[]'")
        cursor.execute("alter table payments_charge enable trigger charge_is_booked")
    migrate()
    assert Charge.objects.get().refund_steps == frozen


# What was kept of a dispute before its steps were: its moments and where it stands.
CASES = {
    "question": ("inquiry", {}, []),
    "taken": ("open", {"open_at": 1}, ["inquiry>open"]),
    "won": ("won", {"open_at": 1, "won_at": 2}, ["inquiry>open", "open>won"]),
    "lost": ("lost", {"open_at": 1, "lost_at": 2}, ["inquiry>open", "open>lost"]),
    "lost and won": (
        "won",
        {"open_at": 1, "lost_at": 2, "won_at": 3},
        ["inquiry>open", "open>lost", "lost>won"],
    ),
    "won and taken again": (
        "open",
        {"open_at": 1, "won_at": 2, "flagged_at": 3},
        ["inquiry>open", "open>won", "won>open"],
    ),
    "closed before": ("closed", {"closed_at": 2}, []),
}
ENDS = {"open": "disputed", "won": "stripe", "lost": "receivable"}


def test_disputes_so_far_get_their_steps_and_their_lines_end_where_their_money_is(migrate):
    old = migrate(("payments", "0005_moves"), anew=True)
    user = old.get_model("accounts", "User").objects.create(email="old@example.org")
    now = timezone.now()
    charge = old.get_model("payments", "Charge").objects.create(
        user=user, purpose="x", description="Old", amount_cents=10_000, due_at=now
    )
    for name, (state, moments, _steps) in CASES.items():
        payment = old.get_model("payments", "Payment").objects.create(
            charge=charge,
            amount_cents=100,
            currency="USD",
            method="stripe",
            reference=f"pi {name}",
            received_at=now,
        )
        old.get_model("payments", "Dispute").objects.create(
            charge=charge,
            payment=payment,
            reference=name,
            amount_cents=100,
            currency="USD",
            state=state,
            **{field: now + timedelta(hours=hours) for field, hours in moments.items()},
        )
    old.get_model("payments", "StripeEvent").objects.create(
        event_id="evt_1",
        type="refund.created",
        payload={},
        outcome="unknown object",
        handled_at=now,
    )
    migrate()
    assert StripeEvent.objects.get().flag == "unknown"
    for dispute in Dispute.objects.all():
        state, _moments, steps = CASES[dispute.reference]
        found = [f"{step.before}>{step.after}" for step in dispute.steps.all()]
        assert found == steps, dispute.reference
        debits = LedgerLine.objects.filter(line__startswith="dispute-step-").filter(
            reference=dispute.reference
        )
        last = debits.order_by("value_at", "line").last()
        assert (last.debit if last else "stripe") == ENDS.get(state, "stripe"), dispute.reference
