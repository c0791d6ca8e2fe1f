"""Decisions as their readers may see them, and the evidence of their gate."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from certification.candidacy.requirements.windows import resubmission_granted
from certification.review.models import (
    MAY_BE_ALLOWED,
    Assignment,
    Decision,
    Submission,
    Tie,
)
from certification.review.queries.conflicts import BARS, open_assignments, ties_of
from certification.review.queries.reading import chair_of
from certification.review.queries.suggesting import choices_for
from certification.review.requirements.deciding import DecidingEvidence
from scip.accounts.models import User

Seat = Assignment.Seat


def seats_of(user: Any, submission: Submission) -> QuerySet[Assignment]:
    """The seats by which somebody may take part in a decision now: the chair, a second reader,
    a reviewer who gave their view; nobody who is tied (`open_assignments`)."""
    rows = open_assignments(user).filter(submission=submission)
    return rows.exclude(seat=Seat.REVIEWER, state=Assignment.State.ACCEPTED)


def is_chair(user: Any, submission: Submission) -> bool:
    """Does somebody hold the chair of this submission at this moment?"""
    return seats_of(user, submission).filter(seat=Seat.CHAIR).exists()


def may_read_second(user: Any, decision: Decision) -> bool:
    """Could somebody be the second reader: another than the one who wrote it, not in the chair,
    and free of ties?"""
    if decision.proposed_by_id == user.pk:
        return False
    return seats_of(user, decision.submission).exclude(seat=Seat.CHAIR).exists()


def has_chair(submission: Submission) -> bool:
    """Does somebody hold the chair who may read at this moment?"""
    return chair_of(submission) is not None


def is_of_a_chair(decision: Decision) -> bool:
    """Are these words of somebody in the chair, now or before? What the office wrote down for a
    chair names whoever wrote it (`services.deciding.save_decision`)."""
    if not decision.filled_parts():
        return False
    if decision.proposed_by_id is None:
        return True
    rows = decision.submission.assignments.filter(seat=Seat.CHAIR)
    return rows.filter(member=decision.proposed_by_id).exists()


def sendable(submission: Submission) -> Decision | None:
    """The decision that a second reader approved and nobody has sent yet."""
    rows = Decision.objects.filter(submission=submission, state=Decision.State.APPROVED)
    return rows.prefetch_related("asks").first()


def seconds_for(decision: Decision, *, by: User | None = None) -> list[tuple[User, str]]:
    """Who could read it as the second, with a word on how: the reviewers of this submission, who
    know it, then members who are free of ties and are asked now. Never ``by``, who writes it."""
    submission = decision.submission
    rows = submission.assignments.filter(state__in=Assignment.READING).exclude(seat=Seat.CHAIR)
    writer = by.pk if by is not None else None
    here = [
        row.member
        for row in rows.select_related("member").order_by("pk")
        if row.member_id != writer and may_read_second(row.member, decision)
    ]
    known = {user.pk for user in here} | {writer}
    others = [
        row.member
        for row in choices_for(submission, seat=Seat.SECOND)
        if row.is_free and row.member.pk not in known
    ]
    reads = gettext("{name}, who has read this submission")
    asked = gettext("{name}, who is asked now and says first what ties them")
    return [
        *((user, reads.format(name=user)) for user in here),
        *((user, asked.format(name=user)) for user in others),
    ]


def counting_views(submission: Submission) -> int:
    """How many reviewers' views count: given, by people whom nothing bars today; nine queries."""
    rows = submission.assignments.filter(seat=Seat.REVIEWER, state=Assignment.State.GIVEN)
    given = list(rows.select_related("member"))
    ties = ties_of(submission.user, [row.member for row in given])
    return sum(is_free(ties[row.member_id], is_allowed=row.allowed_at is not None) for row in given)


def is_free(ties: frozenset[Tie], *, is_allowed: bool) -> bool:
    """Does nothing stand between somebody and a candidate but what was allowed?"""
    return not ties & BARS and (is_allowed or not ties & MAY_BE_ALLOWED)


def is_signed_by_free(decision: Decision) -> bool:
    """Are the two who stand for a letter free of ties today, whatever it was when they signed?

    Whoever of the office wrote down what a chair had told decided nothing, and is not asked.
    """
    seats = list(decision.submission.assignments.values_list("member", "seat", "allowed_at"))
    chairs = {member for member, seat, _allowed in seats if seat == Seat.CHAIR}
    allowed = {member for member, _seat, allowed in seats if allowed is not None}
    second, author = decision.approved_by, decision.proposed_by
    people = [] if second is None else [second]
    if author is not None and author.pk in chairs:
        people.append(author)
    ties = ties_of(decision.submission.user, people)
    return all(is_free(ties[user.pk], is_allowed=user.pk in allowed) for user in people)


def evidence_of(decision: Decision, *, now: datetime) -> DecidingEvidence:
    """What the gate of a decision looks at."""
    submission = decision.submission
    return DecidingEvidence(
        views=counting_views(submission),
        outcome=decision.outcome,
        filled=decision.filled_parts(),
        by_when=decision.by_when,
        today=now.astimezone(UTC).date(),
        until_on=resubmission_granted(now, submission.edition),
        second_reader=decision.approved_at is not None
        and decision.state in {Decision.State.APPROVED, Decision.State.SENT},
        signed_by_free=decision.state != Decision.State.APPROVED or is_signed_by_free(decision),
        approved_on=decision.approved_at.date() if decision.approved_at else None,
    )


def part_labels() -> dict[str, str | Promise]:
    """What the parts of a decision are called."""
    own = {"points": _("What a resubmission has to show")}
    return {
        name: own.get(name) or Decision._meta.get_field(name).verbose_name  # type: ignore[union-attr]
        for name in Decision.PARTS
    }


def answer_to(submission: Submission) -> Decision | None:
    """The decision that was sent about a submission, with its points; two queries."""
    rows = Decision.objects.filter(submission=submission, state=Decision.State.SENT)
    found = rows.prefetch_related("asks").first()
    if found is not None:
        found.submission = submission
    return found


def decision_of(submission: Submission) -> Decision | None:
    """The decision about a submission, however it stands; for its chair and its second reader."""
    rows = Decision.objects.filter(submission=submission).prefetch_related("asks")
    found = rows.select_related("proposed_by", "approved_by").first()
    if found is not None:
        found.submission = submission
    return found
