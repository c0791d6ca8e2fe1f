"""Refunds at Stripe: sent once, followed, and taken in when they were started over there."""

import itertools
import threading
from datetime import timedelta

import pytest
import stripe
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from payments import services
from payments.models import CreditNote, Payment, Refund, SandboxEvent, SandboxObject, StripeEvent
from payments.reports import cross_checks
from payments.sandbox import desk
from payments.services import stripe_refunds
from payments.waiting import matters
from scip.requirements import Refusal
from scip.states import IllegalMove, lock, move
from tests.payments.conftest import Till, post_event

State = Refund.State


@pytest.fixture
def paid(till: Till) -> Till:
    checkout = till.pay()
    services.ask_stripe(checkout)
    SandboxEvent.objects.all().delete()
    return till


def asked_back(till: Till, staff, cents: int = 100_000) -> Refund:
    (refund,) = services.return_money(till.charge, cents=cents, by=staff, reason="Withdrew")
    return refund


def at_stripe() -> list[dict]:
    return [row.body for row in SandboxObject.objects.filter(kind="refund").order_by("created_at")]


# --- ours ------------------------------------------------------------------------------------


def test_a_refund_goes_back_by_stripe_with_its_number_and_gets_a_credit_note(paid, staff):
    refund = services.send_refund(asked_back(paid, staff))
    (theirs,) = at_stripe()
    assert (refund.state, refund.reference) == (State.DONE, theirs["id"])
    assert theirs["metadata"] == {"charge": str(paid.charge.pk), "refund": str(refund.pk)}
    assert (theirs["amount"], theirs["payment_intent"]) == (
        100_000,
        paid.charge.payments.get().reference,
    )
    assert CreditNote.objects.get(refund=refund).void_at is None
    standing = services.balance(paid.charge)
    assert (standing.held_cents, standing.to_return_cents, standing.due_cents) == (189_500, 0, 0)


def test_sending_twice_and_every_event_change_nothing_more(paid, staff):
    refund = asked_back(paid, staff)
    for _ in range(3):
        services.send_refund(refund)
    before = Refund.objects.values().get()
    paid.tell()
    assert StripeEvent.objects.filter(handled_at=None).count() == 0
    after = Refund.objects.values().get()
    assert {key for key in before if before[key] != after[key]} <= {"asked_at"}
    assert len(at_stripe()) == CreditNote.objects.count() == 1


def test_slow_money_goes_back_slowly(till, staff):
    checkout = till.pay(slowly=True)
    SandboxObject.objects.filter(settles_at__isnull=False).update(settles_at=timezone.now())
    services.ask_stripe(checkout)
    SandboxEvent.objects.all().delete()
    refund = services.send_refund(asked_back(till, staff))
    assert (refund.state, refund.done_at) == (State.SENT, None)
    assert not CreditNote.objects.exists()
    SandboxObject.objects.filter(settles_at__isnull=False).update(settles_at=timezone.now())
    desk.follow_clocks()
    till.tell()
    refund.refresh_from_db()
    assert refund.state == State.DONE
    assert CreditNote.objects.count() == 1


def test_what_stripe_refuses_is_the_offices_in_stripes_words(paid, staff):
    refund = asked_back(paid, staff)
    desk.refund_at_stripe(paid.charge.payments.get().reference, 289_500)
    refund = services.send_refund(refund)
    assert (refund.state, refund.flag) == (State.FAILED, Refund.Flag.FAILED)
    assert "already been refunded" in refund.failure
    assert refund.flagged_at is not None
    assert not CreditNote.objects.exists()


def test_one_that_fails_after_it_was_done_voids_its_credit_note(paid, staff):
    refund = services.send_refund(asked_back(paid, staff))
    services.mark_looked_at(paid.charge, by=staff, note="Fine")
    desk.refund_fails(refund.reference)
    paid.tell()
    refund.refresh_from_db()
    assert (refund.state, refund.failure) == (State.FAILED, "expired_or_canceled_card")
    assert (refund.flagged_at is None, refund.looked_at) == (False, None)
    assert CreditNote.objects.get().void_at is not None
    assert services.balance(paid.charge).to_return_cents == 100_000


def test_an_answer_that_was_lost_a_day_ago_is_found_not_sent_again(paid, staff):
    """Stripe forgets idempotency keys; the refund's number does not get lost."""
    from payments.models import SandboxRequest

    refund = services.send_refund(asked_back(paid, staff))
    Refund.objects.all().update(state="requested", reference=None, done_at=None)
    SandboxRequest.objects.all().delete()
    refund = services.send_refund(refund)
    assert (refund.state, len(at_stripe())) == (State.DONE, 1)


def test_the_sweep_takes_up_what_was_lost_and_what_stripe_did_not_take(paid, staff):
    refund = asked_back(paid, staff)
    now = timezone.now()
    assert services.sweep_refunds(now=now) == []
    assert services.sweep_refunds(now=now + timedelta(minutes=2)) == [refund.pk]
    Refund.objects.update(asked_at=now)
    assert services.sweep_refunds(now=now + timedelta(minutes=2)) == []
    assert services.sweep_refunds(now=now + timedelta(minutes=6)) == [refund.pk]
    services.send_refund(refund)
    assert services.sweep_refunds(now=now + timedelta(days=1)) == []


def test_the_offices_own_transfers_are_never_sent_to_stripe(charge, staff):
    services.record_payment(
        charge,
        amount_cents=289_500,
        currency="USD",
        method="bank",
        reference="B-1",
        received_at=timezone.now(),
        by=staff,
    )
    (refund,) = services.return_money(charge, cents=5000, by=staff, reason="Too much")
    assert services.send_refund(refund).state == State.REQUESTED
    assert services.sweep_refunds(now=timezone.now() + timedelta(days=1)) == []
    assert services.reconcile().asked == 0
    assert not at_stripe()


def test_the_table_refuses_what_cannot_happen(paid, staff):
    refund = services.send_refund(asked_back(paid, staff))
    for target in (State.SENT, State.REQUESTED, State.CANCELLED):
        with pytest.raises(IllegalMove), transaction.atomic():
            move(lock(refund), target, by=None)


def test_the_database_refuses_more_back_than_came(paid, staff):
    services.send_refund(asked_back(paid, staff, cents=289_500))
    payment = paid.charge.payments.get()
    with pytest.raises(IntegrityError, match="More would go back"), transaction.atomic():
        Refund.objects.create(
            charge=paid.charge,
            payment=payment,
            amount_cents=1,
            currency="USD",
            reason="x",
            state="done",
            done_at=timezone.now(),
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_keyed", [True, False])
def test_eight_workers_at_once_send_one_refund(paid, staff, is_keyed, monkeypatch):
    """The control: without the idempotency key Stripe is left to refuse, or sends twice."""
    refund = asked_back(paid, staff)
    if not is_keyed:
        ask = stripe_refunds._ask_for

        def without_key(row: Refund) -> stripe.Refund:
            import uuid

            row.idempotency_key = uuid.uuid4()
            return ask(row)

        monkeypatch.setattr(stripe_refunds, "_ask_for", without_key)
        monkeypatch.setattr(stripe_refunds, "_sent_before", lambda row: None)
    barrier = threading.Barrier(8)

    def send() -> None:
        try:
            barrier.wait()
            services.send_refund(refund)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert (len(at_stripe()) == 1) is is_keyed
    assert Refund.objects.get().state == State.DONE
    assert CreditNote.objects.count() == 1


# --- theirs ----------------------------------------------------------------------------------


def test_a_refund_started_at_stripe_is_taken_in_and_flagged(paid):
    theirs = desk.refund_at_stripe(paid.charge.payments.get().reference, 40_000)
    paid.tell()
    refund = Refund.objects.get()
    assert (refund.reference, refund.amount_cents, refund.state, refund.flag) == (
        theirs["id"],
        40_000,
        State.DONE,
        Refund.Flag.FOREIGN,
    )
    assert refund.flagged_at is not None
    assert services.balance(paid.charge).held_cents == 249_500
    assert services.balance(paid.charge).due_cents == 0


def test_money_sent_back_at_stripe_after_a_move_asks_nobody_to_pay_again(paid, staff, make_charge):
    chain = [paid.charge]
    for name in ("Autumn", "Winter"):
        to = make_charge(paid.charge.user, description=name)
        services.replace_charge(chain[-1], to, by=staff, reason=f"Moved to {name}")
        chain.append(to)

    def held():
        return [services.balance(charge).held_cents for charge in chain]

    assert held() == [0, 0, 289_500]
    theirs = desk.refund_at_stripe(paid.charge.payments.get().reference, 40_000)
    for _copy in range(2):
        paid.tell()
    # As on a charge that its own payment pays for: gone back, and not due anew.
    assert held() == [0, 0, 249_500]
    last = services.balance(chain[-1])
    assert (last.refunded_cents, last.due_cents, last.is_settled) == (40_000, 0, True)
    assert sum(services.balance(charge).refunded_cents for charge in chain) == 40_000
    assert [matter.kind.code for matter in matters(staff, now=timezone.now())] == ["refunds"]
    assert services.plan_cancellation(chain[-1]).held_cents == 249_500
    assert all(check.holds for check in cross_checks())
    desk.refund_fails(theirs["id"])
    for _copy in range(2):
        paid.tell()
    assert Refund.objects.get().state == State.FAILED
    assert held() == [0, 0, 289_500]
    last = services.balance(chain[-1])
    assert (last.refunded_cents, last.due_cents, last.is_settled) == (0, 0, True)
    assert all(check.holds for check in cross_checks())


def test_more_goes_back_after_stripes_dashboard_once_that_is_corrected(paid, staff):
    desk.refund_at_stripe(paid.charge.payments.get().reference, 40_000)
    paid.tell()
    with pytest.raises(Refusal, match="USD 400 of what is owed here went back before"):
        asked_back(paid, staff, cents=10_000)
    services.adjust_charge(
        paid.charge, kind="correction", cents=-40_000, reason="Asked for too much", by=staff
    )
    assert asked_back(paid, staff, cents=10_000).amount_cents == 10_000
    assert services.balance(paid.charge).held_cents == 239_500


def test_a_credit_note_of_stripes_dashboard_names_the_office_not_the_terms(paid):
    desk.refund_at_stripe(paid.charge.payments.get().reference, 40_000)
    paid.tell()
    facts = CreditNote.objects.get().facts
    assert (facts["reason"], facts["asked_by"]) == (
        "Sent back through our payment provider",
        "the office",
    )


def test_both_charges_say_where_money_went_that_stripe_sent_back(paid, staff, make_charge, client):
    to = make_charge(paid.charge.user, description="Autumn")
    services.replace_charge(paid.charge, to, by=staff, reason="Moved to autumn")
    desk.refund_at_stripe(paid.charge.payments.get().reference, 40_000)
    paid.tell()
    client.force_login(paid.charge.user)
    page = client.get(f"/payments/{to.pk}/").content.decode()
    assert "by the way it was paid for: Learning cohort 1: tuition" in page
    assert "This is paid" in page


def test_a_refund_is_heard_of_before_its_payment(till):
    """Money comes before what is taken off it, whatever arrives first."""
    checkout = till.pay()
    intent = SandboxObject.objects.get(kind="payment_intent").object_id
    desk.refund_at_stripe(intent, 10_000)
    (created,) = [body for body in till.events() if body["type"] == "refund.created"]
    post_event(created)
    assert services.handle_event(created["id"]) == "done"
    checkout.refresh_from_db()
    assert checkout.state == "paid"
    assert Payment.objects.get().amount_cents == 289_500


def five(paid: Till, staff) -> list[dict]:
    """One of ours, one of theirs, and theirs fails."""
    services.send_refund(asked_back(paid, staff))
    theirs = desk.refund_at_stripe(paid.charge.payments.get().reference, 40_000)
    desk.refund_fails(theirs["id"])
    bodies = paid.events()
    assert [body["type"] for body in bodies] == [
        "refund.created",
        "charge.refunded",
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "refund.failed",
        "charge.refund.updated",
    ]
    return bodies


def test_any_order_of_refund_events_ends_in_one_state(paid, staff):
    bodies = five(paid, staff)
    for order in itertools.islice(itertools.permutations(range(7)), 0, None, 421):
        StripeEvent.objects.all().delete()
        for number in (*order, order[0]):
            assert post_event(bodies[number]) == 200
            services.handle_event(bodies[number]["id"])
        assert list(
            Refund.objects.order_by("amount_cents").values_list("amount_cents", "state")
        ) == [(40_000, "failed"), (100_000, "done")], order
        assert StripeEvent.objects.filter(handled_at=None).count() == 0


@pytest.mark.django_db(transaction=True)
def test_twenty_copies_of_a_refunds_event_are_one_refund(paid):
    desk.refund_at_stripe(paid.charge.payments.get().reference, 40_000)
    body = paid.events()[0]
    barrier, answers = threading.Barrier(20), []

    def arrive() -> None:
        try:
            barrier.wait()
            answers.append((post_event(body), services.handle_event(body["id"])))
        finally:
            connection.close()

    threads = [threading.Thread(target=arrive) for _ in range(20)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert answers == [(200, "done")] * 20
    assert Refund.objects.count() == CreditNote.objects.count() == 1


def test_money_of_another_site_on_the_same_account_is_not_ours(paid):
    intent = SandboxObject.objects.get(kind="payment_intent")
    other = SandboxObject.objects.create(
        object_id="pi_other",
        kind="payment_intent",
        body=intent.body | {"id": "pi_other", "metadata": {}, "latest_charge": "ch_other"},
    )
    desk.refund_at_stripe(other.object_id, 500)
    paid.tell()
    assert not Refund.objects.exists()
    assert set(StripeEvent.objects.values_list("outcome", flat=True)) == {"not ours"}
    assert services.reconcile().differs == []


def test_another_sites_number_is_not_taken_for_ours(paid, staff):
    refund = asked_back(paid, staff)
    intent = SandboxObject.objects.get(kind="payment_intent")
    SandboxObject.objects.create(
        object_id="pi_other",
        kind="payment_intent",
        body=intent.body | {"id": "pi_other", "metadata": {}, "latest_charge": "ch_other"},
    )
    desk.refund_at_stripe("pi_other", 500)
    row = SandboxObject.objects.get(kind="refund")
    row.body["metadata"] = {"refund": str(refund.pk)}
    row.save()
    paid.tell()
    refund.refresh_from_db()
    assert (refund.state, refund.reference) == (State.REQUESTED, None)


def test_ours_that_nobody_knows_is_tried_three_days_and_then_recorded(paid):
    intent = SandboxObject.objects.get(kind="payment_intent")
    lost = intent.body | {
        "id": "pi_lost",
        "latest_charge": "ch_lost",
        "metadata": {"checkout": "999999", "charge": "999999"},
    }
    SandboxObject.objects.create(object_id="pi_lost", kind="payment_intent", body=lost)
    desk.refund_at_stripe("pi_lost", 500)
    body = paid.events()[0]
    post_event(body)
    assert services.handle_event(body["id"]) == ""
    later = timezone.now() + timedelta(days=3, minutes=1)
    assert services.handle_event(body["id"], now=later) == "unknown object"
    assert services.reconcile().differs != []


# --- no event at all -------------------------------------------------------------------------


def test_with_every_webhook_dropped_one_run_finds_all(paid, staff):
    ours = asked_back(paid, staff)
    desk.refund_at_stripe(paid.charge.payments.get().reference, 40_000)
    report = services.reconcile()
    assert report.changed == [f"refund {ours.pk}: requested → done"]
    assert len(report.found) == 1
    assert report.is_even
    desk.refund_fails(Refund.objects.get(amount_cents=40_000).reference)
    assert services.reconcile().changed[0].endswith("done → failed")
    again = services.reconcile()
    assert (again.changed, again.found, again.listed) == ([], [], 2)


def test_a_refund_that_comes_back_after_weeks_is_noticed(paid, staff):
    refund = services.send_refund(asked_back(paid, staff))
    services.reconcile()
    SandboxObject.objects.filter(kind="refund").update(created_at=timezone.now())
    desk.refund_fails(refund.reference)
    later = timezone.now() + timedelta(days=40)
    report = services.reconcile(now=later)
    assert report.changed == [f"refund {refund.pk}: done → failed"]


def test_lists_longer_than_a_page_are_read_to_the_end(paid):
    reference = paid.charge.payments.get().reference
    for _ in range(103):
        desk.refund_at_stripe(reference, 1)
    report = services.reconcile()
    assert (report.listed, len(report.found)) == (103, 103)
    assert services.balance(paid.charge).refunded_cents == 103


def test_the_command_ends_with_1_when_a_person_is_needed(paid, staff, capsys):
    services.send_refund(asked_back(paid, staff))
    call_command("reconcile_payments")
    assert "0 differ" in capsys.readouterr().out
    row = SandboxObject.objects.get(kind="refund")
    row.body["amount"] = 99_999
    row.save()
    with pytest.raises(CommandError) as refused:
        call_command("reconcile_payments")
    assert refused.value.returncode == 1
    assert "differs: refund" in capsys.readouterr().out
