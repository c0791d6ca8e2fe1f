"""Why somebody is where they are, and not where they would have liked even better."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from consultations.allocation.problem import Places, Problem, Seats, Wisher

type Why = Literal["night", "apart", "minimum", "full", "needed", "whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A wish that did not come true.

    ``full``: of ``seats`` places, ``as_dear`` went to people who wished for it as much or more.
    ``minimum``: the group does not take place. ``needed``: without this person the group they
    are in would not take place. ``whole``: more wishes come true this way.
    """

    group: int
    rank: int
    why: Why
    seats: int = 0
    as_dear: int = 0


def explain(problem: Problem, places: Places) -> dict[int, tuple[Missed, ...]]:
    """For every person the wishes that were dearer than what they got, dearest first."""
    groups = {group.key: group for group in problem.groups}
    counts = Counter(places.values())
    inside: dict[int, list[Wisher]] = {}
    for person in problem.people:
        if person.key in places:
            inside.setdefault(places[person.key], []).append(person)
    told = {}
    for person in problem.people:
        mine = places.get(person.key)
        got = None if mine is None else person.ranks.get(mine)
        dearer = sorted(
            (rank, problem.drawn("group", key), key)
            for key, rank in person.ranks.items()
            if key != mine and (got is None or rank < got)
        )
        leaves_too_few = mine is not None and counts[mine] <= groups[mine].needed
        told[person.key] = tuple(
            missed(
                problem,
                person,
                groups[key],
                inside.get(key, []),
                leaves_too_few=leaves_too_few,
            )
            for _rank, _lot, key in dearer
        )
    return told


def missed(
    problem: Problem,
    person: Wisher,
    group: Seats,
    inside: list[Wisher],
    *,
    leaves_too_few: bool,
) -> Missed:
    """The first reason that holds for one wish, hardest first."""
    rank = person.ranks[group.key]
    why: Why = "whole"
    if group.key in person.night:
        why = "night"
    elif len(inside) >= group.free:
        why = "full"
    elif (person.key, group.key) in problem.barred or any(
        frozenset({person.key, other.key}) in problem.apart for other in inside
    ):
        why = "apart"
    elif group.needed and not inside:
        why = "minimum"
    elif leaves_too_few:
        why = "needed"
    as_dear = sum(other.ranks.get(group.key, rank + 1) <= rank for other in inside)
    return Missed(group=group.key, rank=rank, why=why, seats=len(inside), as_dear=as_dear)
