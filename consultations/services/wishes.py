"""What somebody wishes: saved as often as they like until the round closes."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from consultations.models import Apart, Group, Preference, Rank, Round
from scip.accounts.models import User
from scip.audit.services import record
from scip.requirements import Refusal
from scip.states import lock


class StaleWishes(Refusal):
    """They were saved elsewhere since this page was opened; ``stored`` is what is kept."""

    def __init__(self, stored: Preference) -> None:
        super().__init__(
            _(
                "Your wishes were changed in another window since you opened them here. Both are "
                "on this page; nothing was lost. Keep what you want and save again."
            )
        )
        self.stored = stored


def save_wishes(
    round_: Round,
    user: User,
    *,
    revision: int,
    ranks: Mapping[int, int],
    aparts: Iterable[str] = (),
    attends_live: bool = False,
    may_meet_at_night: bool = False,
    note: str = "",
    now: datetime | None = None,
) -> Preference:
    """Keep somebody's wishes in the place of earlier ones.

    ``ranks`` maps groups to numbers; gaps close up, equal numbers stay equal. ``aparts`` are
    people one would rather not share a group with, as typed. ``revision`` is the one the page was
    opened with (0 for the first time). Raises StaleWishes when another window saved in between,
    Refusal when the round does not take wishes at this moment, judged under its lock.
    """
    with transaction.atomic():
        round_ = lock(round_)
        now = now or timezone.now()
        if not round_.takes_wishes(now):
            raise Refusal(
                _(
                    "This round takes no wishes at the moment, so this could not be saved. What "
                    "you saved before stands as it is; the office can say what is possible."
                )
            )
        wished, named = numbers(round_, ranks), names(round_, aparts)
        preference, is_new = Preference.objects.get_or_create(
            round=round_, user=user, defaults={"created_at": now}
        )
        if preference.revision != revision:
            answers = (attends_live, may_meet_at_night, note.strip())
            if is_kept(preference, wished, named, answers):
                return preference  # a second click, or what was saved by itself just now
            raise StaleWishes(preference)
        preference.revision += 1
        preference.attends_live, preference.may_meet_at_night = attends_live, may_meet_at_night
        preference.note, preference.saved_at = note.strip(), now
        preference.save()
        keep_ranks(preference, wished)
        keep_aparts(preference, named)
        if is_new:
            record("preference.saved", preference, by=user, subject=user)
        return preference


def numbers(round_: Round, ranks: Mapping[int, int]) -> dict[int, int]:
    """Numbers without gaps, for groups of this round alone."""
    offered = set(Group.objects.filter(rounds=round_, pk__in=ranks).values_list("pk", flat=True))
    chosen = {pk: number for pk, number in ranks.items() if pk in offered and number > 0}
    dense = {number: place for place, number in enumerate(sorted(set(chosen.values())), start=1)}
    return {pk: dense[number] for pk, number in chosen.items()}


def names(round_: Round, aparts: Iterable[str]) -> list[str]:
    """Each name once, as many as the round asks for."""
    typed = (" ".join(name.split())[:254] for name in aparts)
    return list(dict.fromkeys(name for name in typed if name))[: round_.apart_names]


def is_kept(
    preference: Preference,
    wished: dict[int, int],
    named: list[str],
    answers: tuple[bool, bool, str],
) -> bool:
    """Does the row say exactly this already?"""
    return (
        dict(preference.ranks.values_list("group", "rank")) == wished
        and set(preference.aparts.values_list("named", flat=True)) == set(named)
        and (preference.attends_live, preference.may_meet_at_night, preference.note) == answers
    )


def keep_ranks(preference: Preference, wished: dict[int, int]) -> None:
    preference.ranks.all().delete()
    Rank.objects.bulk_create(
        Rank(preference=preference, group_id=pk, rank=rank) for pk, rank in wished.items()
    )


def keep_aparts(preference: Preference, named: list[str]) -> None:
    """Names stay with what the office found out about them; others come and go."""
    preference.aparts.exclude(named__in=named).delete()
    there = set(preference.aparts.values_list("named", flat=True))
    Apart.objects.bulk_create(
        Apart(preference=preference, named=name) for name in named if name not in there
    )


def settle_apart(apart: Apart, *, person: User | None, by: User) -> Apart:
    """The office says whom a name means, or (None) that nobody of the round is meant."""
    with transaction.atomic():
        apart = lock(apart)
        apart.person, apart.is_settled = person, person is None
        apart.save(update_fields=["person", "is_settled"])
        record("apart.settled", apart, by=by)  # about nobody: the log names neither of them
        return apart
