"""The demo's desk at Stripe: what it starts, the site learns of by events."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from payments import services
from payments.models import Charge, Dispute, Payment, Refund, SandboxEvent
from payments.sandbox import dashboard, desk
from payments.sandbox.store import Refused
from scip.demo.stripe_side import PER_PAGE
from tests.payments.conftest import Till
from tests.world import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.demo.demo_urls")]
PAGE = "/demo/stripe/"


@pytest.fixture
def payer():
    return make_user("payer@example.org", name="Pia Payer")


@pytest.fixture
def paid(make_charge, payer):
    return pay(make_charge(payer))


def pay(charge: Charge) -> Payment:
    """Pay online, and let the site learn of it."""
    till = Till(charge)
    till.pay()
    till.tell()
    SandboxEvent.objects.all().delete()
    return charge.payments.get()


def press(payment: Payment, act: str, reference: str = "", **values: Any) -> str:
    """Press a button and let the site learn of it; the page that follows."""
    fields = {"act": act, "reference": reference or payment.reference} | values
    page = Client().post(PAGE, fields, follow=True).content.decode()
    Till(payment.charge).tell()
    SandboxEvent.objects.all().delete()
    return page


def test_a_part_then_the_rest_goes_back(paid):
    assert "Stripe sends the money back." in press(paid, "refund", cents="100.50")
    refund = Refund.objects.get()
    assert (refund.amount_cents, refund.flag, refund.state) == (10_050, "foreign", "done")
    page = press(paid, "refund")
    assert "All of it went back." in page
    assert services.balance(paid.charge).held_cents == 0
    assert "Stripe would say" in press(paid, "refund")


@pytest.mark.parametrize(("act", "state", "held"), [("won", "won", 289_500), ("lost", "lost", 0)])
def test_a_dispute_is_opened_and_decided_once(paid, act, state, held):
    page = press(paid, "dispute")
    assert "The bank decides for us" in page
    assert "Refund at Stripe" not in page
    dispute = Dispute.objects.get()
    assert dispute.state == "open"
    assert "Stripe would say" in press(paid, "dispute")
    press(paid, act, dispute.reference)
    dispute.refresh_from_db()
    assert dispute.state == state
    assert services.balance(paid.charge).held_cents == held
    assert "This dispute is decided." in press(paid, act, dispute.reference)


def test_what_is_unknown_or_no_amount_changes_nothing(paid):
    assert "No such payment_intent" in press(paid, "refund", "pi_unknown")
    assert "Please give an amount" in press(paid, "refund", cents="much")
    assert "Please give an amount" in press(paid, "explode")
    assert not Refund.objects.exists()


def test_the_past_of_the_demo_can_be_disputed_too(make_charge, payer):
    charge = make_charge(payer)
    moment = timezone.now()
    reference = desk.paid_before(5_000, "USD", at=moment, metadata={"charge": str(charge.pk)})
    (row,) = dashboard.shown(dashboard.paid_intents())
    assert (row.charge, row.left_cents, row.currency) == (charge.pk, 5_000, "USD")
    dashboard.dispute(reference)
    with pytest.raises(Refused):
        dashboard.refund(reference)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_the_same_queries_for_any_number(
    make_charge,
    payer,
    count,
    django_assert_num_queries,
):
    for _number in range(count):
        payment = pay(make_charge(payer))
        press(payment, "refund", cents="1")
    with django_assert_num_queries(5):
        page = Client().get(PAGE)
    assert len(page.context["rows"]) == count
    assert page.content.decode().count("Pia Payer") == count


def test_it_pages_and_narrows_to_a_payer(make_charge, payer, paid):
    other = make_charge(make_user("other@example.org", name="Ole Other"))
    for _number in range(PER_PAGE):
        desk.paid_before(100, "USD", at=timezone.now(), metadata={"charge": str(other.pk)})
    first = Client().get(PAGE)
    assert "page=2" in first.content.decode()
    assert "Pia Payer" not in first.content.decode()
    assert "Pia Payer" in Client().get(PAGE, {"page": "2"}).content.decode()
    narrowed = Client().get(PAGE, {"person": "PAYER@example.org"})
    assert [row.user for _paid, row in narrowed.context["rows"]] == [payer]
    assert "Nothing was paid here" in Client().get(PAGE, {"person": "no\0body"}).content.decode()


def test_it_does_not_exist_where_a_key_is_set(paid, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_x"
    for answer in (Client().get(PAGE), Client().post(PAGE, {"act": "refund"})):
        assert answer.status_code == 404
    assert PAGE not in Client().get("/demo/").content.decode()


@pytest.mark.urls("scip.urls")
def test_it_does_not_exist_outside_the_demo(paid):
    fields = {"act": "refund", "reference": paid.reference}
    for answer in (Client().get(PAGE), Client().post(PAGE, fields)):
        assert answer.status_code == 404
    assert not Refund.objects.exists()


def test_it_acts_only_by_a_form_of_its_own(paid):
    strict = Client(enforce_csrf_checks=True)
    fields = {"act": "refund", "reference": paid.reference}
    assert strict.post(PAGE, fields).status_code == 403
    assert not Refund.objects.exists()
