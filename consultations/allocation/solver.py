"""The best allocation, found and proven by HiGHS.

First as many people as possible get a place; among those allocations the sum of choices is
smallest (a first choice counts 0, a second 1 …); among those the sum of their squares, so that
nobody pays alone for what others gain. Each aim is solved to its proven optimum and then held.

Deterministic: one thread, a fixed seed, people and groups in the order of the round's lot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from consultations.allocation.problem import Places, Problem

SEED = 1
INFINITE = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """Places, and whether it was proven in time that there are no better ones."""

    places: Places
    is_proven: bool
    seconds: float


@dataclass(slots=True)
class Rows:
    """Linear conditions, one after the other: ``lower ≤ Σ value · column ≤ upper``."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(
        self, lower: float, upper: float, columns: Sequence[int], values: Sequence[float]
    ) -> None:
        self.lower.append(lower)
        self.upper.append(upper)
        self.columns += columns
        self.values += values
        self.starts.append(len(self.columns))


def solve(problem: Problem, *, seconds: float) -> Solution:
    """The best places; after ``seconds`` the best that were found, marked as not proven."""
    began = perf_counter()
    problem = problem.in_lot_order()
    edges = possible(problem)
    switches = [group for group in problem.groups if group.needed > 0]
    rows = conditions(problem, edges)
    costs = [float(cost) for cost in ranks_of(problem, edges)]
    still = [0.0] * len(switches)
    values = [0.0] * (len(edges) + len(switches))
    is_proven = True
    for aim in ([-1.0] * len(edges), costs, [cost * cost for cost in costs]):
        rest = seconds - (perf_counter() - began)
        values, is_optimal = minimise([*aim, *still], rows, values, seconds=rest)
        is_proven = is_proven and is_optimal
        if not is_optimal:
            break
        reached = round(sum(cost * value for cost, value in zip(aim, values, strict=False)))
        rows.add(-INFINITE, reached + 0.5, range(len(edges)), aim)
    places = {
        person: group for (person, group), value in zip(edges, values, strict=False) if value > 0.5
    }
    return Solution(places=places, is_proven=is_proven, seconds=perf_counter() - began)


def possible(problem: Problem) -> list[tuple[int, int]]:
    """Pairs of a person and a group they could be placed in, in the problem's order."""
    with_seats = {group.key for group in problem.groups if group.free > 0}
    return [
        (person.key, group.key)
        for person in problem.people
        for group in problem.groups
        if group.key in person.ranks
        and group.key in with_seats
        and group.key not in person.night
        and (person.key, group.key) not in problem.barred
    ]


def ranks_of(problem: Problem, edges: list[tuple[int, int]]) -> list[int]:
    """What each pair costs: 0 for a first choice, 1 for a second …"""
    ranks = {person.key: person.ranks for person in problem.people}
    return [ranks[person][group] - 1 for person, group in edges]


def conditions(problem: Problem, edges: list[tuple[int, int]]) -> Rows:
    """One place a person; seats; a group takes place with enough people or not at all (its
    switch); people who are kept apart."""
    rows = Rows()
    of_person: dict[int, list[int]] = {}
    of_group: dict[int, list[int]] = {}
    for column, (person, group) in enumerate(edges):
        of_person.setdefault(person, []).append(column)
        of_group.setdefault(group, []).append(column)
    for columns in of_person.values():
        rows.add(-INFINITE, 1, columns, [1.0] * len(columns))
    switch = len(edges)
    for seats in problem.groups:
        columns = of_group.get(seats.key, [])
        ones = [1.0] * len(columns)
        if seats.needed > 0:
            rows.add(-INFINITE, 0, [*columns, switch], [*ones, -float(seats.free)])
            rows.add(0, INFINITE, [*columns, switch], [*ones, -float(seats.needed)])
            switch += 1
        elif columns:
            rows.add(-INFINITE, seats.free, columns, ones)
    column_of = {edge: column for column, edge in enumerate(edges)}
    for pair in sorted(sorted(pair) for pair in problem.apart):
        for seats in problem.groups:
            both = [column_of[key, seats.key] for key in pair if (key, seats.key) in column_of]
            if len(both) == len(pair):
                rows.add(-INFINITE, 1, both, [1.0] * len(both))
    return rows


def minimise(
    costs: list[float], rows: Rows, start: list[float], *, seconds: float
) -> tuple[list[float], bool]:
    """The cheapest 0-1 values, beginning from some that are allowed; False where time ran out."""
    import highspy  # half a second and 65 MB: only for whoever allocates

    if not costs or not rows.lower:
        return start, True
    if seconds <= 0:
        return start, False
    model: Any = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(costs), len(rows.lower)
    model.col_cost_ = costs
    model.col_lower_, model.col_upper_ = [0.0] * len(costs), [1.0] * len(costs)
    model.row_lower_, model.row_upper_ = rows.lower, rows.upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_ = rows.starts, rows.columns
    model.a_matrix_.value_ = rows.values
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(costs)
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in {
        "output_flag": False,
        "threads": 1,
        "parallel": "off",
        "random_seed": SEED,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 0.5,  # all aims are whole numbers
        "time_limit": seconds,
    }.items():
        solver.setOptionValue(name, value)
    solver.passModel(model)
    known = highspy.HighsSolution()
    known.col_value = start
    solver.setSolution(known)
    solver.run()
    found = list(solver.getSolution().col_value)
    is_optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    feasible = highspy.SolutionStatus.kSolutionStatusFeasible
    has_values = solver.getInfo().primal_solution_status == feasible
    return (found if has_values else start), is_optimal
