"""Looks at places as a stranger would: shares nothing with the solver but the question."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from consultations.allocation.problem import Places, Problem

type Kind = Literal["seats", "minimum", "night", "apart", "not_wished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A condition that places break. ``people`` whom it concerns, in the order of their keys."""

    kind: Kind
    group: int
    people: tuple[int, ...] = ()


def violations(problem: Problem, places: Places) -> set[Violation]:
    """Everything that is wrong with these places; empty for a sound allocation.

    Raises KeyError for a person or group that the problem does not know.
    """
    people = {person.key: person for person in problem.people}
    groups = {group.key: group for group in problem.groups}
    found: set[Violation] = set()
    for key, group in places.items():
        person = people[key]
        if group not in person.ranks:
            found.add(Violation(kind="not_wished", group=group, people=(key,)))
        if group in person.night:
            found.add(Violation(kind="night", group=group, people=(key,)))
        if (key, group) in problem.barred:
            found.add(Violation(kind="apart", group=group, people=(key,)))
    for pair in problem.apart:
        one, other = sorted(pair)
        if one in places and places[one] == places.get(other):
            found.add(Violation(kind="apart", group=places[one], people=(one, other)))
    for group, count in Counter(places.values()).items():
        if count > groups[group].free:
            found.add(Violation(kind="seats", group=group))
        if count < groups[group].needed:
            found.add(Violation(kind="minimum", group=group))
    return found
