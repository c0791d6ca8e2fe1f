"""The life cycle in a small size (the full figure runs in `make soak`), and its controls."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.soak import lifecycle

pytestmark = pytest.mark.django_db

SMALL = settings(
    max_examples=8,
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
    assert lifecycle.LifeCycle.steps > 150
    # A machine that never gets anywhere would prove nothing.
    assert {"sent", "offered", "accepted", "paid", "confirmed", "credential"} <= (
        lifecycle.LifeCycle.reached
    )


@pytest.mark.parametrize(
    "machine", [lifecycle.WithoutGuards, lifecycle.WithoutSeats, lifecycle.WithoutMarks]
)
def test_with_a_guard_taken_away_the_machine_notices(machine):
    control = settings(SMALL, max_examples=150, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=control)
