"""A worker that dies: the act runs in a forked process, which ends without a word (`os._exit`,
as after kill -9) before the chosen line of our own code."""

import json
import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import connections

CODE = f"{settings.BASE_DIR}/payments/"
# The practice checkout plays Stripe: it does not die with our worker.
NOT_OURS = f"{CODE}sandbox/"


def lines_of(act: Callable[[], object]) -> list[str]:
    """Every line of `payments` that the act runs through, in order: its kill points."""
    return _forked(act, None)


def die_at(point: int, act: Callable[[], object]) -> str:
    """Run the act up to the line with this number and die there; returns where that was."""
    return _forked(act, point)[-1]


def _forked(act: Callable[[], object], point: int | None) -> list[str]:
    # A connection must not be shared by two processes.
    connections.close_all()
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # A test worker has a thread that reads orders; the child needs none of its locks.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(reading)
        _live_until(point, act, writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        places: list[str] = json.loads(told.read() or '["nothing was told"]')
    _, status = os.waitpid(child, 0)
    wanted = 0 if point is None else 9
    assert os.waitstatus_to_exitcode(status) == wanted, places[-1]
    return places


def _live_until(point: int | None, act: Callable[[], object], told: int) -> None:
    places: list[str] = []
    # Should it hang all the same, it ends by a signal and the test fails.
    signal.alarm(60)

    def end(code: int) -> None:
        os.write(told, json.dumps(places).encode())
        os._exit(code)

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(CODE) or name.startswith(NOT_OURS):
            return None
        if event == "line":
            places.append(f"{Path(name).stem}.{frame.f_code.co_name}:{frame.f_lineno}")
            if len(places) - 1 == point:
                end(9)
        return trace

    try:
        sys.settrace(trace)
        act()
        sys.settrace(None)
        end(0)
    except BaseException as failure:  # noqa: BLE001 - a forked child must not run the tests on
        sys.settrace(None)
        places.append(f"{type(failure).__name__}: {failure}"[:300])
        end(1)
