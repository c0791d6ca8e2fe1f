"""Who is proposed for which group: made by the solver, adjusted by hand, published once."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from consultations.allocation.checking import Violation, violations
from consultations.allocation.explaining import explain
from consultations.allocation.problem import Problem
from consultations.allocation.solver import solve
from consultations.allocation.wording import violation_in_words
from consultations.models import Group, Placement, Preference, Proposal, Round
from consultations.queries.rounds import Ground, ground_of
from payments.services import enqueue
from scip.accounts.models import User
from scip.audit.services import record
from scip.formats import moment
from scip.requirements import Refusal
from scip.states import lock, move

# Long enough for rounds far larger than any so far, short enough to wait for.
SOLVER_SECONDS = 10.0


class NeedsReason(Refusal):
    """A move by hand breaks something; it can be made with a reason."""


def propose(
    round_: Round, *, by: User, seconds: float = SOLVER_SECONDS, now: datetime | None = None
) -> Proposal:
    """Work out who goes where, in the place of an earlier proposal (moves by hand included).

    Raises Refusal while wishes can still be saved, or after publishing. The places are checked
    by code that shares nothing with the solver before anything is kept. ``is_proven`` is False
    when the time was over before the optimum was proven.
    """
    now = now or timezone.now()
    refuse_unless_closed(round_, now)
    ground = ground_of(round_, now=now)
    solution = solve(ground.problem, seconds=seconds)
    wrong = violations(ground.problem, solution.places)
    if wrong:
        raise RuntimeError(f"the solver's places break {sorted(item.kind for item in wrong)}")
    with transaction.atomic():
        round_ = lock(round_)
        refuse_unless_closed(round_, now)
        for older in Proposal.objects.filter(round=round_, state=Proposal.State.PROPOSED):
            move(lock(older), Proposal.State.REPLACED, by=by, now=now)
        proposal = Proposal.objects.create(
            round=round_, made_at=now, made_by=by, is_proven=solution.is_proven
        )
        told = told_of(ground.problem, solution.places)
        Placement.objects.bulk_create(
            Placement(
                proposal=proposal,
                preference=ground.preferences[person.key],
                group_id=solution.places.get(person.key),
                rank=person.ranks.get(solution.places.get(person.key, 0)),
                missed=told[person.key],
            )
            for person in ground.problem.people
        )
        record(
            "proposal.made",
            proposal,
            by=by,
            people=len(ground.problem.people),
            placed=len(solution.places),
        )
        return proposal


def refuse_unless_closed(round_: Round, now: datetime) -> None:
    """Raise Refusal unless wishes are over and nothing is published."""
    if not round_.is_closed(now):
        raise Refusal(
            _("A proposal can be made once the time for wishes is over, until it is published.")
        )


def told_of(problem: Problem, places: Mapping[int, int]) -> dict[int, list[dict[str, object]]]:
    """Explanations as they are kept with the placements."""
    return {key: [asdict(item) for item in told] for key, told in explain(problem, places).items()}


def move_person(
    placement: Placement,
    group: Group | None,
    *,
    reason: str,
    by: User,
    now: datetime | None = None,
) -> Placement:
    """Place somebody by hand (None: no place). Everybody's explanation is written anew.

    Raises NeedsReason, naming what the move would break, when no ``reason`` is given; Refusal
    for a group without a free seat, for somebody who may not enter a group now, and for oneself.
    """
    now = now or timezone.now()
    with transaction.atomic():
        proposal = lock(placement.proposal)
        placement = lock(placement)
        if proposal.state != Proposal.State.PROPOSED:
            raise Refusal(
                _("This proposal is “{state}” now, so nobody is moved in it any more.").format(
                    state=proposal.get_state_display()
                )
            )
        person = placement.preference.user
        if person.pk == by.pk:
            raise Refusal(_("This is about you, so a colleague has to do it. Nothing was changed."))
        ground = ground_of(proposal.round, now=now)
        if group is not None and person.pk not in ground.counted:
            unmet = ground.assessments[person.pk].unmet
            raise Refusal(_("{who} can’t enter a group now.").format(who=person), unmet)
        broken = broken_by(ground, proposal, placement, group)
        refuse_broken(ground, broken, reason)
        placement.group = group
        placement.moved_at, placement.moved_by = now, by
        placement.move_reason = reason.strip()[:300]
        placement.save(update_fields=["group", "moved_at", "moved_by", "move_reason"])
        proposal.revision += 1
        proposal.save(update_fields=["revision"])
        explain_anew(ground, proposal)
        record(
            "placement.moved",
            placement,
            by=by,
            subject=person,
            group=group.pk if group else None,
            broken=",".join(sorted({item.kind for item in broken})),
        )
        placement.refresh_from_db()
        return placement


def places_of(ground: Ground, placements: Iterable[Placement]) -> dict[int, int]:
    """Person → group of those who are placed and count today."""
    return {
        row.preference.user_id: row.group_id
        for row in placements
        if row.group_id is not None and row.preference.user_id in ground.counted
    }


def broken_by(
    ground: Ground, proposal: Proposal, placement: Placement, group: Group | None
) -> set[Violation]:
    """What is wrong after the move and was not before."""
    rows = proposal.placements.select_related("preference")
    before = places_of(ground, rows)
    after = {key: place for key, place in before.items() if key != placement.preference.user_id}
    if group is not None:
        after[placement.preference.user_id] = group.pk
    return violations(ground.problem, after) - violations(ground.problem, before)


def refuse_broken(ground: Ground, broken: set[Violation], reason: str) -> None:
    """A seat can't be given twice for any reason; everything else needs one."""
    if not broken or (reason.strip() and all(item.kind != "seats" for item in broken)):
        return
    sentences = in_words(ground, broken)
    if any(item.kind == "seats" for item in broken):
        raise Refusal(" ".join(sentences))
    raise NeedsReason(
        _("{sentences} If you want it so, please write why; it stays on record.").format(
            sentences=" ".join(sentences)
        )
    )


def in_words(ground: Ground, broken: Iterable[Violation]) -> list[str]:
    """Violations as sentences, in a stable order."""
    titles = {pk: str(group) for pk, group in ground.groups.items()}
    names = {pk: str(row.user) for pk, row in ground.preferences.items()}
    return sorted(violation_in_words(item, titles=titles, names=names) for item in broken)


def explain_anew(ground: Ground, proposal: Proposal) -> None:
    """Write ranks and explanations of all placements as they stand now."""
    rows = list(proposal.placements.select_related("preference"))
    told = told_of(ground.problem, places_of(ground, rows))
    ranks = {person.key: person.ranks for person in ground.problem.people}
    for row in rows:
        person = row.preference.user_id
        row.rank = ranks.get(person, {}).get(row.group_id or 0)
        row.missed = told.get(person, row.missed)
    Placement.objects.bulk_update(rows, ["rank", "missed"])


def publish(
    proposal: Proposal, *, revision: int, by: User, now: datetime | None = None
) -> Proposal:
    """Make a proposal final; offers and letters follow, one person after the other.

    Raises Refusal when a colleague was faster, somebody was moved since the page was opened
    (``revision``), or wishes changed after the proposal. Side effect on commit: the work is handed
    to a worker; what is lost there is swept.
    """
    with transaction.atomic():
        round_ = lock(proposal.round)
        now = now or timezone.now()
        proposal = lock(proposal)
        refuse_published(round_)
        if proposal.state != Proposal.State.PROPOSED:
            raise Refusal(
                _("A newer proposal has taken the place of this one. Please look at that first.")
            )
        if proposal.revision != revision:
            raise Refusal(
                _("A colleague moved somebody since you opened this page. Please look once more.")
            )
        refuse_unless_closed(round_, now)
        if Preference.objects.filter(round=round_, saved_at__gt=proposal.made_at).exists():
            raise Refusal(
                _("Wishes were changed after this proposal was made. Please make a new one.")
            )
        move(proposal, Proposal.State.PUBLISHED, by=by, now=now)
        move(round_, Round.State.PUBLISHED, by=by, now=now)
        enqueue("consultations.carry_out", proposal.pk)
        return proposal


def refuse_published(round_: Round) -> None:
    """Tell kindly who did it already."""
    if round_.state != Round.State.PUBLISHED or round_.published_at is None:
        return
    raise Refusal(
        _("{who} has published this round already, {when}. Nothing is sent twice.").format(
            who=round_.published_by or _("A colleague"), when=moment(round_.published_at)
        )
    )
