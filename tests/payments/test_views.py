"""Pages: the statement, paying, coming back, receipts, the practice checkout, the office."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from payments import services
from payments.forms import OfflinePaymentForm
from payments.models import Adjustment, Charge, Checkout, Payment, SandboxObject, Settlement
from payments.sandbox import desk
from scip.accounts.models import User
from scip.audit.models import Entry
from scip.mail.models import Letter
from tests.payments.conftest import Till
from tests.payments.disputes import disputed
from tests.payments.test_receipts import text_of


@pytest.fixture
def mine(participant, as_user):
    return as_user(participant)


def pay_offline(charge, staff, reference="T 1", cents=289_500):
    return services.record_offline_payment(
        charge,
        method="bank",
        reference=reference,
        amount_cents=cents,
        received_at=timezone.now(),
        by=staff,
    )


# --- the statement ---------------------------------------------------------------------


def test_an_empty_statement_teaches(mine):
    page = mine.get("/payments/").content.decode()
    assert "Nothing to pay" in page
    assert "See the cohorts" in page


def test_the_statement_explains_every_line(mine, participant, staff, make_charge):
    charge = make_charge(
        participant,
        adjustments=[
            Adjustment(kind="aid", amount_cents=-100_000, reason="Supported rate", author=staff)
        ],
    )
    payment = pay_offline(charge, staff, cents=50_000)
    services.make_receipt(payment.receipt.pk)
    page = mine.get("/payments/").content.decode()
    for part in (
        "Learning cohort 1: tuition",
        "USD 2,895",
        "Supported rate",
        "−USD 1,000",
        "USD 500",
        payment.receipt.label,
        "Partly paid",
        "Pay USD 1,395",
    ):
        assert part in page, part


@pytest.mark.parametrize("rows", [1, 3])
def test_the_statement_takes_the_same_queries_for_any_length(
    mine, participant, staff, make_charge, rows, django_assert_num_queries
):
    for number in range(rows):
        charge = make_charge(participant)
        payment = pay_offline(charge, staff, f"T {number}")
        services.make_receipt(payment.receipt.pk)
    mine.get("/payments/")
    with django_assert_num_queries(STATEMENT_QUERIES):
        mine.get("/payments/")


STATEMENT_QUERIES = 10


def test_the_office_sees_its_own_statement_only(as_user, staff, charge):
    assert "Nothing to pay" in as_user(staff).get("/payments/").content.decode()


# --- whose pages -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pay", "returned"])
def test_strangers_find_no_charge(as_user, stranger, facilitator, charge, client, name):
    address = reverse(f"payments:{name}", args=[charge.pk])
    assert as_user(stranger).get(address).status_code == 404
    assert as_user(facilitator).get(address).status_code == 404
    assert client.get(address).status_code == 302


def test_strangers_pay_nothing_and_download_nothing(as_user, stranger, till, staff):
    client = as_user(stranger)
    assert client.post(f"/payments/{till.charge.pk}/checkout/").status_code == 404
    assert client.post(f"/payments/{till.charge.pk}/returned/").status_code == 404
    checkout = till.open()
    page = f"/payments/sandbox/{checkout.session_id}/"
    assert client.get(page).status_code == 404
    assert client.post(page, {"act": "pay"}).status_code == 404
    assert desk.look_at(checkout.session_id)["status"] == "open"
    receipt = pay_offline(till.charge, staff).receipt
    services.make_receipt(receipt.pk)
    assert client.get(f"/payments/receipts/{receipt.pk}/").status_code == 404


def test_the_owner_and_the_office_download_the_receipt(mine, as_user, staff, charge):
    receipt = pay_offline(charge, staff).receipt
    early = mine.get(f"/payments/receipts/{receipt.pk}/", follow=True)
    assert "is being prepared" in early.content.decode()
    services.make_receipt(receipt.pk)
    for client in (mine, as_user(staff)):
        response = client.get(f"/payments/receipts/{receipt.pk}/")
        assert b"".join(response.streaming_content).startswith(b"%PDF-")
        assert receipt.label in response["Content-Disposition"]
        assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("kind", ["receipts", "credit-notes"])
def test_a_document_that_storage_has_lost_is_drawn_anew_and_put_back(
    mine, charge, staff, kind, caplog
):
    payment = pay_offline(charge, staff)
    found, make = payment.receipt, services.make_receipt
    if kind == "credit-notes":
        (refund,) = services.return_money(charge, cents=10_000, by=staff, reason="Illness")
        services.record_returned(refund, reference="B 1", by=staff)
        found, make = refund.credit_note, services.make_credit_note
    address = f"/payments/{kind}/{found.pk}/"
    make(found.pk)
    found.refresh_from_db()
    letters = Letter.objects.count()
    storage, name = found.document.storage, found.document.name
    storage.delete(name)
    response = mine.get(address)
    content = b"".join(response.streaming_content)
    assert (response.status_code, content[:5]) == (200, b"%PDF-")
    assert found.label in text_of(content)
    assert f"The file of {found.label} is gone" in caplog.text
    for _run in range(2):
        assert make(found.pk) is False
    assert storage.exists(name)
    assert Entry.objects.filter(action="document.put_back", object_id=str(found.pk)).count() == 1
    assert Letter.objects.count() == letters
    made_at = found.made_at
    found.refresh_from_db()
    assert (found.document.name, found.made_at) == (name, made_at)


# --- paying ----------------------------------------------------------------------------


def test_the_pay_page_shows_amount_terms_and_ways(mine, charge):
    page = mine.get(f"/payments/{charge.pk}/").content.decode()
    for part in ("USD 2,895", "Half until 14 days before.", charge.reference, "practice checkout"):
        assert part in page, part


def test_paying_leads_through_the_checkout_and_back(mine, charge):
    to_checkout = mine.post(f"/payments/{charge.pk}/checkout/")
    checkout = charge.checkouts.get()
    assert to_checkout["Location"].endswith(f"/payments/sandbox/{checkout.session_id}/")
    page = mine.get(to_checkout["Location"]).content.decode()
    assert "No money moves here" in page
    back = mine.post(to_checkout["Location"], {"act": "pay"})
    assert back["Location"].endswith(f"/payments/{charge.pk}/returned/")
    before = mine.get(back["Location"]).content.decode()
    assert "We are asking whether" in before
    after = mine.post(back["Location"], follow=True).content.decode()
    assert "Your payment has arrived" in after
    assert Payment.objects.get().amount_cents == 289_500


def test_back_after_paying_says_paid_and_opens_no_second_checkout(mine, till):
    services.ask_stripe(till.pay())
    page = mine.get(f"/payments/{till.charge.pk}/")
    assert "This is paid" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    again = mine.post(f"/payments/{till.charge.pk}/checkout/", follow=True)
    assert "already paid" in again.content.decode()
    assert Checkout.objects.count() == 1


def test_a_declined_card_leaves_the_checkout_open(mine, till):
    checkout = till.open()
    address = f"/payments/sandbox/{checkout.session_id}/"
    declined = mine.post(address, {"act": "decline"}, follow=True)
    assert "The card was declined" in declined.content.decode()
    assert mine.post(address, {"act": "pay"}).status_code == 302
    twice = mine.post(address, {"act": "pay"}).content.decode()
    assert "This checkout is done" in twice
    assert (
        SandboxObject.objects.filter(kind="payment_intent", body__status="succeeded").count() == 1
    )


def test_paying_straight_after_a_refused_card_settles(mine, till):
    """On the page that says so, its address with the note still in it; and by the charge's page."""
    first = mine.post(f"/payments/{till.charge.pk}/checkout/")
    declined = mine.post(first["Location"], {"act": "decline"})
    assert declined["Location"].endswith("?declined=1")
    again = mine.post(f"/payments/{till.charge.pk}/checkout/")
    assert again["Location"] == first["Location"]
    assert mine.post(declined["Location"], {"act": "pay"}).status_code == 302
    page = mine.post(f"/payments/{till.charge.pk}/returned/", follow=True).content.decode()
    assert "Your payment has arrived" in page
    assert till.charge.payments.get().amount_cents == 289_500
    assert till.charge.checkouts.count() == 1


def test_the_statement_says_what_is_here_beyond_what_is_owed(mine, charge, staff):
    pay_offline(charge, staff, cents=292_000)
    page = " ".join(mine.get("/payments/").content.decode().split())
    assert "More than is owed" in page
    assert "<dd>USD 25</dd>" in page


def test_late_money_on_a_cancelled_charge_does_not_read_as_kept(mine, charge, staff):
    services.cancel_charge(charge, by=None, reason="Passed on")
    pay_offline(charge, staff)
    page = " ".join(mine.get("/payments/").content.decode().split())
    assert "what stays paid</dt><dd>USD 0</dd>" in page
    assert "It is safe here." in page


def test_a_day_that_has_passed_is_not_asked_to_be_kept(mine, staff, charge):
    Charge.objects.filter(pk=charge.pk).update(due_at=timezone.now() - timedelta(days=2))
    page = mine.get(f"/payments/{charge.pk}/").content.decode()
    assert "You can still pay it here" in page
    assert "Please pay by" not in page


def test_what_a_bank_took_back_is_still_open_not_partly_paid(mine, till, charge):
    services.ask_stripe(till.pay())
    disputed(charge.payments.get(), "open", "lost")
    page = mine.get("/payments/").content.decode()
    assert "Still open" in page
    assert "Partly paid" not in page


def test_slow_money_is_shown_as_on_its_way(mine, till):
    checkout = till.open()
    mine.post(f"/payments/sandbox/{checkout.session_id}/", {"act": "slow"})
    mine.post(f"/payments/{till.charge.pk}/returned/")
    for address in (f"/payments/{till.charge.pk}/", "/payments/"):
        assert "on its way" in mine.get(address).content.decode()
    assert (
        "Your payment is on its way"
        in mine.get(f"/payments/{till.charge.pk}/returned/").content.decode()
    )


def test_looking_again_by_htmx_answers_the_fragment_and_stops_in_time(mine, till):
    till.open()
    address = f"/payments/{till.charge.pk}/returned/"
    first = mine.post(address, {"looks": "1"}, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in first
    assert "load delay" in first
    last = mine.post(address, {"looks": "9"}, headers={"hx-request": "true"}).content.decode()
    assert "load delay" not in last
    nonsense = mine.post(address, {"looks": "x"}, headers={"hx-request": "true"})
    assert "load delay" not in nonsense.content.decode()


def test_a_get_of_the_returned_page_writes_nothing(mine, till, django_assert_num_queries):
    checkout = till.pay()
    mine.get(f"/payments/{till.charge.pk}/returned/")
    checkout.refresh_from_db()
    assert (checkout.state, checkout.asked_at is None) == ("open", False)
    assert not Payment.objects.exists()


# --- with a Stripe key -------------------------------------------------------------------


def test_only_the_page_that_leads_to_stripe_names_its_origin(mine, charge, settings):
    sandboxed = mine.get(f"/payments/{charge.pk}/")["Content-Security-Policy"]
    assert "checkout.stripe.com" not in sandboxed
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test_x", "whsec_x"
    policy = mine.get(f"/payments/{charge.pk}/")["Content-Security-Policy"]
    assert "form-action 'self' https://checkout.stripe.com" in policy
    assert "checkout.stripe.com" not in mine.get("/payments/")["Content-Security-Policy"]


def test_the_practice_checkout_does_not_exist_beside_stripe(mine, till, settings):
    checkout = till.open()
    settings.STRIPE_SECRET_KEY = "sk_test_x"
    address = f"/payments/sandbox/{checkout.session_id}/"
    assert mine.get(address).status_code == 404
    assert mine.post(address, {"act": "pay"}).status_code == 404


# --- the office --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "payer", "now", "typed", "receipt_says"),
    [
        # Morning in Tokyo is still yesterday in UTC.
        ("Asia/Tokyo", "Europe/Lisbon", "2020-03-04T22:00Z", "2020-03-05", "2020-03-04"),
        ("Asia/Tokyo", "Asia/Tokyo", "2020-03-04T22:00Z", "2020-03-05", "2020-03-05"),
        # A day that is over stays that day for everybody.
        ("America/New_York", "Asia/Tokyo", "2020-03-09T12:00Z", "2020-03-05", "2020-03-05"),
        ("Europe/Lisbon", "America/New_York", "2020-03-09T12:00Z", "2020-03-05", "2020-03-05"),
    ],
)
def test_the_day_money_arrived_is_the_day_on_the_receipt(
    participant, staff, make_charge, where, payer, now, typed, receipt_says
):
    participant.time_zone = payer
    participant.save()
    charge, now = make_charge(participant), datetime.fromisoformat(now)
    values = {"method": "bank", "reference": "T", "amount": "2895", "received_on": typed}
    with timezone.override(ZoneInfo(where)):
        form = OfflinePaymentForm(values)
        assert form.is_valid(), form.errors
        payment = services.record_offline_payment(
            charge, by=staff, now=now, **form.payment(now, participant.zone)
        )
    assert payment.receipt.facts["paid_on"] == receipt_says


def test_a_day_to_come_is_told_at_its_field(office, charge):
    values = {"method": "bank", "reference": "T", "amount": "1", "received_on": "2999-01-01"}
    page = office.post(reverse("admin:payments_charge_act", args=[charge.pk, "offline"]), values)
    assert page.context["form"].errors["received_on"] == [
        "That day is still to come. Please check it."
    ]


@pytest.mark.parametrize(
    ("verb", "values", "field", "says"),
    [
        (
            "offline",
            {"method": "bank", "reference": "T", "amount": "1", "received_on": "0001-01-01"},
            "received_on",
            "That day is more than ten years ago. Please check it.",
        ),
        (
            "extend",
            {"due_on": "9999-12-31", "reason": "More time"},
            "due_on",
            "That day is more than ten years away. Please check it.",
        ),
    ],
)
def test_a_day_that_nobody_can_mean_is_told_at_its_field(office, charge, verb, values, field, says):
    page = office.post(reverse("admin:payments_charge_act", args=[charge.pk, verb]), values)
    assert page.context["form"].errors[field] == [says]


def test_the_statement_names_the_day_where_the_reader_is(mine, participant, charge, staff):
    participant.time_zone = "Asia/Tokyo"
    participant.save()
    services.record_offline_payment(
        charge,
        method="bank",
        reference="T",
        amount_cents=100,
        received_at=datetime(2026, 3, 4, 22, tzinfo=UTC),
        by=staff,
    )
    assert "Paid on Thursday 5 March 2026" in mine.get("/payments/").content.decode()


def test_the_office_records_a_transfer_on_the_charges_page(office, staff, charge):
    address = reverse("admin:payments_charge_act", args=[charge.pk, "offline"])
    assert "Still due: USD 2,895" in office.get(address).content.decode()
    values = {
        "method": "bank",
        "reference": "T 77",
        "amount": "2895.00",
        "received_on": timezone.localdate(timezone=staff.zone).isoformat(),
    }
    shown = office.post(address, values)
    assert "What will happen" in shown.content.decode()
    assert charge.payments.count() == 0
    confirmed = values | {"confirm": "1", "seen": shown.context["seen"]}
    page = office.post(address, confirmed, follow=True).content.decode()
    assert "The payment is recorded." in page
    assert "T 77" in page
    assert charge.payments.get().amount_cents == 289_500
    again = office.post(address, values).content.decode()
    assert "already on record" in again
    assert charge.payments.count() == 1


def test_the_office_marks_what_it_looked_at(office, charge, staff):
    pay_offline(charge, staff, cents=300_000)
    listed = reverse("admin:payments_charge_changelist") + "?standing=look"
    assert "Learning cohort 1" in office.get(listed).content.decode()
    address = reverse("admin:payments_charge_act", args=[charge.pk, "looked"])
    office.post(address, {"note": "Returned the difference"})
    assert charge.payments.get().look_note == "Returned the difference"
    assert "0 charges" in office.get(listed).content.decode()


@pytest.mark.parametrize("model", ["charge", "payment", "settlement", "stripeevent"])
def test_the_admin_pages_are_the_offices_alone_and_read_only(
    office, as_user, participant, aid_decider, charge, staff, model
):
    pay_offline(charge, staff)
    address = reverse(f"admin:payments_{model}_changelist")
    assert office.get(address).status_code == 200
    assert office.get(address + "?q=t").status_code == 200
    assert office.get(reverse(f"admin:payments_{model}_add")).status_code == 403
    assert as_user(participant).get(address).status_code in {302, 403}
    assert as_user(aid_decider).get(address).status_code == 403
    act = reverse("admin:payments_charge_act", args=[charge.pk, "offline"])
    assert as_user(aid_decider).post(act, {}).status_code in {302, 403, 404}
    assert charge.payments.count() == 1


@pytest.mark.parametrize("rows", [1, 3])
def test_the_charge_list_takes_the_same_queries_for_any_length(
    office, participant, staff, make_charge, rows, django_assert_num_queries
):
    for number in range(rows):
        pay_offline(make_charge(participant), staff, f"T {number}")
    address = reverse("admin:payments_charge_changelist")
    office.get(address)
    with django_assert_num_queries(LIST_QUERIES):
        office.get(address)


LIST_QUERIES = 8


def test_the_whole_way_through_events_ends_paid(mine, participant, make_charge):
    till = Till(make_charge(participant))
    till.pay()
    till.tell()
    assert "This is paid" in mine.get(f"/payments/{till.charge.pk}/").content.decode()


def test_what_came_of_nothing_is_listed_alone_and_opens_on_its_charge(
    office: Client, charge: Charge, participant: User, make_charge: Callable[..., Charge]
) -> None:
    calm = Settlement.objects.create(
        charge=make_charge(participant, description="Calm"), claimed_at=timezone.now()
    )
    odd = Settlement.objects.create(charge=charge, claimed_at=timezone.now())
    Settlement.objects.filter(pk=odd.pk).update(flag="place_gone", flagged_at=timezone.now())
    listed = office.get(reverse("admin:payments_settlement_changelist") + "?standing=look")
    assert [row.pk for row in listed.context["cl"].queryset] == [odd.pk] != [calm.pk]
    assert "the place was gone" in listed.content.decode()
    page = office.get(reverse("admin:payments_settlement_change", args=[odd.pk]))
    assert page["Location"] == reverse("admin:payments_charge_change", args=[charge.pk])
