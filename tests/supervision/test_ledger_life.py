"""The machine of supervision in a small size, and its controls; `make soak` runs it at length."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.supervision import ledger_life

pytestmark = pytest.mark.django_db


def lives(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def run(examples: int, steps: int) -> type[ledger_life.LedgerLife]:
    machine = ledger_life.LedgerLife
    machine.steps = 0
    machine.reached.clear()
    run_state_machine_as_test(machine, settings=lives(examples, steps))
    return machine


def test_whatever_people_do_the_ledger_holds():
    machine = run(12, 30)
    assert machine.steps > 60
    # A machine that never gets anywhere would prove nothing.
    assert {"logged", "both agree", "signed", "ended"} <= machine.reached


@pytest.mark.parametrize("careless", ledger_life.CARELESS)
def test_what_careless_code_does_is_noticed(careless):
    assert ledger_life.is_noticed(careless)


def test_a_life_without_carelessness_is_not_complained_about():
    assert not ledger_life.is_noticed(lambda life: None)
