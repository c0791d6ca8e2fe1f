"""The aid fund in the office: figures and movements, gifts; whose they are is the office's to know."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from payments import services
from payments.models import FundEntry
from scip.accounts.models import User

pytestmark = pytest.mark.django_db
LIST = "/admin/payments/fundentry/"
GIFT = "/admin/payments/fundentry/gift/"


def lend_a_hand(user: User, staff: User, make_charge: Callable[..., object]) -> None:
    charge = make_charge(
        user, amount_cents=319_500, gift_cents=30_000, description="Autumn tuition"
    )
    services.record_offline_payment(
        charge,
        method="bank",
        reference=f"T {charge.pk}",
        amount_cents=319_500,
        received_at=timezone.now(),
        by=staff,
    )


def test_the_fund_shows_what_it_holds_and_how_it_came_about(
    office, staff, participant, stranger, make_charge
):
    lend_a_hand(participant, staff, make_charge)
    services.set_aside(cents=10_000, currency="USD", user=stranger, reason="Aid", by=staff)
    html = office.get(LIST).content.decode()
    for words in ("USD 200", "USD 300", "−USD 100", "Paulo Participant", "Sam Stranger"):
        assert words in html, words


def test_people_who_decide_on_aid_see_amounts_and_not_who_pays_more(
    as_user, aid_decider, staff, participant, stranger, make_charge
):
    lend_a_hand(participant, staff, make_charge)
    services.set_aside(cents=10_000, currency="USD", user=stranger, reason="Aid", by=staff)
    client = as_user(aid_decider)
    surplus = FundEntry.objects.get(kind="surplus")
    entry = reverse("admin:payments_fundentry_change", args=[surplus.pk])
    for address in (LIST, entry, LIST + "?q=Paulo"):
        html = client.get(address).content.decode()
        assert "Paulo Participant" not in html, address
        assert "Autumn tuition" not in html, address
    html = client.get(LIST).content.decode()
    assert "Sam Stranger" in html
    assert "USD 200" in html
    assert "Add a gift" not in html


def test_a_gift_is_added_with_its_source(office, staff):
    office.post(
        GIFT, {"cents": "1500.50", "currency": "USD", "reason": "A foundation"}, follow=True
    )
    entry = FundEntry.objects.get()
    assert (entry.kind, entry.amount_cents, entry.reason, entry.author) == (
        "gift",
        150_050,
        "A foundation",
        staff,
    )
    assert services.fund_balance() == 150_050


def test_a_gift_of_nothing_is_refused_and_what_was_typed_stays(office):
    page = office.post(GIFT, {"cents": "0", "currency": "USD", "reason": "A foundation"})
    assert "Please give an amount" in page.content.decode()
    assert "A foundation" in page.content.decode()
    assert FundEntry.objects.count() == 0


def test_each_currency_has_a_fund_of_its_own(office, participant, make_charge):
    page = office.get(GIFT)
    assert [code for code, _label in page.context["form"].fields["currency"].choices] == ["USD"]
    make_charge(participant, currency="EUR")
    office.post(GIFT, {"cents": "10", "currency": "EUR", "reason": "A foundation"})
    assert (services.fund_balance("EUR"), services.fund_balance("USD")) == (1_000, 0)
    assert "The fund holds EUR 10 now." in office.get(GIFT).content.decode()
    other = office.post(GIFT, {"cents": "10", "currency": "JPY", "reason": "A foundation"})
    assert other.context["form"].errors["currency"]


def test_nothing_here_is_edited_or_deleted(office, staff):
    entry = services.add_gift(cents=100, currency="USD", reason="So", by=staff)
    for verb in ("change", "delete"):
        address = reverse(f"admin:payments_fundentry_{verb}", args=[entry.pk])
        assert office.post(address, {"amount_cents": "1", "post": "yes"}).status_code == 403
    assert office.get(LIST + "add/").status_code == 403
    assert FundEntry.objects.get().amount_cents == 100


def test_others_do_not_come_in(as_user, aid_decider, facilitator, participant):
    assert as_user(aid_decider).get(GIFT).status_code == 403
    assert as_user(aid_decider).post(GIFT, {"cents": "1", "reason": "x"}).status_code == 403
    for user in (facilitator, participant):
        for address in (LIST, GIFT):
            assert as_user(user).get(address).status_code == 302
    assert FundEntry.objects.count() == 0


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_for_any_length(office, staff, participant, make_charge, count):
    for _number in range(count):
        lend_a_hand(participant, staff, make_charge)
    office.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        office.get(LIST)
    assert len(queries) == 10, "\n".join(query["sql"][:120] for query in queries)
