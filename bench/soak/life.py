"""The life cycle, ten thousand steps and more; the restore drill at the end of it all."""

import time
from pathlib import Path

from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from bench.drill import Address, restore_drill
from bench.soak.outcome import Outcome
from tests.soak import lifecycle

STEPS = 10_000
PER_LIFE = 50


def check_life_cycle(steps: int = STEPS) -> Outcome:
    """Lives until enough steps were taken, then each control until it is noticed."""
    started = time.monotonic()
    machine = lifecycle.LifeCycle
    machine.steps = 0
    machine.reached.clear()
    problem, seed = "", 0
    while machine.steps < steps and not problem:
        seed += 1
        problem = run(machine, lives=max(2, steps // 500))
    noticed = [lifecycle.is_noticed(careless) for careless in lifecycle.CARELESS]
    return Outcome(
        name="life cycle",
        figure=f"{steps} steps: seats, places and credentials always backed",
        found=problem or f"{machine.steps} steps, reached {', '.join(sorted(machine.reached))}",
        is_met=not problem and "credential" in machine.reached,
        control=f"{sum(noticed)} of {len(noticed)} careless variants noticed",
        control_failed=all(noticed),
        seconds=time.monotonic() - started,
    )


def run(machine: type[lifecycle.LifeCycle], lives: int) -> str:
    """Some lives; what went wrong, or nothing."""
    chosen = settings(
        max_examples=lives,
        stateful_step_count=PER_LIFE,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except AssertionError as failure:
        return f"{type(failure).__name__}: {failure}"[:300] or "broken"
    return ""


def check_restore(folder: Path) -> Outcome:
    """The database that all the other checks have filled, dumped and restored."""
    started = time.monotonic()
    address = Address.of(connection.get_connection_params())
    drill = restore_drill(address, folder)
    spoiled = restore_drill(
        address,
        folder,
        spoil="update accounts_user set name = name || ' ' where id = (select min(id) from accounts_user)",
    )
    return Outcome(
        name="restore drill",
        figure="every table equal in count and checksum, the site opens on the copy",
        found=f"{drill.tables} tables and sequences, {drill.rows} rows, differing: "
        f"{', '.join(drill.differing) or 'none'}; smoke test {'green' if drill.is_smoke_free else drill.said}",
        is_met=drill.is_whole,
        control="one letter changed in the copy",
        control_failed=spoiled.differing == ("accounts_user",),
        seconds=time.monotonic() - started,
    )
