"""The question that the solver answers, in plain numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

type Places = Mapping[int, int]
"""Person → group. Whoever is missing has no place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wisher:
    """Somebody's wishes. ``ranks`` has every group they would come to (1 is dearest; equal
    numbers are equally dear); ``night`` those that meet at night where they live, empty for
    people who chose that."""

    key: int
    ranks: Mapping[int, int]
    night: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """A group: seats nobody holds, and how many newcomers it needs to take place at all."""

    key: int
    free: int
    needed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everybody and every group of a round.

    ``apart`` are pairs of people who must not meet in a group; ``barred`` pairs of a person and
    a group in which somebody they are to be kept apart from holds a seat already. ``lot``
    decides between equals: it is drawn when the round is made, before anybody has wished.
    """

    people: tuple[Wisher, ...]
    groups: tuple[Seats, ...]
    apart: frozenset[frozenset[int]] = frozenset()
    barred: frozenset[tuple[int, int]] = frozenset()
    lot: str = ""

    def in_lot_order(self) -> "Problem":
        """The same question in the order of the lot, so that nothing depends on the order in
        which rows came, names sort or people signed up."""
        return Problem(
            people=tuple(sorted(self.people, key=lambda item: self.drawn("person", item.key))),
            groups=tuple(sorted(self.groups, key=lambda item: self.drawn("group", item.key))),
            apart=self.apart,
            barred=self.barred,
            lot=self.lot,
        )

    def drawn(self, kind: str, key: int) -> str:
        """Where the lot puts somebody (or a group)."""
        return sha256(f"{self.lot}:{kind}:{key}".encode()).hexdigest()
