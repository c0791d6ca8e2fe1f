"""Aid: who reads the statement, what is granted, what the offer makes of it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from cohorts.models import AidRequest, Application, Enrolment, PriceTier, Seat
from cohorts.queries.admission import aid_outcome
from cohorts.services.aid import decline_aid, grant_aid, open_statement, request_aid
from cohorts.services.applications import (
    decline_application,
    put_on_waiting_list,
    save_draft,
    withdraw_application,
)
from cohorts.services.due import sweep_offers
from cohorts.services.offers import accept_offer, decline_offer, offer_place
from payments.models import Adjustment
from payments.services import balance, fund_balance, set_aside
from scip.audit.models import Entry
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove
from tests import world
from tests.cohorts import admission as make

pytestmark = pytest.mark.django_db
STATEMENT = "CANARY-STATEMENT two children, one income"
ASK = {"kind": "supported", "statement": STATEMENT, "affordable_cents": 90_000}


@pytest.fixture
def cohort(edition):
    return world.make_cohort(capacity=1)


@pytest.fixture
def funded(staff):
    """The aid fund holds more than anybody here asks for."""
    make.fill_fund(staff)


@pytest.fixture
def asked(cohort, funded):
    """A sent application with a request for aid."""
    application = make.sent(cohort, tier="", aid=ASK)
    return AidRequest.objects.get(application=application)


def test_sending_the_application_sends_the_request(asked):
    assert (asked.state, asked.requested_at is not None) == (AidRequest.State.REQUESTED, True)


def test_choosing_a_price_instead_takes_the_draft_request_back(cohort):
    application = make.draft(cohort, tier="", aid=ASK)
    save_draft(application, revision=application.revision, fields={"tier": "standard", "aid": None})
    assert not AidRequest.objects.exists()


def test_no_place_is_offered_while_aid_is_undecided(asked, staff):
    with pytest.raises(Refusal, match="still being considered"):
        offer_place(asked.application, tier="standard", by=staff)


def test_the_offer_takes_what_was_granted_off_the_price(asked, staff, aid_decider):
    grant_aid(asked, cents=200_000, by=aid_decider)
    with pytest.raises(Refusal, match="granted"):
        offer_place(asked.application, tier="standard", aid_cents=150_000, by=staff)
    offer = offer_place(asked.application, tier="standard", by=staff)
    enrolment = accept_offer(offer, by=asked.application.user)
    line = Adjustment.objects.get(charge=enrolment.charge)
    assert (offer.amount_cents, balance(enrolment.charge).due_cents) == (89_500, 89_500)
    assert (line.kind, line.amount_cents) == ("aid", -200_000)


def test_full_aid_confirms_without_any_payment(cohort, staff, funded, aid_decider):
    application = make.sent(cohort, tier="", aid=ASK | {"kind": "scholarship"})
    grant_aid(AidRequest.objects.get(application=application), cents=289_500, by=aid_decider)
    offer = offer_place(application, tier="standard", by=staff)
    enrolment = accept_offer(offer, by=application.user)
    assert enrolment.state == Enrolment.State.CONFIRMED
    assert balance(enrolment.charge).due_cents == 0
    assert Letter.objects.filter(dedupe_key=f"enrolment:{enrolment.pk}:confirmed").count() == 1


@pytest.mark.parametrize("cents", [0, 289_501])
def test_a_grant_is_something_and_at_most_the_standard_price(asked, aid_decider, cents):
    with pytest.raises(Refusal, match="at most the standard price"):
        grant_aid(asked, cents=cents, by=aid_decider)


def test_a_decision_is_made_once(asked, aid_decider):
    decline_aid(asked, by=aid_decider, note="We asked for more funds.")
    with pytest.raises(IllegalMove):
        grant_aid(asked, cents=100, by=aid_decider)
    assert "We asked for more funds." in Letter.objects.get(dedupe_key__startswith="aid:").text


def test_nobody_decides_about_their_own_request(cohort, aid_decider):
    aid_decider.profession, aid_decider.country = "Psychologist", "PT"
    aid_decider.save()
    world.verify_prerequisites(aid_decider)
    make.sent(cohort, aid_decider, tier="", aid=ASK)
    with pytest.raises(Refusal, match="your own application"):
        grant_aid(AidRequest.objects.get(), cents=100, by=aid_decider)


def test_a_seat_that_waited_for_the_decision_is_offered_with_it(cohort, staff, funded, aid_decider):
    holder = make.offered(cohort, staff)
    waiting = put_on_waiting_list(make.sent(cohort, tier="", aid=ASK), by=staff)
    decline_offer(holder, by=holder.application.user)
    assert not Seat.objects.exists()
    grant_aid(AidRequest.objects.get(application=waiting), cents=100_000, by=aid_decider)
    waiting.refresh_from_db()
    assert waiting.state == Application.State.OFFERED
    assert waiting.offers.get().amount_cents == 189_500


def test_aid_can_be_asked_for_after_sending_but_not_after_an_offer(cohort, staff):
    application = make.sent(cohort)
    assert request_aid(
        application, kind="supported", statement="A lower price would help."
    ).state == (AidRequest.State.REQUESTED)
    with pytest.raises(Refusal, match="already"):
        request_aid(application, kind="supported", statement="Once more")


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (lambda row, staff: withdraw_application(row), AidRequest.State.WITHDRAWN),
        (
            lambda row, staff: decline_application(row, note="No", by=staff),
            AidRequest.State.WITHDRAWN,
        ),
    ],
)
def test_a_closed_application_closes_its_request(asked, staff, end, state):
    end(asked.application, staff)
    asked.refresh_from_db()
    assert asked.state == state


def test_the_statement_is_seen_by_its_writer_and_deciders_alone(
    asked, staff, aid_decider, facilitator, stranger, reviewer
):
    visible = AidRequest.objects.visible_to
    assert visible(asked.application.user).get() == asked
    assert visible(aid_decider).get() == asked
    for person in (staff, facilitator, stranger, reviewer):
        assert not visible(person).exists()


def test_the_statement_never_enters_letters_the_log_or_the_outcome(asked, aid_decider):
    open_statement(asked, by=aid_decider)
    grant_aid(asked, cents=100_000, by=aid_decider)
    letters = [f"{row.subject}{row.text}{row.html}" for row in Letter.objects.all()]
    assert letters
    assert not [text for text in letters if "CANARY" in text]
    assert not [entry for entry in Entry.objects.all() if "CANARY" in str(entry.data)]
    assert "CANARY" not in repr(aid_outcome(asked.application))
    assert Entry.objects.get(action="aidrequest.opened").actor_id == aid_decider.pk


def test_a_draft_request_that_was_put_away_stays_with_its_writer(cohort, aid_decider, as_user):
    application = make.draft(cohort, tier="", aid=ASK)
    withdraw_application(application)
    request = AidRequest.objects.get()
    assert request.state == AidRequest.State.WITHDRAWN
    assert not AidRequest.objects.visible_to(aid_decider).exists()
    assert AidRequest.objects.visible_to(application.user).get() == request
    read = reverse("admin:cohorts_aidrequest_read", args=[request.pk])
    assert as_user(aid_decider).post(read).status_code == 404


# --- The fund -------------------------------------------------------------------------


def gone(asked):
    """What the fund holds for this request now, in cents."""
    asked.refresh_from_db()
    return -asked.grant.amount_cents if asked.grant else 0


def test_a_grant_is_set_aside_and_the_fund_says_when_it_is_too_much(cohort, staff, aid_decider):
    make.fill_fund(staff, cents=150_000)
    asked = AidRequest.objects.get(application=make.sent(cohort, tier="", aid=ASK))
    with pytest.raises(Refusal, match="holds USD 1,500"):
        grant_aid(asked, cents=150_001, by=aid_decider)
    asked.refresh_from_db()
    assert (asked.state, fund_balance()) == ("requested", 150_000)
    grant_aid(asked, cents=150_000, by=aid_decider)
    assert (gone(asked), fund_balance()) == (150_000, 0)


def test_the_page_of_a_request_says_what_the_fund_holds(asked, as_user, aid_decider):
    client = as_user(aid_decider)
    address = reverse("admin:cohorts_aidrequest_grant", args=[asked.pk])
    assert "USD 10,000" in client.get(address).content.decode()
    grant_from(asked, aid_decider, "The fund is empty now")
    shown = client.post(address, {"amount": "2000", "send": "1"}).content.decode()
    assert "The aid fund holds USD 0" in shown


@pytest.mark.parametrize("amount", ["0", "2000", "5000"])
def test_no_letter_is_shown_for_what_cannot_be_granted(cohort, as_user, staff, aid_decider, amount):
    make.fill_fund(staff, cents=150_000)
    asked = AidRequest.objects.get(application=make.sent(cohort, tier="", aid=ASK))
    address = reverse("admin:cohorts_aidrequest_grant", args=[asked.pk])
    page = as_user(aid_decider).post(address, {"amount": amount, "show": "1"})
    assert page.context["draft"] is None
    assert page.context["form"].non_field_errors()
    asked.refresh_from_db()
    assert (asked.state, fund_balance()) == ("requested", 150_000)


def grant_from(asked, by, reason):
    """The fund's money goes to somebody else."""
    set_aside(
        cents=fund_balance(), currency="USD", user=asked.application.user, reason=reason, by=by
    )


def test_accepting_uses_the_grant_and_a_lower_price_uses_less(asked, staff, aid_decider):
    grant_aid(asked, cents=280_000, by=aid_decider)
    PriceTier.objects.filter(kind="early_bird").update(amount_cents=259_500)
    offer = offer_place(asked.application, tier="early_bird", by=staff)
    assert (offer.aid_cents, fund_balance()) == (259_500, 720_000)
    enrolment = accept_offer(offer, by=asked.application.user)
    line = Adjustment.objects.get(charge=enrolment.charge)
    assert (line.grant.amount_cents, line.amount_cents) == (-259_500, -259_500)
    assert (gone(asked), fund_balance()) == (259_500, 740_500)


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (lambda offer, staff: decline_offer(offer, by=offer.application.user), "withdrawn"),
        (lambda offer, staff: withdraw_application(offer.application), "withdrawn"),
        (lambda offer, staff: sweep_offers(offer.expires_at), "granted"),
    ],
)
def test_a_place_not_taken_gives_the_money_back(asked, staff, aid_decider, end, state):
    grant_aid(asked, cents=200_000, by=aid_decider)
    offer = offer_place(asked.application, tier="standard", by=staff)
    assert fund_balance() == 800_000
    end(offer, staff)
    assert (gone(asked), asked.state, fund_balance()) == (0, state, 1_000_000)


def test_a_place_not_paid_gives_the_money_back(asked, staff, aid_decider):
    grant_aid(asked, cents=200_000, by=aid_decider)
    offer = offer_place(asked.application, tier="standard", by=staff)
    enrolment = accept_offer(offer, by=asked.application.user)
    assert sweep_offers(enrolment.pay_by).lapsed_places == 1
    assert (gone(asked), fund_balance()) == (0, 1_000_000)


def test_an_application_declined_by_the_office_gives_the_money_back(asked, staff, aid_decider):
    grant_aid(asked, cents=200_000, by=aid_decider)
    decline_application(asked.application, note="Another time", by=staff)
    assert (gone(asked), fund_balance()) == (0, 1_000_000)


def test_a_new_offer_after_all_sets_the_money_aside_again_or_says_so(asked, staff, aid_decider):
    grant_aid(asked, cents=200_000, by=aid_decider)
    first = offer_place(asked.application, tier="standard", by=staff)
    sweep_offers(first.expires_at)
    asked.application.refresh_from_db()
    later = first.expires_at + timedelta(days=1)
    again = offer_place(asked.application, tier="standard", by=staff, now=later)
    assert (again.aid_cents, gone(asked), fund_balance()) == (200_000, 200_000, 800_000)
    sweep_offers(again.expires_at)
    grant_from(asked, aid_decider, "Somebody else")
    asked.application.refresh_from_db()
    with pytest.raises(Refusal, match="holds USD 0"):
        offer_place(asked.application, tier="standard", by=staff, now=again.expires_at)
    assert not Seat.objects.exists()


def test_lend_a_hand_gives_its_surplus_to_the_fund_once_it_is_paid(cohort, staff):
    application = make.sent(cohort, tier="lend_a_hand")
    offer = offer_place(application, tier="lend_a_hand", by=staff)
    PriceTier.objects.filter(kind="standard").update(amount_cents=1)  # held by the offer
    enrolment = accept_offer(offer, by=application.user)
    assert (enrolment.charge.gift_cents, fund_balance()) == (30_000, 0)
    make.pay(enrolment, staff)
    assert fund_balance() == 30_000


def test_nobody_who_gets_aid_is_asked_for_a_gift(asked, staff, aid_decider):
    grant_aid(asked, cents=100_000, by=aid_decider)
    offer = offer_place(asked.application, tier="lend_a_hand", by=staff)
    assert offer.gift_cents == 0
