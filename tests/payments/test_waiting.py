"""The office's look-list: what waits, why, what to do next; and what leaves it."""

import html

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from payments import services
from payments.admin.actions import ACTIONS, Case
from payments.models import (
    Settlement,
    StripeEvent,
)
from payments.waiting import KINDS, matters
from tests.payments.conftest import Till
from tests.payments.disputes import disputed
from tests.payments.office import DAY, bank, one_of_each

pytestmark = pytest.mark.django_db


def test_everything_that_waits_is_listed_once_with_why_and_what_next(
    office, staff, participant, make_charge
):
    found = one_of_each(participant, staff, make_charge)
    listed = matters(staff, now=timezone.now())
    assert {(item.kind.code, item.charge and item.charge.pk) for item in listed} == {
        ("events", None),
        *((code, charge.pk) for code, charge in found.items()),
    }
    assert len(listed) == len(KINDS)
    assert listed[0].kind.code == "disputes"  # has a deadline
    assert all(item.why and item.next_step for item in listed)
    page = office.get(reverse("admin:payments_charge_waiting")).content.decode()
    assert "Calm" not in page
    for words in ("The payer&#x27;s bank asks for USD 1 back.", "USD 50 is here that nobody owes."):
        assert words in page
    only = office.get(reverse("admin:payments_charge_waiting") + "?kind=refunds")
    assert [item.charge for item in only.context["page"]] == [found["refunds"]]
    assert "Send it, then record its reference." in only.content.decode()


def test_what_is_dealt_with_leaves_the_list(staff, participant, make_charge):
    found = one_of_each(participant, staff, make_charge)
    for charge in found.values():
        services.mark_looked_at(charge, by=staff, note="Seen")
    services.record_returned(found["refunds"].refunds.get(), reference="B 1", by=staff)
    services.request_refund(found["to_return"], cents=5_000, by=staff, reason="As agreed")
    services.extend_due(found["overdue"], due_at=timezone.now() + DAY, by=staff, reason="Ill")
    Settlement.objects.update(claimed_at=timezone.now())
    services.mark_event_looked_at(StripeEvent.objects.get(), by=staff, note="Another site's")
    left = {
        (item.kind.code, item.charge and item.charge.pk)
        for item in matters(staff, now=timezone.now())
    }
    # The surplus of the odd payment was only looked at; what was asked to be sent waits by hand.
    assert left == {
        ("to_return", found["payments"].pk),
        ("refunds", found["to_return"].pk),
    }


def test_an_instalment_that_is_late_waits_and_a_paid_or_cancelled_one_does_not(
    staff, participant, make_charge
):
    charge = make_charge(participant)
    now = timezone.now()
    _first, later = services.agree_instalments(
        charge, later=[(100_000, charge.due_at + 30 * DAY)], by=staff
    )
    in_a_while = later.due_at + DAY
    assert {item.charge.pk for item in matters(staff, now=in_a_while)} == {charge.pk, later.pk}
    bank(charge, staff, services.balance(charge).due_cents)
    services.cancel_charge(later, by=staff, reason="Agreed")
    late = [item for item in matters(staff, now=in_a_while) if item.kind.code == "overdue"]
    assert late == []
    assert matters(staff, now=now) == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_look_list_asks_once_per_kind(office, staff, participant, make_charge, count):
    for _number in range(count):
        one_of_each(participant, staff, make_charge)
    address = reverse("admin:payments_charge_waiting")
    office.get(address)
    with CaptureQueriesContext(connection) as queries:
        office.get(address)
    assert len(queries) == 6 + len(KINDS), "\n".join(query["sql"][:120] for query in queries)


def test_money_that_a_bank_disputes_is_not_to_be_sent_back_twice(office, charge, staff):
    payment = bank(charge, staff)
    services.adjust_charge(charge, kind="waiver", cents=-10_000, reason="Kindness", by=staff)
    assert "is here that nobody owes" in matters_in(office)
    disputed(payment, "open")
    text = matters_in(office)
    assert "Wait for the dispute's end" in text
    assert "is here that nobody owes" not in text


def matters_in(office: Client) -> str:
    page = office.get(reverse("admin:payments_charge_waiting"), {"kind": "to_return"})
    return html.unescape(page.content.decode())


def test_what_is_owed_again_is_late_once_its_day_has_passed(staff, participant, make_charge):
    lost, raised, calm = (make_charge(participant) for _number in range(3))
    payments = [bank(charge, staff) for charge in (lost, raised, calm)]
    disputed(payments[0], "open", "lost")
    services.adjust_charge(raised, kind="correction", cents=100, reason="One more", by=staff)
    services.mark_looked_at(lost, by=staff, note="Stays due")
    later = lost.due_at + DAY
    late = {item.charge: item.why for item in matters(staff, now=later, only="overdue")}
    assert set(late) == {lost, raised}
    assert late[raised].startswith("USD 1 is late")
    bank(lost, staff, reference="T again")
    assert {item.charge for item in matters(staff, now=later, only="overdue")} == {raised}


def test_the_next_step_names_instalments_only_where_they_can_be_agreed(
    staff, participant, make_charge
):
    names = ("fresh", "partly", "divided", "target", "under_way")
    charges = {name: make_charge(participant) for name in names}
    bank(charges["partly"], staff, 100)
    parts = services.agree_instalments(
        charges["divided"], later=[(100, charges["divided"].due_at + DAY)], by=staff
    )
    earlier = make_charge(participant, amount_cents=100)
    bank(earlier, staff)
    services.replace_charge(earlier, charges["target"], by=staff, reason="Moved")
    checkout = Till(charges["under_way"]).pay(slowly=True)
    services.ask_stripe(checkout)
    found = matters(staff, now=charges["fresh"].due_at + 2 * DAY, only="overdue")
    steps = {item.charge: item.next_step for item in found}
    assert set(steps) == {*charges.values(), parts[1]}
    offered = {charge for charge, step in steps.items() if "instalments" in step}
    assert offered == {charges["fresh"]}
    for charge in steps:
        assert ACTIONS["instalments"].is_open(Case.of(charge)) is (charge in offered)
