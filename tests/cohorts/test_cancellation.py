"""Giving up a place: the amounts that were shown, the seat, aid, letters; a whole cohort."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cohorts.models import AidRequest, Enrolment, Seat
from cohorts.services.aid import grant_aid
from cohorts.services.applications import put_on_waiting_list, withdraw_application
from cohorts.services.cancellation import (
    AmountChanged,
    cancel_place,
    release_place,
)
from cohorts.services.due import sweep_offers
from cohorts.services.offers import accept_offer, offer_place
from payments.models import FundEntry, LedgerLine, Refund
from payments.services import (
    agree_instalments,
    balance,
    extend_due,
    fund_balance,
    plan_cancellation,
    record_offline_payment,
)
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from tests import world
from tests.cohorts import admission as make
from tests.cohorts.cancelling import ASK, PRICE, days_before, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def cohort(edition):
    """Starts in 60 days."""
    return world.make_cohort(capacity=1)


@pytest.fixture
def paid(cohort, staff):
    """A confirmed place, paid by transfer."""
    enrolment = make.accepted(cohort, staff)
    make.pay(enrolment, staff)
    settle(enrolment.charge)
    enrolment.refresh_from_db()
    return enrolment


def letter_of(enrolment):
    return Letter.objects.get(dedupe_key=f"enrolment:{enrolment.pk}:cancelled")


@pytest.mark.parametrize(
    ("days", "back", "stays"),
    [(31, PRICE, 0), (29, PRICE // 2, PRICE // 2), (13, 0, PRICE), (-1, 0, PRICE)],
)
def test_what_comes_back_follows_the_frozen_terms(cohort, paid, days, back, stays):
    now = days_before(cohort, days)
    cohort.edition.full_refund_days = 90  # later rules change nothing
    cohort.edition.half_refund_days = 80
    cohort.edition.save()
    enrolment = cancel_place(paid, by=paid.user, expected_back_cents=back, now=now)
    standing = balance(paid.charge)
    paid.application.refresh_from_db()
    assert (enrolment.state, paid.application.state) == ("withdrawn", "withdrawn")
    assert (standing.refunded_cents, standing.held_cents) == (back, stays)
    assert (standing.due_cents, Seat.objects.count()) == (0, 0)
    assert list(Refund.objects.values_list("amount_cents", flat=True)) == ([back] if back else [])


def test_an_amount_that_changed_meanwhile_cancels_nothing(cohort, paid):
    charge = paid.charge
    midnight = charge.terms.steps[0].until
    shown = plan_cancellation(charge, now=midnight - timedelta(seconds=1))
    assert shown.back_cents == PRICE
    with pytest.raises(AmountChanged, match=r"USD 1,447\.50 now") as changed:
        cancel_place(paid, by=paid.user, expected_back_cents=PRICE, now=midnight)
    paid.refresh_from_db()
    assert (paid.state, changed.value.plan.back_cents) == ("confirmed", PRICE // 2)
    assert not Refund.objects.exists()
    cancel_place(paid, by=paid.user, expected_back_cents=PRICE, now=midnight - timedelta(seconds=1))
    assert Refund.objects.get().amount_cents == PRICE


def test_a_second_click_returns_nothing_a_second_time(paid):
    for _click in range(2):
        cancel_place(paid, by=paid.user, expected_back_cents=PRICE)
    assert Refund.objects.count() == 1
    assert Letter.objects.filter(dedupe_key__startswith=f"enrolment:{paid.pk}:cancel").count() == 1


def test_the_seat_goes_to_the_next_in_line(cohort, paid, staff):
    waiting = put_on_waiting_list(make.sent(cohort), by=staff)
    cancel_place(paid, by=paid.user, expected_back_cents=PRICE)
    waiting.refresh_from_db()
    assert (waiting.state, Seat.objects.get().application_id) == ("offered", waiting.pk)


def test_the_letter_says_what_comes_back_and_what_stays(cohort, paid):
    now = days_before(cohort, 20)
    cancel_place(paid, by=paid.user, expected_back_cents=PRICE // 2, now=now)
    text = letter_of(paid).text
    assert "USD 1,447.50 of the USD 2,895 that you paid comes back" in text
    assert "USD 1,447.50 stays with us" in text
    assert "transfer or cheque" in text


@pytest.mark.parametrize(("days", "is_free"), [(20, True), (-1, False)])
def test_the_letter_offers_the_place_on_only_while_it_can_be_taken(cohort, paid, days, is_free):
    now = days_before(cohort, days)
    back = plan_cancellation(paid.charge, now=now).back_cents
    cancel_place(paid, by=paid.user, expected_back_cents=back, now=now)
    letter = letter_of(paid)
    for words in (letter.text, letter.html):
        assert ("Somebody else can take it now." in words) == is_free


def test_an_unpaid_place_is_given_up_without_money(cohort, staff):
    enrolment = make.accepted(cohort, staff)
    cancel_place(enrolment, by=enrolment.user, expected_back_cents=0)
    enrolment.charge.refresh_from_db()
    assert enrolment.charge.cancelled_at is not None
    assert (balance(enrolment.charge).due_cents, Refund.objects.count()) == (0, 0)


def test_money_that_arrived_while_the_page_was_open_is_shown_first(cohort, staff):
    enrolment = make.accepted(cohort, staff)
    make.pay(enrolment, staff)
    with pytest.raises(AmountChanged):
        cancel_place(enrolment, by=enrolment.user, expected_back_cents=0)


@pytest.mark.parametrize("state", ["completed", "not_completed", "lapsed"])
def test_only_a_place_that_is_held_can_be_cancelled(paid, state):
    Enrolment.objects.update(state=state)
    with pytest.raises(IllegalMove):
        cancel_place(paid, by=paid.user, expected_back_cents=PRICE)
    assert not Refund.objects.exists()


def test_nobody_else_cancels_it_here(paid, staff, facilitator):
    paid.cohort.facilitators.add(facilitator)
    for person in (staff, facilitator):
        with pytest.raises(Refusal, match="another person"):
            cancel_place(paid, by=person, expected_back_cents=PRICE)
    assert not Refund.objects.exists()


# --- The page -------------------------------------------------------------------------


def page_of(enrolment):
    return reverse("enrolments:cancel", args=[enrolment.pk])


def test_the_page_shows_the_amounts_and_its_form_does_it(paid, as_user):
    client = as_user(paid.user)
    page = client.get(page_of(paid)).content.decode()
    assert "Comes back to you" in page
    assert "USD 2,895" in page
    assert "The amounts on this page hold until" in page
    answer = client.post(page_of(paid), {"back": PRICE, "reason": "A new job"})
    paid.refresh_from_db()
    assert (answer.status_code, paid.state) == (302, "withdrawn")
    paid.charge.refresh_from_db()
    assert paid.charge.cancel_reason == "A new job"
    assert client.post(page_of(paid), {"back": PRICE}).status_code == 302
    assert Refund.objects.count() == 1


def test_the_page_comes_again_when_the_amount_is_another(paid, as_user):
    answer = as_user(paid.user).post(page_of(paid), {"back": 1, "reason": "A new job"})
    paid.refresh_from_db()
    text = answer.content.decode()
    assert (answer.status_code, paid.state) == (200, "confirmed")
    assert "Nothing was cancelled" in text
    assert f'value="{PRICE}"' in text
    assert "A new job" in text


@pytest.mark.parametrize("data", [{}, {"back": "x"}])
def test_a_form_without_an_amount_does_nothing(paid, as_user, data):
    assert as_user(paid.user).post(page_of(paid), data).status_code == 200
    paid.refresh_from_db()
    assert paid.state == "confirmed"


def test_strangers_and_facilitators_find_no_such_page(paid, as_user, stranger, facilitator, staff):
    paid.cohort.facilitators.add(facilitator)
    for person in (stranger, facilitator, staff):
        for ask in (as_user(person).get, as_user(person).post):
            assert ask(page_of(paid)).status_code == 404
    paid.refresh_from_db()
    assert paid.state == "confirmed"


# --- The office -----------------------------------------------------------------------


def test_the_office_can_send_back_another_amount_with_its_reason(cohort, paid, staff):
    now = days_before(cohort, 5)
    with pytest.raises(Refusal, match="can go back here"):
        release_place(paid.application, reason="Illness", by=staff, refund_cents=PRICE + 1, now=now)
    release_place(paid.application, reason="Illness", by=staff, refund_cents=200_000, now=now)
    assert balance(paid.charge).refunded_cents == 200_000
    letter = letter_of(paid)
    for words in (letter.text, letter.html):
        assert "USD 2,000 of the USD 2,895" in words
        assert "USD 895 stays with us." in words
        assert "The office decided on this amount." in words
        assert "USD 0 would come back" in words
        assert "Illness" not in words


def test_an_amount_by_the_terms_is_called_so(cohort, paid, staff):
    now = days_before(cohort, 29)
    release_place(paid.application, reason="Illness", by=staff, refund_cents=PRICE // 2, now=now)
    letter = letter_of(paid)
    for words in (letter.text, letter.html):
        assert "USD 1,447.50 stays with us; the terms that were agreed" in words
        assert "The office decided" not in words


def test_the_offices_page_shows_what_the_terms_say(paid, staff, as_user):
    client = as_user(staff)
    address = reverse("admin:cohorts_application_decide", args=[paid.application_id, "release"])
    assert "100 % comes back now: USD 2,895 of USD 2,895" in client.get(address).content.decode()
    data = {"reason": "Asked by phone", "refund": "1000"}
    shown = client.post(address, data | {"show": "1"}).content.decode()
    assert "USD 1,000 of the USD 2,895" in shown
    client.post(address, data | {"send": "1"})
    assert Refund.objects.get().amount_cents == 100_000
    change = reverse("admin:cohorts_enrolment_change", args=[paid.pk])
    assert client.get(change).status_code == 200


# --- Instalments ----------------------------------------------------------------------


@pytest.fixture
def in_parts(cohort, staff):
    """A place that is paid in two parts; nothing is paid yet."""
    enrolment = make.accepted(cohort, staff)
    later = enrolment.pay_by + timedelta(days=20)
    first, second = agree_instalments(enrolment.charge, later=[(100_000, later)], by=staff)
    return enrolment, first, second


def pays(charge, cents, by):
    record_offline_payment(
        charge,
        method="bank",
        reference=f"T-{charge.pk}-{cents}",
        amount_cents=cents,
        received_at=timezone.now(),
        by=by,
    )


def test_the_first_instalment_confirms_and_a_late_one_costs_no_place(in_parts, staff):
    enrolment, first, second = in_parts
    pays(first, PRICE - 100_000, staff)
    assert settle(first).name == "cohorts.enrolment"
    enrolment.refresh_from_db()
    assert enrolment.state == "confirmed"
    assert sweep_offers(second.due_at + timedelta(days=5)).lapsed_places == 0
    pays(second, 100_000, staff)
    claim = settle(second)
    assert (claim.name, claim.flag) == ("cohorts.instalment", "")


def test_a_later_instalment_alone_keeps_the_place_and_confirms_nothing(in_parts, staff):
    enrolment, _first, second = in_parts
    pays(second, 100_000, staff)
    assert settle(second).name == "cohorts.instalment"
    assert sweep_offers(enrolment.pay_by + timedelta(days=1)).lapsed_places == 0
    enrolment.refresh_from_db()
    assert enrolment.state == "awaiting_payment"


def test_an_instalment_for_a_place_that_is_gone_is_for_the_office(in_parts, staff):
    enrolment, _first, second = in_parts
    cancel_place(enrolment, by=enrolment.user, expected_back_cents=0)
    pays(second, 100_000, staff)
    assert settle(second).flag == "place_gone"


def test_a_partly_paid_place_never_lapses_by_itself(cohort, staff):
    enrolment = make.accepted(cohort, staff)
    pays(enrolment.charge, 100, staff)
    assert sweep_offers(enrolment.pay_by + timedelta(days=30)).lapsed_places == 0


def test_more_time_from_the_office_keeps_the_place(cohort, staff):
    enrolment = make.accepted(cohort, staff)
    longer = enrolment.pay_by + timedelta(days=7)
    extend_due(enrolment.charge, due_at=longer, by=staff, reason="The bank is slow")
    assert sweep_offers(longer - timedelta(seconds=1)).lapsed_places == 0
    assert sweep_offers(longer).lapsed_places == 1
    line = enrolment.charge.adjustments.get()
    assert line.reason == "The time to pay was over, so the place was passed on."


def test_a_place_given_back_before_it_was_paid_says_so_on_the_statement(cohort, staff):
    enrolment = make.accepted(cohort, staff)
    withdraw_application(enrolment.application)
    line = enrolment.charge.adjustments.get()
    assert line.reason == "The place was given back before it was paid."


def test_all_parts_come_back_when_a_place_in_instalments_is_cancelled(in_parts, staff):
    enrolment, first, second = in_parts
    pays(first, PRICE - 100_000, staff)
    settle(first)
    cancel_place(enrolment, by=enrolment.user, expected_back_cents=PRICE - 100_000)
    assert balance(second).due_cents == 0
    assert "Nothing more is owed" in letter_of(enrolment).text


# --- What goes with the money ---------------------------------------------------------


def test_ones_own_words_are_for_the_office_and_not_in_the_books(cohort, paid):
    back = plan_cancellation(paid.charge).back_cents
    cancel_place(paid, by=paid.user, expected_back_cents=back, reason="My mother is ill")
    paid.charge.refresh_from_db()
    assert paid.charge.cancel_reason == "My mother is ill"
    booked = {
        *Refund.objects.values_list("reason", flat=True),
        *LedgerLine.objects.values_list("text", flat=True),
    }
    assert not [text for text in booked if "mother" in text]


def test_money_that_went_back_with_the_place_brings_no_second_letter(cohort, staff):
    enrolment = make.accepted(cohort, staff)
    make.pay(enrolment, staff)
    cancel_place(enrolment, by=enrolment.user, expected_back_cents=PRICE)
    assert settle(enrolment.charge).flag == ""
    assert not Letter.objects.filter(dedupe_key__endswith=":paid-late").exists()


def test_aid_that_a_cancelled_place_used_goes_back_in_the_same_share(cohort, staff, aid_decider):
    make.fill_fund(staff, cents=PRICE)
    application = make.sent(cohort, tier="", aid=ASK)
    grant_aid(AidRequest.objects.get(), cents=PRICE, by=aid_decider)
    enrolment = accept_offer(
        offer_place(application, tier="standard", by=staff), by=application.user
    )
    now = days_before(cohort, 20)
    cancel_place(enrolment, by=enrolment.user, expected_back_cents=0, now=now)
    assert FundEntry.objects.filter(kind="grant_back").get().amount_cents == PRICE // 2
    assert fund_balance() == PRICE // 2
