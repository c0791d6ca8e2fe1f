"""Seat 16 of 16 of a consultation group, wanted by several at once."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import IntegrityError

from cohorts.models import Application, Cohort, Enrolment, Seat
from cohorts.services.offers import accept_offer, offer_place
from scip.accounts.models import User
from scip.credentials.services import record_completion
from tests import world
from tests.cohorts import admission as make
from tests.races import tally

pytestmark = pytest.mark.django_db(transaction=True)
CAPACITY = 16


@pytest.fixture
def group(staff) -> Cohort:
    """A group in which one seat is left."""
    cohort = world.make_cohort(level="B")
    for _number in range(CAPACITY - 1):
        offer_place(wants(cohort), tier="standard", by=staff)
    return cohort


def wants(cohort: Cohort) -> Application:
    """A complete application of somebody who has Level A."""
    person = make.make_applicant(f"taker{User.objects.count()}@example.com")
    record_completion(
        person, level="A", basis="cohort", completed_on=date(2026, 5, 27), facts={}, by=None
    )
    return make.sent(cohort, person)


def test_the_sixteenth_seat_goes_to_one_of_five(group, staff):
    wanting = [wants(group) for _number in range(5)]
    jobs: list[Callable[[], object]] = [
        lambda row=row: accept_offer(  # type: ignore[misc]
            offer_place(row, tier="standard", by=staff), by=row.user
        )
        for row in wanting
    ]
    assert tally(*jobs) == {"done": 1, "refused": 4}
    numbers = Seat.objects.filter(cohort=group).values_list("number", flat=True)
    assert sorted(numbers) == list(range(1, CAPACITY + 1))
    assert Enrolment.objects.filter(application__in=wanting).count() == 1


def test_without_any_service_the_database_keeps_the_sixteenth_seat_for_one(group):
    wanting = [wants(group) for _number in range(4)]
    jobs: list[Callable[[], object]] = [
        lambda row=row: Seat.objects.create(  # type: ignore[misc]
            cohort=group, number=CAPACITY, application=row
        )
        for row in wanting
    ]
    outcomes = tally(*jobs)
    assert outcomes.pop("done") == 1
    assert sum(outcomes.values()) == 3
    assert all("seat_taken_once" in outcome for outcome in outcomes)


def test_a_seventeenth_seat_cannot_be_written(group, staff):
    offer_place(wants(group), tier="standard", by=staff)
    with pytest.raises(IntegrityError, match="beyond the capacity"):
        Seat.objects.create(cohort=group, number=CAPACITY + 1, application=wants(group))
    with pytest.raises(IntegrityError, match="group_has_at_most_16_seats"):
        Cohort.objects.filter(pk=group.pk).update(capacity=CAPACITY + 1)
