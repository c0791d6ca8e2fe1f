"""The life cycle in a small size (the full figure runs in `make soak`), and its controls."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.soak import lifecycle

pytestmark = pytest.mark.django_db

SMALL = settings(
    max_examples=10,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_whatever_people_do_seats_places_and_credentials_are_backed():
    lifecycle.LifeCycle.steps = 0
    lifecycle.LifeCycle.reached.clear()
    run_state_machine_as_test(lifecycle.LifeCycle, settings=SMALL)
    assert lifecycle.LifeCycle.steps > 100
    # A machine that never gets anywhere would prove nothing.
    assert {"sent", "offered", "accepted", "paid", "confirmed", "credential"} <= (
        lifecycle.LifeCycle.reached
    )


@pytest.mark.parametrize("careless", lifecycle.CARELESS)
def test_what_careless_code_does_is_noticed(careless):
    assert lifecycle.is_noticed(careless)


def test_a_life_without_carelessness_is_not_complained_about():
    assert not lifecycle.is_noticed(lambda life: life.go_the_whole_way(2))
