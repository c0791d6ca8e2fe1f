"""Who goes into which group: 500 people and 30 groups, against taking whoever comes first."""

import random
import time

from bench.report import Row
from consultations.allocation.checking import violations
from consultations.allocation.explaining import explain
from consultations.allocation.problem import Problem, Seats, Wisher
from consultations.allocation.solver import solve

PEOPLE, GROUPS, SEATS, MINIMUM, CHOICES = 500, 30, 16, 6, 5
LIMIT = 60.0


def season(seed: int = 1) -> Problem:
    """A round as it might come: some groups are dear to many, some hours are at night for some,
    every twelfth person would rather not meet somebody."""
    chance = random.Random(seed)
    keys = list(range(GROUPS))
    weights = [1 / (key + 1) ** 0.7 for key in keys]
    people = []
    for number in range(PEOPLE):
        chosen = list(dict.fromkeys(chance.choices(keys, weights, k=CHOICES * 2)))[:CHOICES]
        people.append(
            Wisher(
                key=number,
                ranks={key: place for place, key in enumerate(chosen, start=1)},
                night=frozenset(key for key in chosen if chance.random() < 0.15),
            )
        )
    pairs = [frozenset(chance.sample(range(PEOPLE), 2)) for _ in range(PEOPLE // 12)]
    return Problem(
        people=tuple(people),
        groups=tuple(Seats(key=key, free=SEATS, needed=MINIMUM) for key in keys),
        apart=frozenset(pairs),
        lot="bench",
    )


def first_come(problem: Problem) -> dict[int, int]:
    """Everybody in turn takes the dearest group that has a seat: what a form with places does.

    Groups below their minimum are given up at the end, and so is who met somebody they avoid.
    """
    free = {group.key: group.free for group in problem.groups}
    places: dict[int, int] = {}
    for person in problem.people:
        for key in sorted(person.ranks, key=lambda item: person.ranks[item]):
            meets = any(
                places.get(other) == key
                for pair in problem.apart
                if person.key in pair
                for other in pair - {person.key}
            )
            if free[key] and key not in person.night and not meets:
                places[person.key] = key
                free[key] -= 1
                break
    small = {group.key for group in problem.groups if SEATS - free[group.key] < group.needed}
    return {person: key for person, key in places.items() if key not in small}


def allocation_rows() -> list[Row]:
    """Time, proof and what it brings over first come, first served."""
    problem = season()
    began = time.perf_counter()
    greedy = first_come(problem)
    greedy_seconds = time.perf_counter() - began
    solution = solve(problem, seconds=LIMIT)
    began = time.perf_counter()
    explain(problem, solution.places)
    telling = time.perf_counter() - began
    wrong = violations(problem, solution.places)
    ranks = {person.key: person.ranks for person in problem.people}
    dearest = {
        name: sum(ranks[person][key] == 1 for person, key in places.items())
        for name, places in (("solver", solution.places), ("greedy", greedy))
    }
    return [
        Row(
            name=f"allocation: {PEOPLE} people into {GROUPS} groups, three aims proven",
            value=solution.seconds,
            unit="s",
            goal=5,
            note=f"first come, first served: {greedy_seconds * 1000:.0f} ms",
        ),
        Row(
            name="allocation: aims not proven, or conditions broken",
            value=len(wrong) + (not solution.is_proven),
            unit="",
            goal=0,
            is_exact=True,
        ),
        Row(
            name="allocation: people with a place",
            value=len(solution.places),
            unit="people",
            baseline="first come, first served",
            baseline_value=len(greedy),
            goal=1,
            sense="at least",
            is_exact=True,
        ),
        Row(
            name="allocation: people in a group dearest to them",
            value=dearest["solver"],
            unit="people",
            baseline="first come, first served",
            baseline_value=dearest["greedy"],
        ),
        Row(name="allocation: every placement explained", value=telling * 1000, unit="ms"),
    ]
