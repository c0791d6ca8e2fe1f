"""Whose submission the committee reads now: until it answers, nothing that is held counts for one.

The review lies above and knows; it says so here, and supervision asks.
"""

from collections.abc import Callable, Collection, Iterable

# Those of some candidacies that are read, by their ids.
type Known = Callable[[Collection[int]], Iterable[int]]

KNOWN: list[Known] = []


def tell_who_is_read(known: Known) -> None:
    """From now on `read_now` asks it. Called once, when apps are ready."""
    KNOWN.append(known)


def read_now(candidacies: Collection[int]) -> frozenset[int]:
    """Those of these candidacies whose submission is with the committee. One query."""
    return frozenset(pk for known in KNOWN for pk in known(candidacies))
