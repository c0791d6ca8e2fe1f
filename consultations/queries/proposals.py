"""A round as the office sees it: wishes at a glance, and a proposal by group and by person."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from consultations.allocation.explaining import Missed
from consultations.allocation.wording import choice, reasons_for_office
from consultations.models import Group, Placement, Preference, Proposal
from consultations.queries.rounds import Ground
from scip.requirements import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """How a group is wished for. ``first`` and ``any`` count people whose wishes count."""

    group: Group
    free: int
    needed: int
    first: int
    any: int
    night: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Somebody whose wishes do not count yet, and what is missing."""

    preference: Preference
    unmet: tuple[Finding, ...]


def demand_of(ground: Ground) -> list[Demand]:
    """Every group of the round; no query."""
    seats = {item.key: item for item in ground.problem.groups}
    first: Counter[int] = Counter()
    any_: Counter[int] = Counter()
    night: Counter[int] = Counter()
    for person in ground.problem.people:
        first.update(key for key, rank in person.ranks.items() if rank == 1)
        any_.update(person.ranks.keys())
        night.update(person.night)
    return [
        Demand(
            group=group,
            free=seats[pk].free,
            needed=seats[pk].needed,
            first=first[pk],
            any=any_[pk],
            night=night[pk],
        )
        for pk, group in ground.groups.items()
    ]


def left_out(ground: Ground) -> list[LeftOut]:
    """People whose wishes do not count as it stands; no query."""
    return [
        LeftOut(preference=row, unmet=ground.assessments[pk].unmet)
        for pk, row in ground.preferences.items()
        if not ground.assessments[pk].is_met
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One person in a proposal, explained. ``is_out``: they may not enter a group any more."""

    placement: Placement
    choice: str
    reasons: tuple[str, ...]
    is_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InGroup:
    """A group with the people placed into it."""

    group: Group
    free: int
    needed: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A whole proposal. ``ranks`` are pairs of a choice and how many people got it; ``out`` are
    people with a place here who may not enter a group as it stands now."""

    groups: tuple[InGroup, ...]
    without: tuple[Line, ...]
    placed: int
    people: int
    ranks: tuple[tuple[str, int], ...]
    problems: tuple[Line, ...]
    out: tuple[Line, ...]
    waiting: int

    @property
    def offers(self) -> int:
        """How many offers publishing makes as it stands now."""
        return self.placed - len(self.out)


def overview_of(proposal: Proposal, ground: Ground) -> Overview:
    """The proposal with every explanation; one query."""
    rows = (
        Placement.objects.filter(proposal=proposal)
        .select_related("preference__user", "group__cohort", "moved_by")
        .order_by("rank", "preference__user__name", "pk")
    )
    titles = {pk: str(group) for pk, group in ground.groups.items()}
    lines = [line_of(row, titles, ground) for row in rows]
    seats = {item.key: item for item in ground.problem.groups}
    counted = Counter(
        (line.placement.rank or 99, line.choice) for line in lines if line.placement.group_id
    )
    return Overview(
        groups=tuple(
            InGroup(
                group=group,
                free=seats[pk].free,
                needed=seats[pk].needed,
                lines=tuple(of_group(lines, pk)),
            )
            for pk, group in ground.groups.items()
        ),
        without=tuple(of_group(lines, None)),
        placed=sum(line.placement.group_id is not None for line in lines),
        people=len(lines),
        ranks=tuple((label, count) for (_rank, label), count in sorted(counted.items())),
        problems=tuple(line for line in lines if line.placement.problem),
        out=tuple(line for line in lines if line.is_out and line.placement.group_id),
        waiting=sum(line.placement.settled_at is None for line in lines),
    )


def of_group(lines: Iterable[Line], pk: int | None) -> list[Line]:
    return [line for line in lines if line.placement.group_id == pk]


def line_of(row: Placement, titles: dict[int, str], ground: Ground) -> Line:
    """What the office reads about one person."""
    mine = titles.get(row.group_id or 0, "")
    missed = [Missed(**item) for item in row.missed]
    return Line(
        placement=row,
        choice=choice(row.rank, is_office=True) if row.group_id else "",
        reasons=tuple(reasons_for_office(missed, titles, mine=mine)),
        is_out=row.application_id is None and row.preference.user_id not in ground.counted,
    )
