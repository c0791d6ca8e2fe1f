"""What can break on the way of money: workers, database, clocks, order. Nothing is lost and
nothing moves twice."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from payments import services
from payments.gateway import webhook_secret
from payments.models import (
    Charge,
    CreditNote,
    LedgerLine,
    Payment,
    Receipt,
    Refund,
    SandboxObject,
    Settlement,
    StripeEvent,
)
from payments.sandbox import desk
from payments.sandbox.events import sign
from payments.services import stripe_refunds
from scip.requirements import Refusal
from tests.payments.conftest import PAGES, Till, post_event
from tests.payments.kill_points import die_at, lines_of

SOON = timedelta(minutes=10)


def sampled(points: int, wanted: int) -> list[int]:
    """So many of the points, spread evenly, first and last among them."""
    return sorted({round(n * (points - 1) / (wanted - 1)) for n in range(wanted)})


# --- a worker killed at every step -----------------------------------------------------------


def webhook_and_worker(body: dict) -> Callable[[], object]:
    """Stripe's request, and the worker that handles it."""

    def act() -> None:
        assert post_event(body) == 200
        services.handle_event(body["id"])

    return act


def recover(body: dict) -> None:
    """What happens by itself after a crash: Stripe posts again, and the sweeps go round."""
    later = timezone.now() + SOON
    assert post_event(body) == 200
    for event_id in services.sweep_events(now=later):
        services.handle_event(event_id, now=later)
    for settlement in services.sweep_settlements(now=later):
        services.dispatch_settlement(settlement, later)


def kill_the_webhook(make_charge: Callable[..., Charge], person, wanted: int | None) -> int:
    """Die at so many of the lines (None: at each), recover, and compare; how many it were."""

    def fresh() -> tuple[Till, dict]:
        till = Till(make_charge(person))
        till.pay()
        return till, till.events()[-1]

    _, body = fresh()
    points = lines_of(webhook_and_worker(body))
    assert len(points) > 80
    assert any("record_payment" in point for point in points)
    assert any("dispatch_settlement" in point for point in points)
    lost_without_recovery = 0
    chosen = sampled(len(points), wanted) if wanted else range(len(points))
    for point in chosen:
        till, body = fresh()
        place = die_at(point, webhook_and_worker(body))
        is_done = StripeEvent.objects.filter(event_id=body["id"], handled_at__isnull=False)
        lost_without_recovery += not is_done.exists()
        recover(body)
        recover(body)
        settlement = Settlement.objects.get(charge=till.charge)
        assert till.charge.payments.count() == 1, place
        assert (settlement.claimed_as, services.balance(till.charge).due_cents) == (
            "test.told",
            0,
        ), place
        assert not StripeEvent.objects.filter(handled_at=None).exists(), place
        assert LedgerLine.objects.filter(charge=till.charge).count() == 2, place
    assert lost_without_recovery, "the control: without the sweep something has to be lost"
    numbers = list(Receipt.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1)), "no gap, whoever died"
    return len(chosen)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_on_the_way_of_an_event_loses_and_doubles_nothing(
    make_charge, participant, owner
):
    kill_the_webhook(make_charge, participant, 12)


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_at_every_line_of_an_event_loses_and_doubles_nothing(
    make_charge, participant, owner
):
    kill_the_webhook(make_charge, participant, None)


def refund_to_send(make_charge: Callable[..., Charge], person, staff) -> Refund:
    till = Till(make_charge(person))
    services.ask_stripe(till.pay())
    (refund,) = services.return_money(till.charge, cents=50_000, by=staff, reason="Withdrew")
    return refund


def send_again_later() -> None:
    for number in services.sweep_refunds(now=timezone.now() + SOON):
        services.send_refund(Refund.objects.get(pk=number), now=timezone.now() + SOON)


def sent_for(refund: Refund) -> int:
    """How often Stripe sent this money back."""
    of_payment = SandboxObject.objects.filter(
        kind="refund", body__payment_intent=refund.payment.reference
    )
    return of_payment.count()


def kill_the_refund(make_charge: Callable[..., Charge], person, staff, wanted: int | None) -> int:
    """Die at so many of the lines (None: at each), recover, and compare; how many it were."""
    refund = refund_to_send(make_charge, person, staff)
    points = lines_of(lambda: services.send_refund(refund))
    assert len(points) > 40
    chosen = sampled(len(points), wanted) if wanted else range(len(points))
    for point in chosen:
        refund = refund_to_send(make_charge, person, staff)
        place = die_at(point, lambda row=refund: services.send_refund(row))
        send_again_later()
        send_again_later()
        refund.refresh_from_db()
        assert (refund.state, sent_for(refund)) == (Refund.State.DONE, 1), place
        assert CreditNote.objects.filter(refund=refund).count() == 1, place
        lines = LedgerLine.objects.filter(charge=refund.charge, kind="refund")
        assert [line.amount_cents for line in lines] == [50_000], place
    return len(chosen)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_sending_a_refund_sends_it_once(make_charge, participant, staff):
    kill_the_refund(make_charge, participant, staff, 12)


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_at_every_line_of_a_refund_sends_it_once(make_charge, participant, staff):
    kill_the_refund(make_charge, participant, staff, None)


def forget_what_was_sent(monkeypatch) -> None:
    """Switch off both guards: the idempotency key, and looking around first."""
    ask = stripe_refunds._ask_for

    def without_key(row: Refund):
        row.idempotency_key = uuid.uuid4()
        return ask(row)

    monkeypatch.setattr(stripe_refunds, "_ask_for", without_key)
    monkeypatch.setattr(stripe_refunds, "_sent_before", lambda row: None)


def sent_after_dying(make_charge: Callable[..., Charge], person, staff) -> int:
    """How often money goes back when the worker dies right after Stripe's answer."""
    refund = refund_to_send(make_charge, person, staff)
    points = lines_of(lambda: services.send_refund(refund))
    answered = next(n for n, place in enumerate(points) if "follow_refund" in place)
    refund = refund_to_send(make_charge, person, staff)
    die_at(answered, lambda: services.send_refund(refund))
    send_again_later()
    return sent_for(refund)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("is_guarded", "times"), [(True, 1), (False, 2)])
def test_dying_right_after_stripes_answer_sends_once_by_its_guards(
    make_charge, participant, staff, monkeypatch, is_guarded, times
):
    if not is_guarded:
        forget_what_was_sent(monkeypatch)
    assert sent_after_dying(make_charge, participant, staff) == times


# --- the database is away --------------------------------------------------------------------


def status_of(body: dict) -> int:
    payload, header = sign(body, webhook_secret())
    response = Client(raise_request_exception=False).post(
        "/payments/stripe/webhook/",
        payload,
        content_type="application/json",
        headers={"stripe-signature": header},
    )
    return response.status_code


@pytest.mark.django_db(transaction=True)
def test_without_a_database_stripe_is_told_to_try_again(till, monkeypatch):
    till.pay()
    body = till.events()[-1]
    connection.close()
    with monkeypatch.context() as away:
        away.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        away.setitem(connection.settings_dict, "PORT", "9")
        assert status_of(body) >= 500
        connection.close()
    assert not StripeEvent.objects.exists()
    assert status_of(body) == 200
    assert services.handle_event(body["id"]) == "paid"


@pytest.mark.django_db(transaction=True)
def test_a_connection_cut_under_the_webhook_loses_no_event(till):
    """The server ends our connection, as in a failover: 5xx once, then it is stored."""
    till.pay()
    body = till.events()[-1]
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        (number,) = cursor.fetchone()

    def cut() -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_terminate_backend(%s, 5000)", [number])
        connection.close()

    thread = threading.Thread(target=cut)
    thread.start()
    thread.join()
    first = status_of(body)
    connection.close()
    assert first >= 500
    assert status_of(body) == 200
    assert StripeEvent.objects.count() == 1


# --- many at once ----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_both_pay_bring_one_payment(till):
    """One session is open per charge, and Stripe takes money once per session."""
    barrier, ends = threading.Barrier(2), []

    def tab() -> None:
        try:
            barrier.wait()
            services.start_checkout(till.charge, by=till.charge.user, **PAGES)
            barrier.wait()
            desk.pay(till.charge.checkouts.get().session_id)
            ends.append("paid")
        except desk.CheckoutClosed:
            ends.append("was paid already")
        finally:
            connection.close()

    threads = [threading.Thread(target=tab) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    till.tell()
    assert sorted(ends) == ["paid", "was paid already"]
    assert SandboxObject.objects.filter(kind="payment_intent").count() == 1
    assert till.charge.payments.get().amount_cents == 289_500


# --- order and clocks ------------------------------------------------------------------------


def test_a_refund_while_other_money_is_on_its_way(till, staff):
    """Cancelled with a transfer here and a slow debit under way: both find their way back."""
    services.record_payment(
        till.charge,
        amount_cents=100_000,
        currency="USD",
        method="bank",
        reference="B-1",
        received_at=timezone.now(),
        by=staff,
    )
    checkout = till.pay(slowly=True)
    services.ask_stripe(checkout)
    services.cancel_charge(till.charge, by=till.charge.user, reason="Withdrew")
    assert [refund.amount_cents for refund in Refund.objects.by_hand()] == [100_000]
    SandboxObject.objects.filter(settles_at__isnull=False).update(settles_at=timezone.now())
    desk.follow_clocks()
    till.tell()
    late = till.charge.payments.get(method="stripe")
    assert (late.amount_cents, late.flag) == (189_500, Payment.Flag.AFTER_CANCEL)
    assert services.balance(till.charge).to_return_cents == 189_500
    (refund,) = services.request_refund(till.charge, cents=189_500, by=staff, reason="Came late")
    assert services.send_refund(refund).state == Refund.State.SENT


def test_a_slow_clock_of_ours_opens_a_checkout_or_says_so_and_loses_nothing(till):
    user = till.charge.user
    slow = timezone.now() - timedelta(minutes=45)
    with pytest.raises(Refusal, match="cannot be reached"):
        services.start_checkout(till.charge, by=user, now=slow, **PAGES)
    assert services.start_checkout(till.charge, by=user, **PAGES)
    assert list(till.charge.checkouts.order_by("pk").values_list("state", flat=True)) == [
        "failed",
        "open",
    ]


def test_with_nothing_to_pay_there_is_no_checkout_at_all(participant, make_charge):
    free = make_charge(participant, amount_cents=0)
    with pytest.raises(Refusal, match="already paid"):
        services.start_checkout(free, by=participant, **PAGES)
    assert services.balance(free).is_settled
    assert not free.checkouts.exists()
    assert not SandboxObject.objects.exists()


def test_money_in_another_currency_goes_back_at_stripe_and_shows_in_its_own(till):
    checkout = till.open()
    desk.pay(checkout.session_id)
    intent = SandboxObject.objects.get(kind="payment_intent")
    intent.body["currency"] = "eur"
    intent.save()
    till.tell()
    payment = till.charge.payments.get()
    assert (payment.currency, payment.flag) == ("EUR", Payment.Flag.CURRENCY_MISMATCH)
    desk.refund_at_stripe(intent.object_id, 289_500)
    till.tell()
    refund = Refund.objects.get()
    assert (refund.currency, refund.state) == ("EUR", Refund.State.DONE)
    assert services.balance(till.charge).due_cents == 289_500
