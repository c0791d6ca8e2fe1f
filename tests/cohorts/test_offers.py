"""Offers and places: prices, seats, answers, and what time does."""

import base64
import uuid
from datetime import timedelta

import pytest
from celery import Celery, current_app
from django.urls import reverse
from django.utils import timezone

from cohorts import tasks
from cohorts.models import Application, Enrolment, Offer, PriceTier, Seat
from cohorts.services.applications import put_on_waiting_list
from cohorts.services.due import sweep_offers
from cohorts.services.offers import (
    accept_offer,
    correct_offer,
    decline_offer,
    offer_place,
    take_back_offer,
)
from cohorts.services.opening import generate_sessions
from cohorts.services.places import confirm_place, promise_place
from cohorts.services.sessions import cancel_session, reschedule_session
from payments.models import Checkout, Settlement
from payments.services import balance, dispatch_settlement
from scip.accounts.models import Prerequisite
from scip.formats import moment
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove, move
from tests import world
from tests.cohorts import admission as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def cohort(edition):
    return world.make_cohort(capacity=1)


def settle(enrolment):
    return dispatch_settlement(Settlement.objects.get(charge=enrolment.charge).pk)


def test_an_offer_holds_a_numbered_seat_at_a_price_until_a_moment(cohort, staff):
    now = timezone.now()
    application = make.sent(cohort)
    offer = offer_place(application, tier="standard", by=staff, note="Lovely to have you.", now=now)
    application.refresh_from_db()
    assert (offer.amount_cents, offer.expires_at) == (289_500, now + timedelta(days=10))
    assert application.state == Application.State.OFFERED
    assert Seat.objects.values_list("number", "application").get() == (1, application.pk)
    letter = Letter.objects.get(dedupe_key=f"offer:{offer.pk}:made")
    assert "Lovely to have you." in letter.text
    assert "USD 2,895" in letter.text


def test_the_price_is_held_by_the_offer(cohort, staff):
    offer = make.offered(cohort, staff)
    PriceTier.objects.filter(kind="standard").update(amount_cents=999_900)
    enrolment = accept_offer(offer, by=offer.application.user)
    assert balance(enrolment.charge).owed_cents == 289_500


def test_early_bird_is_offered_only_to_those_who_sent_in_time(cohort, staff):
    PriceTier.objects.filter(kind="early_bird").update(
        until=timezone.localdate() - timedelta(days=5)
    )
    application = make.sent(cohort)
    with pytest.raises(Refusal, match="early bird"):
        offer_place(application, tier="early_bird", by=staff)
    Application.objects.update(submitted_at=timezone.now() - timedelta(days=8))
    assert offer_place(application, tier="early_bird", by=staff).list_cents == 259_500


def test_a_place_needs_verified_prerequisites(cohort, staff):
    application = make.sent(cohort)
    Prerequisite.objects.filter(kind="msc").update(state="submitted")
    with pytest.raises(Refusal) as refused:
        offer_place(application, tier="standard", by=staff)
    assert [finding.code for finding in refused.value.findings] == ["msc"]
    assert not Seat.objects.exists()


def test_when_all_seats_are_held_the_office_is_pointed_to_the_waiting_list(cohort, staff):
    make.offered(cohort, staff)
    second = make.sent(cohort)
    with pytest.raises(Refusal, match="waiting list"):
        offer_place(second, tier="standard", by=staff)
    second.refresh_from_db()
    assert second.state == Application.State.SUBMITTED


def test_passing_somebody_over_needs_a_reason(edition, staff):
    cohort = world.make_cohort(capacity=2)
    make.offered(cohort, staff)
    make.offered(cohort, staff)
    waiting = put_on_waiting_list(make.sent(cohort), by=staff)
    cohort.capacity = 3
    cohort.save()
    other = make.sent(cohort)
    with pytest.raises(Refusal, match="waits longer"):
        offer_place(other, tier="standard", by=staff)
    offer = offer_place(other, tier="standard", by=staff, order_reason="Returns after a birth")
    assert offer.order_reason == "Returns after a birth"
    waiting.refresh_from_db()
    assert waiting.state == Application.State.WAITING_LIST


def test_accepting_twice_is_one_place_and_one_charge(cohort, staff):
    offer = make.offered(cohort, staff)
    first = accept_offer(offer, by=offer.application.user)
    again = accept_offer(offer, by=offer.application.user)
    assert first.pk == again.pk
    assert (Enrolment.objects.count(), offer.application.user.charges.count()) == (1, 1)


def test_time_to_pay_is_never_shorter_than_the_cohort_says(cohort, staff):
    offer = make.offered(cohort, staff)
    late = offer.expires_at - timedelta(hours=1)
    enrolment = accept_offer(offer, by=offer.application.user, now=late)
    assert enrolment.pay_by == late + timedelta(hours=72)


@pytest.mark.parametrize(("seconds", "in_time"), [(-1, True), (0, False), (1, False)])
def test_an_offer_ends_at_its_very_second(cohort, staff, seconds, in_time):
    offer = make.offered(cohort, staff)
    moment = offer.expires_at + timedelta(seconds=seconds)
    if in_time:
        assert accept_offer(offer, by=offer.application.user, now=moment).state == (
            Enrolment.State.AWAITING_PAYMENT
        )
        return
    with pytest.raises(Refusal, match="This offer ended"):
        accept_offer(offer, by=offer.application.user, now=moment)
    assert not Enrolment.objects.exists()


def test_expired_evidence_is_asked_for_again_at_acceptance(cohort, staff):
    offer = make.offered(cohort, staff)
    Prerequisite.objects.filter(kind="insurance").update(
        expires_on=timezone.localdate() - timedelta(days=2)
    )
    with pytest.raises(Refusal) as refused:
        accept_offer(offer, by=offer.application.user)
    assert [finding.code for finding in refused.value.findings] == ["insurance"]


@pytest.mark.parametrize("act", [accept_offer, take_back_offer])
def test_an_answered_offer_stays_answered(cohort, staff, act):
    offer = make.offered(cohort, staff)
    decline_offer(offer, by=offer.application.user)
    decline_offer(offer, by=offer.application.user)
    with pytest.raises(IllegalMove):
        act(offer, by=staff)
    offer.refresh_from_db()
    assert offer.state == Offer.State.DECLINED
    assert not Seat.objects.exists()


def test_an_offer_taken_back_leaves_the_application_with_the_office(cohort, staff):
    offer = make.offered(cohort, staff)
    sent_at = offer.application.submitted_at
    application = take_back_offer(offer, by=staff)
    assert (application.state, application.submitted_at) == ("submitted", sent_at)
    assert not Seat.objects.exists()
    assert offer_place(application, tier="lend_a_hand", by=staff).list_cents == 319_500


def test_payment_confirms_the_place_and_says_what_happens_next(cohort, staff):
    enrolment = make.accepted(cohort, staff)
    make.pay(enrolment, staff)
    claim = settle(enrolment)
    enrolment.refresh_from_db()
    assert (claim.name, claim.flag) == ("cohorts.enrolment", "")
    assert enrolment.state == Enrolment.State.CONFIRMED
    assert confirm_place(enrolment) is True
    letter = Letter.objects.get(dedupe_key=f"enrolment:{enrolment.pk}:confirmed")
    assert "first session" in letter.text


def test_the_letter_of_a_firm_place_has_the_sessions_as_they_stand(cohort, staff):
    first, second, *_rest = generate_sessions(cohort)
    cancel_session(first, by=staff)
    to = second.starts_at + timedelta(hours=1)
    reschedule_session(second, starts_at=to, by=staff)
    enrolment = make.accepted(cohort, staff)
    make.pay(enrolment, staff)
    settle(enrolment)
    letter = Letter.objects.get(dedupe_key=f"enrolment:{enrolment.pk}:confirmed")
    assert f"The first session is on {moment(to, enrolment.user.time_zone)}." in letter.text
    (attached,) = letter.attachments
    calendar = base64.b64decode(attached["content"]).decode()
    assert (attached["name"], calendar.count("BEGIN:VEVENT")) == ("sessions.ics", 11)
    assert f"{to:%Y%m%dT%H%M%SZ}" in calendar
    assert str(first.uid) not in calendar


def test_dates_that_fell_out_are_not_offered(cohort, staff, as_user):
    first, *_rest = generate_sessions(cohort)
    cancel_session(first, by=staff)
    offer = make.offered(cohort, staff)
    page = as_user(offer.application.user).get(
        reverse("applications:offer", args=[offer.application_id])
    )
    assert [session.number for session in page.context["sessions"]] == list(range(2, 13))


def test_money_after_the_place_was_passed_on_is_kept_and_flagged(cohort, staff):
    enrolment = make.accepted(cohort, staff)
    swept = sweep_offers(enrolment.pay_by)
    assert swept.lapsed_places == 1
    make.pay(enrolment, staff)
    claim = settle(enrolment)
    enrolment.refresh_from_db()
    assert (claim.flag, enrolment.state) == ("place_gone", Enrolment.State.LAPSED)
    assert enrolment.charge.payments.get().amount_cents == 289_500
    assert "money is safe" in Letter.objects.get(dedupe_key__endswith=":paid-late").text


def test_money_that_nobody_claimed_yet_keeps_the_place(cohort, staff):
    enrolment = make.accepted(cohort, staff)
    make.pay(enrolment, staff)
    assert sweep_offers(enrolment.pay_by + timedelta(days=1)).lapsed_places == 0
    settle(enrolment)
    enrolment.refresh_from_db()
    assert enrolment.state == Enrolment.State.CONFIRMED


def test_a_payment_that_a_bank_is_carrying_out_keeps_the_place(cohort, staff):
    enrolment = make.accepted(cohort, staff)
    late = enrolment.pay_by + timedelta(days=1)
    checkout = Checkout.objects.create(
        charge=enrolment.charge,
        idempotency_key=uuid.uuid4(),
        amount_cents=289_500,
        currency="USD",
        state=Checkout.State.PENDING,
        expires_at=enrolment.pay_by,
    )
    assert sweep_offers(late).lapsed_places == 0
    enrolment.refresh_from_db()
    assert enrolment.state == Enrolment.State.AWAITING_PAYMENT
    move(checkout, Checkout.State.FAILED, by=None)
    assert sweep_offers(late).lapsed_places == 1


def test_the_office_can_promise_a_place_before_payment(cohort, staff):
    enrolment = make.accepted(cohort, staff)
    with pytest.raises(Refusal, match="relies on"):
        promise_place(enrolment, by=staff, reason=" ")
    enrolment = promise_place(enrolment, by=staff, reason="Employer’s letter of 3 March")
    assert (enrolment.state, enrolment.promised_by) == (Enrolment.State.CONFIRMED, staff)
    assert sweep_offers(enrolment.pay_by + timedelta(days=9)).lapsed_places == 0
    make.pay(enrolment, staff)
    assert settle(enrolment).flag == ""


def test_the_sweep_ends_offers_and_goes_down_the_waiting_list(cohort, staff):
    offer = make.offered(cohort, staff)
    first, second = (put_on_waiting_list(make.sent(cohort), by=staff) for _ in range(2))
    assert sweep_offers(offer.expires_at - timedelta(seconds=1)).lapsed_offers == 0
    assert sweep_offers(offer.expires_at).lapsed_offers == 1
    assert sweep_offers(offer.expires_at).lapsed_offers == 0
    for row in (offer, first, second):
        row.refresh_from_db()
    assert (offer.state, first.state, second.state) == ("lapsed", "offered", "waiting_list")
    assert Letter.objects.filter(dedupe_key=f"offer:{offer.pk}:lapsed").count() == 1
    next_offer = first.offers.get()
    sweep_offers(next_offer.expires_at)
    second.refresh_from_db()
    assert second.state == "offered"


def test_a_last_call_goes_out_once_two_days_before_the_end(cohort, staff):
    offer = make.offered(cohort, staff)
    early = offer.expires_at - timedelta(days=2, seconds=1)
    assert sweep_offers(early).reminded == 0
    assert sweep_offers(early + timedelta(seconds=1)).reminded == 1
    assert sweep_offers(early + timedelta(seconds=2)).reminded == 0
    assert Letter.objects.filter(dedupe_key=f"offer:{offer.pk}:last-call").count() == 1


def test_somebody_with_a_document_to_renew_keeps_the_rank_and_is_passed_over(cohort, staff):
    holder = make.offered(cohort, staff)
    first, second = (put_on_waiting_list(make.sent(cohort), by=staff) for _ in range(2))
    Prerequisite.objects.filter(user=first.user, kind="insurance").update(
        expires_on=timezone.localdate() - timedelta(days=1)
    )
    decline_offer(holder, by=holder.application.user)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("waiting_list", "offered")
    assert "renew" in second.offers.get().order_reason


def test_somebody_who_waits_for_the_office_is_not_passed_over(cohort, staff):
    holder = make.offered(cohort, staff)
    first, second = (put_on_waiting_list(make.sent(cohort), by=staff) for _ in range(2))
    Prerequisite.objects.filter(user=first.user, kind="insurance").update(state="submitted")
    decline_offer(holder, by=holder.application.user)
    second.refresh_from_db()
    assert second.state == "waiting_list"
    Prerequisite.objects.filter(user=first.user, kind="insurance").update(state="verified")
    assert sweep_offers().offered == 1
    first.refresh_from_db()
    assert first.state == "offered"


def test_no_place_is_offered_once_the_cohort_has_begun(edition, staff):
    cohort = world.make_cohort(starts_on=timezone.localdate() - timedelta(days=3))
    with pytest.raises(Refusal, match="has begun"):
        offer_place(make.sent(cohort), tier="standard", by=staff)


def test_correcting_a_price_never_costs_the_place(cohort, staff):
    offer = make.offered(cohort, staff)
    waiting = put_on_waiting_list(make.sent(cohort), by=staff)
    seat = Seat.objects.get()
    with pytest.raises(Refusal, match="this price already"):
        correct_offer(offer, tier="standard", by=staff)
    corrected = correct_offer(offer, tier="lend_a_hand", by=staff, note="Our mistake.")
    offer.refresh_from_db()
    waiting.refresh_from_db()
    assert (offer.state, corrected.state, corrected.list_cents) == ("taken_back", "open", 319_500)
    assert (corrected.application.state, waiting.state) == ("offered", "waiting_list")
    assert Seat.objects.get() == seat
    letter = Letter.objects.get(dedupe_key=f"offer:{corrected.pk}:made")
    assert "Our mistake." in letter.text
    assert "your seat was kept" in letter.text
    with pytest.raises(IllegalMove):
        accept_offer(offer, by=offer.application.user)
    assert accept_offer(corrected, by=offer.application.user).charge.amount_cents == 319_500


def test_an_answered_offer_is_not_corrected(cohort, staff):
    offer = make.offered(cohort, staff)
    accept_offer(offer, by=offer.application.user)
    with pytest.raises(IllegalMove):
        correct_offer(offer, tier="lend_a_hand", by=staff)
    assert Offer.objects.count() == 1


def test_the_office_corrects_a_price_on_the_applications_page(cohort, staff, as_user):
    offer = make.offered(cohort, staff)
    client = as_user(staff)
    address = reverse("admin:cohorts_application_decide", args=[offer.application_id, "correct"])
    shown = client.post(address, {"tier": "lend_a_hand", "note": "", "show": "1"})
    assert "USD 3,195" in shown.content.decode()
    client.post(address, {"tier": "lend_a_hand", "note": "", "send": "1"})
    assert Offer.objects.get(state="open").list_cents == 319_500


def queued(broker):
    """The tasks that were handed over, in their order; none is left."""
    found = []
    with broker.connection() as connection:
        queue = connection.SimpleQueue("celery")
        while True:
            try:
                message = queue.get(block=False)
            except queue.Empty:
                return found
            found.append((message.headers["task"], tuple(message.payload[0])))
            message.ack()


@pytest.fixture
def broker():
    """A broker of this test's own."""
    real = current_app._get_current_object()
    mine = Celery("sweeps", broker=f"memory://{uuid.uuid4()}/")
    mine.set_current()
    yield mine
    real.set_current()


def test_one_case_that_cannot_be_settled_stops_no_other(
    edition, staff, broker, django_capture_on_commit_callbacks
):
    stuck, fine = (world.make_cohort(capacity=1) for _ in range(2))
    offers = [make.offered(cohort, staff) for cohort in (stuck, fine)]
    put_on_waiting_list(make.sent(stuck), by=staff)
    PriceTier.objects.filter(cohort=stuck).delete()  # nothing can be offered there any more
    Offer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep_offers()
    todo = queued(broker)
    assert [args for name, args in todo if name == "cohorts.settle_case"] == [
        ("offer", offers[0].pk),
        ("offer", offers[1].pk),
        ("waiting_list", stuck.pk),
    ]
    outcomes = []
    for _name, args in todo:
        try:
            tasks.settle_case(*args)
            outcomes.append("done")
        except Refusal:
            outcomes.append("stuck")
    assert outcomes == ["stuck", "done", "done"]
    assert Offer.objects.get(pk=offers[1].pk).state == "lapsed"
