"""A whole cohort is cancelled: everybody is told, everything goes back."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cohorts.models import AidRequest, Application, Cohort, Enrolment, Offer, Seat, Session
from cohorts.queries.cancelling import plan_cohort_cancellation
from cohorts.services.aid import grant_aid
from cohorts.services.applications import put_on_waiting_list
from cohorts.services.cancellation import (
    applications_to_close,
    cancel_cohort,
    cancel_place,
    close_application,
    release_place,
)
from cohorts.services.offers import accept_offer, offer_place
from cohorts.services.opening import generate_sessions
from payments.models import Dispute
from payments.services import (
    balance,
    fund_balance,
)
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from tests import world
from tests.cohorts import admission as make
from tests.cohorts.cancelling import ASK, PRICE, days_before, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def full_house(edition, staff, aid_decider, facilitator):
    """Everybody that a cohort can have, two weeks before it starts: the terms give nothing."""
    cohort = world.make_cohort(capacity=4, starts_on=timezone.localdate() + timedelta(days=10))
    cohort.facilitators.add(facilitator)
    generate_sessions(cohort)
    make.fill_fund(staff, cents=PRICE)
    paid = make.accepted(cohort, staff)
    make.pay(paid, staff)
    settle(paid.charge)
    aided = make.sent(cohort, tier="", aid=ASK)
    grant_aid(AidRequest.objects.get(application=aided), cents=PRICE, by=aid_decider)
    accept_offer(offer_place(aided, tier="standard", by=staff), by=aided.user)
    make.accepted(cohort, staff)
    make.offered(cohort, staff)
    put_on_waiting_list(make.sent(cohort), by=staff)
    make.sent(cohort)
    make.draft(cohort)
    return cohort, paid


def test_the_plan_counts_everybody_and_changes_nothing(full_house):
    cohort, _paid = full_house
    plan = plan_cohort_cancellation(cohort, now=timezone.now())
    assert (plan.confirmed, plan.unpaid, plan.offered, plan.waiting) == (2, 1, 1, 1)
    assert (plan.applied, plan.drafts, plan.sessions, plan.people) == (1, 1, 12, 7)
    assert (plan.back, plan.waits) == (("USD 2,895",), ())
    assert cohort.state == "open"


def test_a_cancelled_cohort_gives_everything_back_and_tells_everybody(full_house, staff):
    cohort, paid = full_house
    with pytest.raises(Refusal, match="few words"):
        cancel_cohort(cohort, by=staff, reason=" ")
    assert fund_balance() == 0
    cohort = cancel_cohort(cohort, by=staff, reason="Our teacher fell ill.")
    todo = applications_to_close()
    assert len(todo) == 7
    for pk in [*todo, *todo]:
        close_application(pk)
    assert applications_to_close() == []
    assert (cohort.state, cohort.cancelled_by) == ("cancelled", staff)
    assert balance(paid.charge).refunded_cents == PRICE
    assert fund_balance() == PRICE  # also the aid that was used
    assert set(Application.objects.values_list("state", flat=True)) == {"withdrawn"}
    assert set(Offer.objects.values_list("state", flat=True)) == {"accepted", "taken_back"}
    assert set(Enrolment.objects.values_list("state", flat=True)) == {"withdrawn"}
    assert set(Session.objects.values_list("state", flat=True)) == {"cancelled"}
    assert Seat.objects.count() == 0
    letters = Letter.objects.filter(dedupe_key__contains="cancelled")
    assert letters.count() == 8  # seven people and who leads it
    assert all("Our teacher fell ill." in letter.text for letter in letters)
    mine = letters.get(to_address=paid.user.email)
    assert "Everything that you paid comes back to you, USD 2,895" in mine.text
    assert [item["name"] for item in mine.attachments] == ["sessions.ics"]
    assert cancel_cohort(cohort, by=staff, reason="Again").cancel_reason == "Our teacher fell ill."


@pytest.mark.parametrize(
    ("cents", "now", "then", "sentence"),
    [
        (
            PRICE,
            (),
            ("USD 2,895",),
            "You paid USD 2,895, and all of it comes back to you. It waits",
        ),
        (
            100_000,
            ("USD 1,895",),
            ("USD 1,000",),
            "You paid USD 2,895. USD 1,895 of it goes back now, and the rest waits for a bank:",
        ),
    ],
)
def test_money_in_a_dispute_is_not_said_to_go_back_now(
    full_house, staff, as_user, cents, now, then, sentence
):
    cohort, paid = full_house
    payment = paid.charge.payments.get()
    make_dispute(payment, cents)
    plan = plan_cohort_cancellation(cohort, now=timezone.now())
    assert (plan.back, plan.waits) == (now, then)
    page = as_user(staff).get(reverse("admin:cohorts_cohort_cancel", args=[cohort.pk]))
    assert f"{then[0]} waits until a bank has decided" in page.content.decode()
    cancel_cohort(cohort, by=staff, reason="Our teacher fell ill.")
    close_application(paid.application_id)
    assert balance(paid.charge).refunded_cents == PRICE - cents
    letter = Letter.objects.get(to_address=paid.user.email, dedupe_key__contains="cohort-cancelled")
    assert sentence in letter.text
    assert f"{then[0]} is with a bank in a dispute" in letter.text
    assert "Everything that you paid comes back" not in letter.text


def make_dispute(payment, cents):
    return Dispute.objects.create(
        charge=payment.charge,
        payment=payment,
        reference="dp_1",
        amount_cents=cents,
        currency=payment.currency,
        state=Dispute.State.OPEN,
        open_at=timezone.now(),
    )


def test_no_offer_is_accepted_once_the_cohort_is_cancelled(full_house, staff):
    cohort, _paid = full_house
    offer = Offer.objects.get(state="open")
    cancel_cohort(cohort, by=staff, reason="Our teacher fell ill.")
    with pytest.raises(Refusal, match="does not take place"):
        accept_offer(offer, by=offer.application.user)


def test_nobody_gives_up_a_place_for_less_once_the_cohort_is_cancelled(full_house, staff):
    cohort, paid = full_house
    cancel_cohort(cohort, by=staff, reason="Our teacher fell ill.")
    late = days_before(cohort, 13)
    with pytest.raises(Refusal, match="goes back by itself"):
        cancel_place(paid, by=paid.user, expected_back_cents=0, now=late)
    with pytest.raises(Refusal, match="goes back by itself"):
        release_place(paid.application, by=staff, reason="Asked", now=late)
    assert close_application(paid.application_id, now=late)
    assert balance(paid.charge).refunded_cents == PRICE


def test_a_finished_cohort_is_not_cancelled(full_house, staff):
    cohort, _paid = full_house
    Cohort.objects.update(state="finished")
    with pytest.raises(IllegalMove):
        cancel_cohort(cohort, by=staff, reason="Too late")


def test_the_offices_page_shows_whom_it_concerns_and_the_letter(full_house, staff, as_user):
    cohort, _paid = full_house
    client = as_user(staff)
    address = reverse("admin:cohorts_cohort_cancel", args=[cohort.pk])
    page = client.get(address).content.decode()
    assert "7 people get a letter" in page
    assert "USD 2,895 goes back" in page
    shown = client.post(address, {"reason": "Our teacher fell ill.", "show": "1"}).content.decode()
    assert "We are sorry" in shown
    cohort.refresh_from_db()
    assert cohort.state == "open"
    client.post(address, {"reason": "Our teacher fell ill.", "send": "1"})
    cohort.refresh_from_db()
    assert cohort.state == "cancelled"
