"""Placements in words: one wording for the person, one for the office.

The person never reads that somebody is kept apart from somebody: "apart" and "whole" are one
sentence for them.
"""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consultations.allocation.checking import Violation
from consultations.allocation.explaining import Missed

YOURS = {
    1: gettext_lazy("Your first choice"),
    2: gettext_lazy("Your second choice"),
    3: gettext_lazy("Your third choice"),
}
THEIRS = {
    1: gettext_lazy("First choice"),
    2: gettext_lazy("Second choice"),
    3: gettext_lazy("Third choice"),
}


def choice(rank: int | None, *, is_office: bool = False) -> str:
    """ "Your second choice"; for a group that was not among the wishes what it is instead."""
    if rank is None:
        return _("Not among the choices") if is_office else _("A group outside your choices")
    known = THEIRS if is_office else YOURS
    if rank in known:
        return str(known[rank])
    told = _("Choice {number}") if is_office else _("Your choice number {number}")
    return told.format(number=rank)


def reasons_for_person(
    missed: Iterable[Missed], titles: Mapping[int, str], *, mine: str = ""
) -> list[str]:
    """Why not a dearer group, dearest first; ``mine`` is the title of the group one got."""
    return [
        _("{group}: {reason}").format(
            group=titles[item.group], reason=reason(item, mine=mine, is_office=False)
        )
        for item in missed
    ]


def reasons_for_office(
    missed: Iterable[Missed], titles: Mapping[int, str], *, mine: str = ""
) -> list[str]:
    """The same with what the office may know."""
    return [
        _("{group} (choice {rank}): {reason}").format(
            group=titles[item.group],
            rank=item.rank,
            reason=reason(item, mine=mine, is_office=True),
        )
        for item in missed
    ]


def reason(item: Missed, *, mine: str, is_office: bool) -> str:
    """Why one wish did not come true, as the end of a sentence."""
    match item.why:
        case "full":
            return full(item)
        case "night":
            return (
                _("it meets at night on your clock, and you did not choose that.")
                if (not is_office)
                else _("at night on their clock, and they did not choose that.")
            )
        case "minimum":
            return _("too few people could come, so nobody is placed there.")
        case "needed" if mine:
            return (
                _("their own group, {mine}, would be too small without them.")
                if is_office
                else _("{mine} would be too small without you.")
            ).format(mine=mine)
        case "apart" if is_office:
            return _("somebody is there from whom they are to be kept apart.")
    return _("it could not be brought together with everybody’s wishes.")


def full(item: Missed) -> str:
    """Who has the places of a full group, in numbers."""
    if not item.seats:
        return _("no place was free there.")
    places = ngettext(
        "its {count} free place is taken", "its {count} free places are taken", item.seats
    ).format(count=item.seats)
    if item.as_dear == item.seats:
        return _("{places}, all by people who wished for it as much or more.").format(places=places)
    if not item.as_dear:
        return _("{places}, so that more people get a place they wished for.").format(places=places)
    return _(
        "{places}, {count} by people who wished for it as much or more, the others so that more "
        "people get a place they wished for."
    ).format(places=places, count=item.as_dear)


def violation_in_words(
    violation: Violation, *, titles: Mapping[int, str], names: Mapping[int, str]
) -> str:
    """What a move by hand would break, for the office."""
    group = titles[violation.group]
    who = _(" and ").join(names[key] for key in violation.people)
    match violation.kind:
        case "seats":
            return _("{group} has no free seat left.").format(group=group)
        case "minimum":
            return _("{group} would have fewer people than it needs to run.").format(group=group)
        case "night":
            return _(
                "{group} meets at night on the clock of {who}, who did not choose that."
            ).format(group=group, who=who)
        case "not_wished":
            return _("{group} is not among the wishes of {who}.").format(group=group, who=who)
    if len(violation.people) == 1:
        return _(
            "{who} would meet somebody in {group} from whom they are to be kept apart."
        ).format(group=group, who=who)
    return _("{who} are to be kept apart, and would meet in {group}.").format(group=group, who=who)
