"""A charge's page in the office: every line, and what is offered."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments import services
from payments.admin.actions import ACTIONS, Case
from payments.models import (
    Charge,
)
from payments.reports import lines_of
from tests.payments.office import bank, one_of_each

pytestmark = pytest.mark.django_db


def test_every_line_is_there_and_adds_up(office, staff, participant, make_charge):
    found = one_of_each(participant, staff, make_charge)
    charge = found["refunds"]
    page = office.get(reverse("admin:payments_charge_change", args=[charge.pk]))
    lines = page.context["lines"]
    standing = services.balance(charge)
    assert sum(line.cents or 0 for line in lines) == standing.owed_cents - standing.held_cents == 0
    assert page.context["open_cents"] == 0
    html = page.content.decode()
    for words in ("USD 2,895", "T 4", "Kindness", "to be sent", "Stella Staff"):
        assert words in html, words


@pytest.mark.parametrize("count", [1, 3])
def test_the_charges_page_asks_the_same_for_any_number_of_lines(
    office, staff, participant, make_charge, count
):
    charge = make_charge(participant)
    bank(charge, staff)
    for number in range(count):
        bank(charge, staff, 1_000, f"Q {number}")
        services.adjust_charge(charge, kind="correction", cents=100, reason="So", by=staff)
        services.return_money(charge, cents=100, by=staff, reason="So")
    address = reverse("admin:payments_charge_change", args=[charge.pk])
    office.get(address)
    with CaptureQueriesContext(connection) as queries:
        office.get(address)
    assert len(queries) == 20, "\n".join(query["sql"][:120] for query in queries)


def test_only_what_makes_sense_is_offered(staff, charge):
    def offered() -> set[str]:
        case = Case.of(Charge.objects.get(pk=charge.pk))
        return {verb for verb, action in ACTIONS.items() if action.is_open(case)}

    assert offered() == {"offline", "adjust", "instalments", "extend", "cancel"}
    bank(charge, staff, charge.amount_cents + 100)
    assert offered() == {"looked", "offline", "adjust", "return", "cancel"}
    services.cancel_charge(charge, by=staff, reason="Agreed")
    assert offered() == {"looked", "offline", "returned", "call-off"}


def test_the_office_reads_what_a_charge_is_for_in_words(office, charge):
    page = office.get(reverse("admin:payments_charge_change", args=[charge.pk])).content.decode()
    assert "purpose: Tuition, Level A." in page
    charges = office.get(reverse("admin:payments_charge_changelist")).content.decode()
    assert ">Tuition, Level A</a>" in charges
    other = office.get(reverse("admin:payments_charge_changelist"), {"purpose": "other"})
    assert other.context["cl"].result_count == 0


def test_a_gift_in_the_price_stands_among_the_lines(office, make_charge, participant, staff):
    charge = make_charge(participant, gift_cents=30_000)
    address = reverse("admin:payments_charge_change", args=[charge.pk])
    assert "goes on to the aid fund once it is settled" in office.get(address).content.decode()
    services.dispatch_settlement(bank(charge, staff).charge.settlement.pk)
    page = office.get(address)
    assert [line.note for line in page.context["lines"] if line.what.startswith("Aid fund")] == [
        "USD 300"
    ]
    assert "USD 300 of the price is the gift to the aid fund" in page.content.decode()


def test_cancelling_is_one_line_with_the_persons_own_words(staff, participant, make_charge):
    words, none, paid = (make_charge(participant) for _number in range(3))
    bank(paid, staff)
    for charge, said in ((words, "My mother is ill"), (none, ""), (paid, "")):
        services.cancel_charge(
            charge,
            by=staff,
            reason="Stepped back.",
            words=said,
            refund_cents=None if charge != paid else 0,
        )
    lines = [
        [
            line
            for line in lines_of(Charge.objects.get(pk=charge.pk))
            if line.what.lower() == "cancelled"
        ]
        for charge in (words, none, paid)
    ]
    assert [[(line.cents, line.note) for line in found] for found in lines] == [
        [(-289_500, "Stepped back: “My mother is ill”")],
        [(-289_500, "Stepped back.")],
        [(None, "Stepped back.")],
    ]
