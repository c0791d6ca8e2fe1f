"""Events about something that nobody knows: after three days they are the office's."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import services
from payments.models import SandboxObject, StripeEvent
from payments.sandbox import desk
from payments.services.events import PATIENCE
from payments.waiting import matters
from scip.audit.models import Entry
from scip.requirements import Refusal
from tests.payments.conftest import Till, example_event, post_event
from tests.world import make_edition

WAITING = "/admin/payments/charge/waiting/"


@pytest.fixture
def unknown(db) -> StripeEvent:
    """Told, tried for three days, given up."""
    assert post_event(example_event()) == 200
    event = StripeEvent.objects.get()
    assert services.handle_event(event.event_id) == ""
    services.handle_event(event.event_id, now=timezone.now() + PATIENCE + timedelta(minutes=1))
    event.refresh_from_db()
    return event


def page_of(event: StripeEvent) -> str:
    return f"/admin/payments/stripeevent/{event.pk}/change/"


def waiting(staff) -> list[str]:
    now = timezone.now() + PATIENCE * 2
    return [item.kind.code for item in matters(staff, now=now, only="events")]


def test_it_waits_for_the_office_with_what_to_do(unknown, office, staff):
    assert unknown.outcome == "unknown object"
    assert waiting(staff) == ["events"]
    page = office.get(WAITING).content.decode()
    assert "Stripe told us of cs_test_unknown, and nothing here belongs to it." in page
    assert f'href="{page_of(unknown)}"' in page
    shown = office.get(page_of(unknown)).content.decode()
    assert "Look up <strong>cs_test_unknown</strong> in Stripe’s dashboard." in shown
    assert "Ask Stripe again" in shown


def test_before_its_patience_is_over_nobody_is_bothered(staff):
    post_event(example_event())
    event = StripeEvent.objects.get()
    services.handle_event(event.event_id, now=timezone.now() + PATIENCE - timedelta(minutes=1))
    assert waiting(staff) == []


def test_what_stays_unknown_stays_on_the_list(unknown, office, staff):
    with pytest.raises(Refusal, match="still not known"):
        services.ask_event_again(unknown, by=staff)
    page = office.post(page_of(unknown), {"again": "1"}, follow=True)
    assert "It is still not known." in page.content.decode()
    assert waiting(staff) == ["events"]


def test_what_is_known_by_now_is_followed_and_leaves_the_list(till: Till, office, staff):
    checkout = till.open()
    session = checkout.session_id
    desk.pay(session)
    body = till.events()[-1]
    body["data"]["object"]["metadata"] = {}
    type(checkout).objects.filter(pk=checkout.pk).update(session_id="cs_lost")
    assert post_event(body) == 200
    event = StripeEvent.objects.get(event_id=body["id"])
    services.handle_event(event.event_id, now=timezone.now() + PATIENCE * 2)
    assert waiting(staff) == ["events"]
    type(checkout).objects.filter(pk=checkout.pk).update(session_id=session)
    page = office.post(page_of(event), {"again": "1"}, follow=True)
    assert "It is known now: paid." in page.content.decode()
    assert services.balance(till.charge).is_settled
    event.refresh_from_db()
    assert (event.outcome, event.looked_by, event.look_note) == ("paid", staff, "Asked again: paid")


def test_the_office_puts_it_away_with_a_note(unknown, office, staff):
    page = office.post(page_of(unknown), {"looked": "1", "note": " "}, follow=True)
    assert "Please write what was done" in page.content.decode()
    assert waiting(staff) == ["events"]
    office.post(page_of(unknown), {"looked": "1", "note": "A test of another site"})
    assert waiting(staff) == []
    shown = office.get(page_of(unknown)).content.decode()
    assert "Stella Staff" in shown
    assert "A test of another site" in shown
    entry = Entry.objects.get(action="stripeevent.looked_at")
    assert entry.actor_id == staff.pk


def test_a_stripe_that_is_away_changes_nothing(unknown, staff, settings):
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_test_x", "http://127.0.0.1:9"
    StripeEvent.objects.filter(pk=unknown.pk).update(type="refund.created", object_id="re_1")
    unknown.refresh_from_db()
    with pytest.raises(Refusal, match="can’t be reached"):
        services.ask_event_again(unknown, by=staff)
    assert waiting(staff) == ["events"]
    assert not SandboxObject.objects.exists()


def test_others_do_not_come_in(unknown, as_user, participant, facilitator, aid_decider, staff):
    for user, status in ((participant, 302), (facilitator, 302), (aid_decider, 403)):
        for method in ("get", "post"):
            answer = getattr(as_user(user), method)(page_of(unknown), {"looked": "1", "note": "x"})
            assert answer.status_code == status
    assert waiting(staff) == ["events"]


def test_without_an_account_for_transfers_the_office_is_told(office):
    edition = make_edition(payment_instructions="")
    sentence = "no account is named"
    for address in (WAITING, "/admin/"):
        assert sentence in office.get(address).content.decode()
    edition.payment_instructions = "Account 123"
    edition.save()
    for address in (WAITING, "/admin/"):
        assert sentence not in office.get(address).content.decode()
