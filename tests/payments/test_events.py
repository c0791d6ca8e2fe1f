"""Stripe's events: signed now or refused, stored once, handled in any order and number."""

import itertools
import json
import random
import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from payments import services
from payments.gateway import webhook_secret
from payments.models import Checkout, Payment, SandboxEvent, SandboxObject, Settlement, StripeEvent
from payments.sandbox import desk
from payments.sandbox.events import sign
from payments.services import events as events_module
from tests.payments.conftest import Till, example_event, post_event

# --- what is let in --------------------------------------------------------------------


def test_a_signed_event_is_stored_once_and_without_the_payers_details(db):
    body = example_event()
    body["data"]["object"]["customer_details"] = {"email": "payer@example.com"}
    assert [post_event(body), post_event(body)] == [200, 200]
    event = StripeEvent.objects.get()
    assert (event.event_id, event.type, event.object_id) == (
        "evt_example",
        "checkout.session.completed",
        "cs_test_unknown",
    )
    assert "payer@example.com" not in json.dumps(event.payload)


def refused_requests() -> dict[str, dict]:
    now = timezone.now()
    payload, header = sign(example_event(), webhook_secret())
    other_scheme = header.replace("v1=", "v0=")
    return {
        "wrong secret": {"body": example_event(), "secret": "whsec_other"},
        "too old": {"body": example_event(), "at": now - timedelta(seconds=302)},
        "in the future": {"body": example_event(), "at": now + timedelta(seconds=330)},
        "no header": {"body": payload, "header": ""},
        "nonsense header": {"body": payload, "header": "t=x,v1=y"},
        "other scheme": {"body": payload, "header": other_scheme},
        "another body": {"body": "no json", "header": header},
    }


@pytest.mark.parametrize("what", refused_requests())
def test_what_stripe_did_not_sign_now_leaves_no_row(db, what):
    request = refused_requests()[what]
    assert post_event(request.pop("body"), **request) == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize("seconds", [-290, 290])
def test_clocks_may_differ_by_less_than_five_minutes(db, seconds):
    assert post_event(example_event(), at=timezone.now() + timedelta(seconds=seconds)) == 200


def test_a_tampered_body_is_refused_and_the_untouched_one_is_taken(db):
    payload, header = sign(example_event(), webhook_secret())
    assert post_event(payload.replace("evt_example", "evt_exampla"), header=header) == 400
    assert not StripeEvent.objects.exists()
    assert post_event(payload, header=header) == 200


def test_a_future_stamp_hidden_behind_a_second_one_is_refused(db):
    at = timezone.now() + timedelta(hours=1)
    payload, header = sign(example_event(), webhook_secret(), at=at)
    assert post_event(payload, header=f"{header},t=1") == 400
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize(
    "body", ["[]", '"text"', "{}", '{"id": "evt", "type": "x", "data": {"object": []}}', "\x00"]
)
def test_a_signed_body_that_is_no_event_is_refused(db, body):
    from stripe import WebhookSignature

    header = WebhookSignature.generate_signature_header(body, webhook_secret())
    assert post_event(body, header=header) == 400
    assert not StripeEvent.objects.exists()


def test_the_webhook_takes_posts_only_needs_no_session_and_one_write(
    client, db, django_assert_num_queries
):
    assert client.get("/payments/stripe/webhook/").status_code == 405
    payload, header = sign(example_event(), webhook_secret())
    with django_assert_num_queries(3):  # begin, insert, commit
        response = client.post(
            "/payments/stripe/webhook/",
            payload,
            content_type="application/json",
            headers={"stripe-signature": header},
        )
    assert response.status_code == 200
    assert not response.cookies


# --- what is done ----------------------------------------------------------------------


def test_an_unknown_type_is_recorded_as_ignored(db):
    post_event(example_event(type="customer.updated"))
    assert services.handle_event("evt_example") == "ignored"
    event = StripeEvent.objects.get()
    assert (event.outcome, event.attempts, event.handled_at is None) == ("ignored", 1, False)


def test_an_event_about_something_unknown_is_tried_again_until_it_is_known(till):
    checkout = till.pay()
    session_id = checkout.session_id
    Checkout.objects.filter(pk=checkout.pk).update(session_id="cs_test_elsewhere")
    (completed,) = [body for body in till.events() if body["type"] == "checkout.session.completed"]
    post_event(completed)
    assert services.handle_event(completed["id"]) == ""
    event = StripeEvent.objects.get()
    assert event.handled_at is None
    assert services.sweep_events(now=event.due_at + timedelta(seconds=1)) == [event.event_id]
    Checkout.objects.filter(pk=checkout.pk).update(session_id=session_id)
    assert services.handle_event(completed["id"]) == "paid"
    assert services.balance(till.charge).is_settled


def test_after_three_days_the_office_sees_what_nobody_knew(db):
    post_event(example_event())
    later = timezone.now() + timedelta(days=3, minutes=1)
    assert services.handle_event("evt_example", now=later) == "unknown object"


def test_an_event_finds_a_checkout_that_lost_stripes_answer(till):
    checkout = till.pay()
    Checkout.objects.filter(pk=checkout.pk).update(session_id=None, url="")
    till.tell()
    checkout.refresh_from_db()
    assert (checkout.state, checkout.session_id is None) == ("paid", False)


def test_a_worker_that_died_leaves_the_event_to_the_sweep(till, monkeypatch):
    till.pay()
    body = till.events()[-1]
    post_event(body)

    def die(*args, **kwargs):
        raise SystemExit

    monkeypatch.setattr(events_module, "act_on", die)
    with pytest.raises(SystemExit):
        services.handle_event(body["id"])
    monkeypatch.undo()
    event = StripeEvent.objects.get()
    assert (event.handled_at, event.attempts) == (None, 1)
    assert services.sweep_events(now=timezone.now() + timedelta(minutes=2)) == [body["id"]]
    assert services.handle_event(body["id"]) == "paid"


# --- any order, any number ---------------------------------------------------------------


def five_events(till: Till) -> list[dict]:
    """Slow money: processing, completed, then arrived; and a late 'expired' of an older visit."""
    first = till.open()
    services.end_checkout(first)
    checkout = till.open()
    desk.decline(checkout.session_id)
    desk.pay(checkout.session_id, slowly=True)
    SandboxObject.objects.filter(settles_at__isnull=False).update(settles_at=timezone.now())
    desk.follow_clocks()
    bodies = till.events()
    assert [body["type"] for body in bodies] == [
        "checkout.session.expired",
        "payment_intent.payment_failed",
        "checkout.session.completed",
        "payment_intent.succeeded",
        "checkout.session.async_payment_succeeded",
    ]
    return bodies


def sequences() -> list[tuple[int, ...]]:
    """Every order of five events, with none, with each one repeated, and with two repeated
    (one before, one after; which two rotates): 120 × 7."""
    found: list[tuple[int, ...]] = []
    for number, order in enumerate(itertools.permutations(range(5))):
        found.append(order)
        found += [(*order, again) for again in range(5)]
        found.append((number % 5, *order, number // 5 % 5))
    return found


def anew(till: Till) -> Till:
    """The same person's next charge, with nothing heard of anything: money is never deleted."""
    StripeEvent.objects.all().delete()
    SandboxEvent.objects.all().delete()
    old = till.charge
    return Till(
        services.open_charge(
            old.user,
            purpose=old.purpose,
            description=old.description,
            amount_cents=old.amount_cents,
            currency=old.currency,
            due_at=old.due_at,
            refund_terms=old.terms,
        )
    )


def run_sequences(till: Till, chosen: list[tuple[int, ...]]) -> None:
    for sequence in chosen:
        till = anew(till)
        bodies = five_events(till)
        for number in sequence:
            assert post_event(bodies[number]) == 200
            services.handle_event(bodies[number]["id"])
        balance, states, count, receipts, settled = till.standing()
        assert (balance.paid_cents, states, count, settled) == (
            289_500,
            ["expired", "paid"],
            1,
            1,
        ), sequence
        assert [flag for _, flag in receipts] == [""], sequence
        assert StripeEvent.objects.filter(handled_at=None).count() == 0


def test_any_order_and_number_of_events_ends_in_one_state(till):
    every = sequences()
    assert len(set(every)) >= 720
    run_sequences(till, random.Random(7).sample(every, 16))


@pytest.mark.soak
def test_every_order_and_number_of_events_ends_in_one_state(till):
    run_sequences(till, sequences())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_deduped", [True, False])
def test_twenty_copies_at_once_are_one_payment(till, is_deduped, monkeypatch):
    """The control: without the check for a known payment the database has to refuse."""
    till.pay()
    body = till.events()[-1]
    outcomes, barrier = [], threading.Barrier(20)
    if not is_deduped:
        forget_what_is_known(monkeypatch)

    def arrive():
        try:
            barrier.wait()
            status = post_event(body)
            outcomes.append((status, services.handle_event(body["id"])))
        except DatabaseError as error:  # the control counts what went wrong
            outcomes.append((type(error).__name__, ""))
        finally:
            connection.close()

    threads = [threading.Thread(target=arrive) for _ in range(20)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(outcomes) == 20
    if is_deduped:
        assert set(outcomes) == {(200, "paid")}
        assert StripeEvent.objects.count() == 1
    else:
        assert any(status != 200 for status, _ in outcomes), "the control has to go wrong"
    assert Payment.objects.count() == 1
    assert Settlement.objects.count() == 1
    assert till.charge.payments.get().receipt.number == 1


def forget_what_is_known(monkeypatch):
    """Switch off the look-up of a known payment and of an event handled before."""
    queryset = type(Payment.objects.all())

    def always_create(self, defaults=None, **fields):
        return self.create(**fields, **(defaults or {})), True

    monkeypatch.setattr(queryset, "get_or_create", always_create)
    monkeypatch.setattr(
        Checkout, "TRANSITIONS", dict.fromkeys(Checkout.State, frozenset(Checkout.State))
    )


# --- nothing arrives at all ---------------------------------------------------------------


def test_with_every_webhook_dropped_one_reconcile_run_settles(till, make_charge, participant):
    checkout = till.pay()
    other = Till(make_charge(participant))
    abandoned = other.open()
    report = services.reconcile()
    assert (report.asked, report.unanswered) == (2, [])
    assert report.changed == [f"checkout {checkout.pk}: open → paid"]
    assert services.balance(till.charge).is_settled
    assert Checkout.objects.get(pk=abandoned.pk).state == "open"
    assert not StripeEvent.objects.exists()
    assert services.reconcile().changed == []


@pytest.mark.django_db(transaction=True)
def test_the_practice_checkout_posts_its_events_until_they_arrive(till, live_server, settings):
    from payments.tasks import sandbox_deliver

    till.pay()
    settings.SITE_URL = "http://127.0.0.1:9"
    sandbox_deliver()
    assert SandboxEvent.objects.filter(delivered_at=None, attempts=1).count() == 2
    settings.SITE_URL = live_server.url
    SandboxEvent.objects.update(due_at=timezone.now())
    sandbox_deliver()
    assert SandboxEvent.objects.filter(delivered_at=None).count() == 0
    assert set(StripeEvent.objects.values_list("type", flat=True)) == {
        "payment_intent.succeeded",
        "checkout.session.completed",
    }


def test_of_an_objects_metadata_only_our_numbers_are_kept(db):
    metadata = {"charge": "1", "checkout": "2", "patient": "Paulo Participant"}
    thing = {"id": "cs_test_unknown", "object": "checkout.session", "metadata": metadata}
    assert post_event(example_event(data={"object": thing})) == 200
    kept = StripeEvent.objects.get().payload["metadata"]
    assert kept == {"charge": "1", "checkout": "2"}


def test_a_session_of_another_site_never_becomes_one_of_ours(till):
    checkout = till.open()
    session = checkout.session_id
    type(checkout).objects.filter(pk=checkout.pk).update(session_id=None)
    for number, charge in enumerate(("", "999999", "nobody's")):
        metadata = {"checkout": str(checkout.pk), "charge": charge}
        thing = {"id": "cs_test_other", "object": "checkout.session", "metadata": metadata}
        post_event(example_event(id=f"evt_{number}", data={"object": thing}))
        assert services.handle_event(f"evt_{number}") == ""
    checkout.refresh_from_db()
    assert checkout.session_id is None
    desk.pay(session)
    till.tell()
    assert services.balance(till.charge).is_settled
