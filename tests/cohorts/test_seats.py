"""Races with real connections: the last seat, the last second, the double click."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cohorts.models import AidRequest, Application, Enrolment, Offer, Seat
from cohorts.services.aid import grant_aid
from cohorts.services.applications import put_on_waiting_list, submit_application
from cohorts.services.cancellation import cancel_place, release_place
from cohorts.services.due import sweep_offers
from cohorts.services.offers import accept_offer, offer_place
from cohorts.services.places import take_seat
from payments.models import Refund
from payments.services import fund_balance
from scip.mail.models import Letter
from scip.states import lock
from tests import world
from tests.cohorts import admission as make
from tests.races import tally

pytestmark = pytest.mark.django_db(transaction=True)


def people_who_applied(cohort, count):
    return [
        make.sent(cohort, make.make_applicant(f"taker{cohort.pk}-{number}@example.com"))
        for number in range(count)
    ]


@pytest.mark.parametrize(("takers", "seats"), [(20, 1), (30, 5), (25, 6), (12, 11)])
def test_no_more_places_are_offered_than_there_are_seats(staff, takers, seats):
    cohort = world.make_cohort(capacity=seats)
    applications = people_who_applied(cohort, takers)
    outcomes = tally(
        *[lambda row=row: offer_place(row, tier="standard", by=staff) for row in applications]
    )
    assert outcomes == {"done": seats, "refused": takers - seats}
    numbers = Seat.objects.filter(cohort=cohort).values_list("number", flat=True)
    assert sorted(numbers) == list(range(1, seats + 1))
    assert Offer.objects.filter(application__cohort=cohort, state="open").count() == seats


def test_without_the_lock_it_is_the_database_that_refuses(staff):
    """The negative control: the same code, the cohort's lock left out. Takers read the same
    free number, and only the unique number keeps them from sitting on one chair."""
    cohort = world.make_cohort(capacity=1)
    applications = people_who_applied(cohort, 4)
    looked = threading.Barrier(len(applications))

    def take_without_lock(application):
        with transaction.atomic():
            seen = Seat.objects.filter(cohort=cohort).count()
            looked.wait()
            assert seen == 0
            take_seat(application, cohort, by=staff, now=timezone.now())

    outcomes = tally(*[lambda row=row: take_without_lock(row) for row in applications])
    assert outcomes["done"] == 1
    refused = [name for name in outcomes if name.startswith("IntegrityError")]
    assert sum(outcomes[name] for name in refused) == 3
    assert all("seat_taken_once" in name for name in refused)


def test_a_seat_beyond_the_capacity_cannot_be_written():
    cohort = world.make_cohort(capacity=1)
    (application,) = people_who_applied(cohort, 1)
    with pytest.raises(IntegrityError, match="beyond the capacity"):
        Seat.objects.create(cohort=cohort, number=2, application=application)


@pytest.mark.parametrize("attempt", range(4))
def test_the_second_in_which_an_offer_ends_belongs_to_one_of_the_two(staff, attempt):
    """The person accepts as the sweep runs: one place or one lapsed offer, never both."""
    cohort = world.make_cohort(capacity=1)
    offer = make.offered(cohort, staff)
    person = offer.application.user
    just_in_time = offer.expires_at - timedelta(microseconds=1)
    tally(
        *[
            lambda: accept_offer(offer, by=person, now=just_in_time),
            lambda: sweep_offers(offer.expires_at),
        ]
    )
    offer.refresh_from_db()
    places = Enrolment.objects.filter(offer=offer).count()
    seats = Seat.objects.filter(cohort=cohort).count()
    assert (offer.state, places, seats) in {("accepted", 1, 1), ("lapsed", 0, 0)}


def test_a_double_click_on_accept_is_one_place(staff):
    cohort = world.make_cohort(capacity=1)
    offer = make.offered(cohort, staff)
    person = offer.application.user
    outcomes = tally(*[lambda: accept_offer(offer, by=person)] * 2)
    assert outcomes == {"done": 2}
    assert (Enrolment.objects.count(), person.charges.count()) == (1, 1)


def test_who_accepts_waits_for_nobody_who_accepts_but_the_office_does(staff):
    """Places are offered one by one, as the lowest free seat is looked for, and then held: taking
    what is held needs the cohort only to stay as it is."""
    cohort = world.make_cohort(capacity=2)
    first, second = (make.offered(cohort, staff) for _ in range(2))

    def soon(act):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local lock_timeout = '500ms'")
            act()

    with transaction.atomic():
        accept_offer(first, by=first.application.user)
        assert tally(lambda: soon(lambda: accept_offer(second, by=second.application.user))) == {
            "done": 1
        }
        (refused,) = tally(lambda: soon(lambda: lock(cohort)))
    assert "lock timeout" in refused
    assert Enrolment.objects.filter(cohort=cohort).count() == 2


def test_a_double_click_on_send_is_one_application(edition):
    application = make.draft(world.make_cohort())
    outcomes = tally(*[lambda: submit_application(application)] * 2)
    assert outcomes == {"done": 2}
    assert Letter.objects.filter(dedupe_key__endswith=":received").count() == 1


def test_two_sweeps_at_once_end_an_offer_once(staff):
    cohort = world.make_cohort(capacity=1)
    offer = make.offered(cohort, staff)
    outcomes = tally(*[lambda: sweep_offers(offer.expires_at)] * 2)
    assert outcomes == {"done": 2}
    assert Letter.objects.filter(dedupe_key=f"offer:{offer.pk}:lapsed").count() == 1
    assert Application.objects.get().state == Application.State.LAPSED


def test_two_grants_at_once_never_share_the_last_money(staff, aid_decider):
    cohort = world.make_cohort(capacity=4)
    make.fill_fund(staff, cents=150_000)
    ask = {"kind": "supported", "statement": "Please", "affordable_cents": None}
    asked = [
        AidRequest.objects.get(application=make.sent(other, tier="", aid=ask))
        for other in (cohort, world.make_cohort(capacity=4))
    ]
    jobs = [lambda row=row: grant_aid(row, cents=100_000, by=aid_decider) for row in asked]
    assert tally(*jobs) == {"done": 1, "refused": 1}
    assert fund_balance() == 50_000
    assert AidRequest.objects.filter(state="granted").count() == 1


def test_two_tabs_that_cancel_return_the_money_once(staff):
    enrolment = make.accepted(world.make_cohort(capacity=1), staff)
    make.pay(enrolment, staff)
    jobs = [lambda: cancel_place(enrolment, by=enrolment.user, expected_back_cents=289_500)] * 4
    assert tally(*jobs) == {"done": 4}
    assert Refund.objects.get().amount_cents == 289_500
    assert not Seat.objects.exists()


def test_cancelling_beside_the_sweep_and_the_office_never_stands_still(staff):
    cohort = world.make_cohort(capacity=3)
    places = [make.accepted(cohort, staff) for _ in range(3)]
    waiting = [put_on_waiting_list(make.sent(cohort), by=staff) for _ in range(3)]
    late = max(place.pay_by for place in places)
    jobs = [
        lambda: cancel_place(places[0], by=places[0].user, expected_back_cents=0),
        lambda: release_place(places[1].application, reason="Asked", by=staff),
        lambda: sweep_offers(late),
        lambda: sweep_offers(late),
    ]
    outcomes = tally(*jobs)
    assert set(outcomes) <= {"done", "refused"}
    assert Seat.objects.count() == 3
    assert {row.state for row in Application.objects.filter(pk__in=[w.pk for w in waiting])} == {
        "offered"
    }
