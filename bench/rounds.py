"""Timing in alternated rounds: both sides of a ratio are measured in turns, in one run.

Absolute times drift on a shared machine; the ratio of two medians taken in turns does not.
"""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

REPEATS = 3


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds: the medians over the repeats of each repeat's own p50 and p99."""

    p50: float
    p99: float
    per_second: float


def alternate(
    sides: Mapping[str, Callable[[], object]],
    *,
    calls: int,
    repeats: int = REPEATS,
    block: int = 5,
    warm_up: int = 3,
) -> dict[str, Times]:
    """Time each side ``calls`` times per repeat, ``block`` calls of each in turn."""
    for act in sides.values():
        for _ in range(warm_up):
            act()
    found: dict[str, list[list[float]]] = {name: [] for name in sides}
    for _ in range(repeats):
        taken: dict[str, list[float]] = {name: [] for name in sides}
        gc.collect()
        for _ in range(max(1, calls // block)):
            for name, act in sides.items():
                for _ in range(block):
                    start = time.perf_counter()
                    act()
                    taken[name].append((time.perf_counter() - start) * 1000)
        for name, values in taken.items():
            found[name].append(values)
    return {name: summary(values) for name, values in found.items()}


def summary(repeats: list[list[float]]) -> Times:
    """The median over repeats of p50, p99 and calls a second."""
    return Times(
        p50=statistics.median(statistics.median(values) for values in repeats),
        p99=statistics.median(quantile(values, 0.99) for values in repeats),
        per_second=statistics.median(1000 * len(values) / sum(values) for values in repeats),
    )


def quantile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
