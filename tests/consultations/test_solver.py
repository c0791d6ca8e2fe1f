"""The solver: constraints always hold, small cases reach the true optimum, order changes nothing."""

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.allocation.checking import Violation, violations
from consultations.allocation.explaining import explain
from consultations.allocation.problem import Problem, Seats, Wisher
from consultations.allocation.solver import minimise, solve

SECONDS = 20.0


@st.composite
def problems(draw, most_people=6, most_groups=3):
    groups = tuple(
        Seats(key=100 + number, free=draw(st.integers(0, 3)), needed=draw(st.integers(0, 3)))
        for number in range(draw(st.integers(1, most_groups)))
    )
    keys = [group.key for group in groups]
    people = []
    for number in range(draw(st.integers(0, most_people))):
        ranks = draw(st.dictionaries(st.sampled_from(keys), st.integers(1, 3)))
        night = frozenset(key for key in ranks if draw(st.integers(0, 3)) == 0)
        people.append(Wisher(key=number, ranks=ranks, night=night))
    pairs = [frozenset({one, other}) for one in range(len(people)) for other in range(one)]
    apart = frozenset(pair for pair in pairs if draw(st.integers(0, 3)) == 0)
    barred = frozenset(
        (person.key, key) for person in people for key in keys if draw(st.integers(0, 7)) == 0
    )
    return Problem(people=tuple(people), groups=groups, apart=apart, barred=barred, lot="a lot")


def worth(problem, places):
    """How good places are: fewer without one, then dearer choices, then fewer far ones."""
    ranks = {person.key: person.ranks for person in problem.people}
    costs = [ranks[key][group] - 1 for key, group in places.items()]
    return (-len(places), sum(costs), sum(cost**2 for cost in costs))


def every_allocation(problem):
    choices = [[None, *sorted(person.ranks)] for person in problem.people]
    for picked in product(*choices):
        places = {
            person.key: group
            for person, group in zip(problem.people, picked, strict=True)
            if group is not None
        }
        if not violations(problem, places):
            yield places


@settings(max_examples=120, deadline=None)
@given(problems())
def test_small_cases_reach_the_true_optimum(problem):
    solution = solve(problem, seconds=SECONDS)
    assert solution.is_proven
    assert violations(problem, solution.places) == set()
    best = min(worth(problem, places) for places in every_allocation(problem))
    assert worth(problem, solution.places) == best


@settings(max_examples=40, deadline=None)
@given(problems(most_people=24, most_groups=6), st.randoms(use_true_random=False))
def test_shuffled_rows_bring_the_same_places(problem, chance):
    shuffled = Problem(
        people=tuple(chance.sample(problem.people, len(problem.people))),
        groups=tuple(chance.sample(problem.groups, len(problem.groups))),
        apart=problem.apart,
        barred=problem.barred,
        lot=problem.lot,
    )
    places = solve(problem, seconds=SECONDS).places
    assert solve(shuffled, seconds=SECONDS).places == places
    assert explain(shuffled, places) == explain(problem, places)


@settings(max_examples=60, deadline=None)
@given(problems(most_people=8))
def test_every_dearer_wish_that_did_not_come_true_has_its_reason(problem):
    places = solve(problem, seconds=SECONDS).places
    told = explain(problem, places)
    counts = {group.key: list(places.values()).count(group.key) for group in problem.groups}
    free = {group.key: group.free for group in problem.groups}
    for person in problem.people:
        got = person.ranks.get(places.get(person.key, 0), 99)
        assert {item.group for item in told[person.key]} == {
            key for key, rank in person.ranks.items() if rank < got
        }
        for item in told[person.key]:
            is_full = counts[item.group] >= free[item.group]
            assert (item.why == "night") == (item.group in person.night)
            assert item.why != "full" or is_full
            assert item.as_dear <= item.seats == counts[item.group]


def crowd(people: int, groups: int, *, seed: int, needed: int = 6, seats: int = 16) -> Problem:
    chance = random.Random(seed)
    keys = range(1000, 1000 + groups)
    return Problem(
        people=tuple(
            Wisher(
                key=number,
                ranks={key: place for place, key in enumerate(chance.sample(keys, 5), start=1)},
            )
            for number in range(people)
        ),
        groups=tuple(Seats(key=key, free=seats, needed=needed) for key in keys),
        apart=frozenset(frozenset(chance.sample(range(people), 2)) for _ in range(people // 10)),
        lot=str(seed),
    )


def test_the_lot_decides_between_equals_and_not_who_came_first():
    groups = (Seats(key=1, free=1),)
    people = tuple(Wisher(key=key, ranks={1: 1}) for key in range(6))
    winners = set()
    for lot in "abcdefghijklmnop":
        (winner,) = solve(Problem(people=people, groups=groups, lot=lot), seconds=SECONDS).places
        winners.add(winner)
    assert len(winners) > 2


def test_a_group_takes_place_with_enough_people_or_not_at_all():
    people = tuple(Wisher(key=key, ranks={1: 1, 2: 2}) for key in range(5))
    groups = (Seats(key=1, free=4, needed=4), Seats(key=2, free=5, needed=4))
    solution = solve(Problem(people=people, groups=groups), seconds=SECONDS)
    # All five fit only into the second choice: a place for everybody comes before the choice.
    assert set(solution.places.values()) == {2}
    assert len(solution.places) == 5


def test_fairness_breaks_a_tie_two_second_choices_rather_than_a_first_and_a_third():
    people = (
        Wisher(key=1, ranks={10: 1, 11: 2, 12: 3}),
        Wisher(key=2, ranks={10: 1, 11: 2, 13: 3}),
        Wisher(key=3, ranks={11: 1, 14: 2}),
        Wisher(key=4, ranks={10: 1}),
    )
    groups = tuple(Seats(key=key, free=1) for key in range(10, 15))
    places = solve(Problem(people=people, groups=groups), seconds=SECONDS).places
    assert worth(Problem(people=people, groups=groups), places) == min(
        worth(Problem(people=people, groups=groups), found)
        for found in every_allocation(Problem(people=people, groups=groups))
    )


def test_minimums_that_bind_are_kept_by_many():
    problem = crowd(120, 20, seed=3, needed=9, seats=10)
    solution = solve(problem, seconds=SECONDS)
    assert violations(problem, solution.places) == set()


def test_without_time_the_answer_is_sound_and_marked_as_unproven():
    problem = crowd(60, 6, seed=1)
    solution = solve(problem, seconds=0.0)
    assert not solution.is_proven
    assert violations(problem, solution.places) == set()


def test_nothing_to_solve():
    assert solve(Problem(people=(), groups=()), seconds=1.0).places == {}
    assert minimise([], None, [], seconds=1.0) == ([], True)


# --- The check sees what is wrong: each kind once --------------------------------------------


@pytest.mark.parametrize(
    ("places", "kind"),
    [
        ({1: 10, 2: 10, 3: 10}, "seats"),
        ({1: 11}, "minimum"),
        ({4: 10}, "night"),
        ({1: 10, 2: 10}, "apart"),
        ({3: 11, 1: 11}, "not_wished"),
        ({3: 10}, "apart"),
    ],
)
def test_the_check_names_each_kind_of_wrong(places, kind):
    problem = Problem(
        people=(
            Wisher(key=1, ranks={10: 1, 11: 2}),
            Wisher(key=2, ranks={10: 1}),
            Wisher(key=3, ranks={10: 1}),
            Wisher(key=4, ranks={10: 1}, night=frozenset({10})),
        ),
        groups=(Seats(key=10, free=2), Seats(key=11, free=5, needed=2)),
        apart=frozenset({frozenset({1, 2})}),
        barred=frozenset({(3, 10)}),
    )
    assert kind in {item.kind for item in violations(problem, places)}


def test_a_sound_allocation_has_nothing_wrong():
    problem = Problem(
        people=(Wisher(key=1, ranks={10: 1}),), groups=(Seats(key=10, free=1, needed=1),)
    )
    assert violations(problem, {1: 10}) == set()
    assert violations(problem, {}) == set()
    assert violations(Problem(people=problem.people, groups=(Seats(key=10, free=0),)), {1: 10}) == {
        Violation(kind="seats", group=10)
    }
