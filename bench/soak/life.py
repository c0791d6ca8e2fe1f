"""The life cycle, ten thousand steps and more; the restore drill at the end of it all."""

import time
from pathlib import Path
from typing import Any

from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from bench.drill import Address, restore_drill
from bench.soak.outcome import Outcome
from tests import world
from tests.soak import lifecycle
from tests.supervision import ledger_life

STEPS = 10_000
PER_LIFE = 50


def check_life_cycle(steps: int = STEPS) -> Outcome:
    """From application to credential."""
    return check_lives(
        lifecycle.LifeCycle,
        steps,
        name="life cycle",
        figure="seats, places and credentials always backed",
        needed="credential",
        noticed=[lifecycle.is_noticed(careless) for careless in lifecycle.CARELESS],
    )


def check_supervision(steps: int = 3_000) -> Outcome:
    """Two supervisors, a candidate and the office at the ledger of sessions."""
    return check_lives(
        ledger_life.LedgerLife,
        steps,
        name="ledger of sessions",
        figure="nothing overwritten, one agreement at a time, what counts is backed",
        needed="settled",
        noticed=[ledger_life.is_noticed(careless) for careless in ledger_life.CARELESS],
    )


def check_lives(
    machine: Any, steps: int, *, name: str, figure: str, needed: str, noticed: list[bool]
) -> Outcome:
    """Lives until enough steps were taken; ``noticed`` tells which careless variants were."""
    started = time.monotonic()
    machine.steps = 0
    machine.reached.clear()
    problem = ""
    while machine.steps < steps and not problem:
        problem = run(machine, lives=max(2, steps // 500))
    return Outcome(
        name=name,
        figure=f"{steps} steps: {figure}",
        found=problem or f"{machine.steps} steps, reached {', '.join(sorted(machine.reached))}",
        is_met=not problem and needed in machine.reached,
        control=f"{sum(noticed)} of {len(noticed)} careless variants noticed",
        control_failed=all(noticed),
        seconds=time.monotonic() - started,
    )


def run(machine: Any, lives: int) -> str:
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
    # What the control spoils, also where no other check ran before.
    world.make_user("soak-restore@example.com")
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
