"""A person's statement as the office reads it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments import services
from payments.models import (
    Adjustment,
    Charge,
    FundEntry,
    LedgerLine,
    Refund,
)
from payments.reports import account_of
from tests.payments.office import one_of_each

pytestmark = pytest.mark.django_db


def test_a_persons_account_runs_to_what_the_charges_say(office, staff, participant, make_charge):
    one_of_each(participant, staff, make_charge)
    lines, owed = account_of(participant, by=staff)
    standings = [services.balance(row) for row in Charge.objects.filter(user=participant)]
    on_the_way = sum(
        row.amount_cents for row in Refund.objects.filter(state=Refund.State.REQUESTED)
    )
    assert owed["USD"] == sum(row.owed_cents - row.held_cents for row in standings) - on_the_way
    assert [item.owed_cents for item in lines if item.cents is not None][-1] == owed["USD"]
    page = office.get(reverse("admin:payments_charge_account", args=[participant.pk]))
    assert len(page.context["lines"]) == LedgerLine.objects.filter(user=participant).count()


def test_aid_shows_its_amount_and_never_its_reason(office, staff, participant, make_charge):
    services.add_gift(cents=100_000, currency="USD", reason="A foundation", by=staff)
    grant = services.set_aside(
        cents=50_000, currency="USD", user=participant, reason="Secret need", by=staff
    )
    line = Adjustment(
        kind="aid", amount_cents=-50_000, reason="Secret need", author=staff, grant=grant
    )
    make_charge(participant, adjustments=[line])
    html = office.get(
        reverse("admin:payments_charge_account", args=[participant.pk])
    ).content.decode()
    assert "Secret need" not in html
    assert "−USD 500" in html
    assert "(USD 500)" in html  # set aside: between our own accounts
    assert FundEntry.objects.count() == 2


@pytest.mark.parametrize("count", [1, 3])
def test_the_account_asks_the_same_for_any_length(office, staff, participant, make_charge, count):
    for _number in range(count):
        one_of_each(participant, staff, make_charge)
    address = reverse("admin:payments_charge_account", args=[participant.pk])
    office.get(address)
    with CaptureQueriesContext(connection) as queries:
        office.get(address)
    assert len(queries) == 15, "\n".join(query["sql"][:120] for query in queries)


def test_the_account_is_the_offices_alone(as_user, participant, aid_decider, facilitator):
    address = reverse("admin:payments_charge_account", args=[participant.pk])
    assert as_user(aid_decider).get(address).status_code == 403
    assert as_user(facilitator).get(address).status_code == 302
    assert as_user(participant).get(address).status_code == 302


def test_aid_follows_the_price_that_it_is_taken_off(staff, participant, make_charge):
    line = Adjustment(kind="waiver", amount_cents=-100_000, reason="Kind", author=staff)
    make_charge(participant, adjustments=[line])
    lines, _owed = account_of(participant, by=staff)
    assert [row.owed_cents for row in lines] == [289_500, 189_500]
