"""Asking people to read a submission, what ties them, and letting them go.

Order of locks: submission, assignment. A declaration comes before anything opens, and what history
says counts beside what a reader declares.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.review.emails import committee as letters
from certification.review.models import (
    DECLARABLE,
    MAY_BE_ALLOWED,
    Assignment,
    Decision,
    DeclaredTie,
    EndReason,
    Submission,
    Tie,
)
from certification.review.queries.conflicts import BARS, open_assignments, ties_of
from certification.review.queries.queue import ties_to_allow
from certification.review.queries.reading import chair_of
from certification.review.queries.suggesting import day_of, facts_of, seats_by, suggest
from certification.review.requirements.assigning import (
    ROLES,
    MemberFacts,
    answer_due,
    barring,
    member_findings,
    needing_reason,
    part_due,
)
from scip.accounts.models import Role, User
from scip.audit.services import record
from scip.mail.models import Letter
from scip.mail.services import queue_draft
from scip.requirements import Refusal
from scip.states import lock, move

Seat = Assignment.Seat
State = Assignment.State


@transaction.atomic
def ask(
    submission: Submission,
    member: User,
    *,
    seat: str,
    by: User,
    reason: str = "",
    now: datetime | None = None,
) -> Assignment:
    """Ask somebody to read a submission from one seat; the letter names candidate and days.

    By the office, or the chair of this submission. The same person for the same seat again is the
    same row. ``reason`` is kept, and needed for a tie that may be allowed, for somebody who had
    declined, and for more reviewers than the edition asks. A reader who gave their view needs no
    second seat to read the decision. Raises Refusal for anybody who is barred, holds no seat on
    the committee or not long enough, has a seat here already, or where the seat is taken.
    """
    now = now or timezone.now()
    row = lock(submission)
    refuse_others(row, by)
    if row.state != Submission.State.SUBMITTED:
        raise Refusal(_("This submission is not with the committee. Nobody was asked."))
    if not row.candidacy.is_registered:
        raise Refusal(
            _("This person’s registration for certification has ended. Nobody was asked.")
        )
    known = row.assignments.live().filter(member=member, seat=seat).first()
    if known is not None:
        return known
    reason = reason.strip()
    facts = facts_of(row, [member], seat=seat, now=now)[member.pk]
    refuse_member(member, facts, seat, reason)
    refuse_full(row, seat, reason)
    made = Assignment.objects.create(
        submission=row,
        member=member,
        seat=seat,
        asked_at=now,
        asked_by=by,
        asked_reason=reason,
        answer_due_at=answer_due(row.edition, now),
        due_at=facts.due_at,
    )
    record("assignment.asked", made, by=by, submission=row.pk, seat=seat, with_reason=bool(reason))
    queue_draft(letters.asked(made), to=member, dedupe_key=f"assignment:{made.pk}:asked")
    return made


def ask_suggested(
    submission: Submission,
    *,
    by: User,
    only: Collection[int] | None = None,
    now: datetime | None = None,
) -> list[Assignment]:
    """Ask the suggested people for every empty seat, in one act; those who were asked.

    ``only`` leaves out whoever is not among these keys of people. Raises Refusal as `ask` does,
    where nobody is free or no seat is empty, and where somebody of ``only`` is not suggested any
    more; nobody is asked then.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = lock(submission)
        refuse_others(row, by)
        found = suggest(row, now=now)
        if only is not None and not set(only) <= {item.member.pk for item in found}:
            raise Refusal(
                _("The suggestion has changed in the meantime. Nobody was asked; open it again.")
            )
        found = tuple(item for item in found if only is None or item.member.pk in only)
        if not found:
            raise Refusal(
                _(
                    "Nobody could be suggested: every seat is taken, or nobody on the committee "
                    "is free of ties with a term that is long enough. Nobody was asked."
                )
            )
        return [ask(row, item.member, seat=item.seat, by=by, now=now) for item in found]


def may_arrange(submission: Submission, by: User) -> bool:
    """Does somebody arrange who reads? The office, never about themselves, and this one's chair."""
    if submission.user_id == by.pk:
        return False
    return by.has_role(Role.STAFF) or leads(submission, by)


def leads(submission: Submission, by: User) -> bool:
    """Is this the chair of the submission, with nothing in the way?"""
    return open_assignments(by).filter(submission=submission, seat=Seat.CHAIR).exists()


def refuse_others(submission: Submission, by: User) -> None:
    """Raise Refusal for anybody but the office and the chair of this submission."""
    if not may_arrange(submission, by):
        raise Refusal(
            _(
                "Who reads a submission is arranged by CMSC’s office or by its chair, and by "
                "nobody whom it is about. Nothing was changed."
            )
        )


def refuse_member(member: User, facts: MemberFacts, seat: str, reason: str) -> None:
    """Raise Refusal where this person can't be asked, or only with a reason; in general words,
    because a chair reads it too."""
    findings = member_findings(facts, seat=seat)
    if barred := barring(findings):
        raise Refusal(
            _("{name} can’t be asked for this. {why} Nobody was asked.").format(
                name=member, why=" ".join(str(item.needed) for item in barred)
            )
        )
    if not reason and (pending := needing_reason(findings)):
        raise Refusal(
            _("Say in a sentence why it should be {name}. {why} Nobody was asked.").format(
                name=member, why=" ".join(str(item.needed) for item in pending)
            )
        )


def refuse_full(submission: Submission, seat: str, reason: str) -> None:
    """Raise Refusal where somebody has the seat, or there are reviewers enough."""
    taken = submission.assignments.live().filter(seat=seat).count()
    if seat in {Seat.CHAIR, Seat.SECOND} and taken:
        raise Refusal(
            _(
                "Somebody was asked for this seat already. Release them first if it should be "
                "somebody else. Nobody was asked."
            )
        )
    if seat == Seat.REVIEWER and taken >= submission.edition.reviewers and not reason:
        raise Refusal(
            _(
                "As many reviewers as the edition asks for have been asked. Say in a sentence why "
                "there should be one more. Nobody was asked."
            )
        )


def both_locked(assignment: Assignment) -> Assignment:
    """The assignment under its lock, with its submission under its own."""
    submission = lock(assignment.submission)
    row = lock(assignment)
    row.submission = submission
    return row


def refuse_answered(submission: Submission) -> None:
    """Raise Refusal once nothing is read any more: it was answered, or it ended."""
    if submission.state != Submission.State.SUBMITTED:
        raise Refusal(
            _("This submission is not with the committee any more, so there is nothing to read.")
        )


def refuse_not_theirs(assignment: Assignment, by: User) -> None:
    """Raise Refusal for anybody but the person who was asked."""
    if assignment.member_id != by.pk:
        raise Refusal(_("Only the person who was asked can answer this. Nothing was changed."))


@transaction.atomic
def answer(
    assignment: Assignment,
    *,
    ties: Collection[str],
    words: str,
    by: User,
    now: datetime | None = None,
) -> Assignment:
    """Take a reader's declaration; what history says counts beside it.

    Nothing ties them: it opens. A tie that may be allowed waits for the chair or the office. A tie
    that bars ends it, kindly, and what was declared is kept for every submission and appeal of
    this person. Declaring the same again changes nothing. Raises Refusal for others, for whoever
    left the committee, once it was answered otherwise, and ValueError for a tie that nobody
    declares.
    """
    now = now or timezone.now()
    declared = {Tie(tie) for tie in ties}
    if not declared <= set(DECLARABLE):
        raise ValueError(f"not declarable: {sorted(declared - set(DECLARABLE))}")
    row = both_locked(assignment)
    refuse_not_theirs(row, by)
    if row.declared_at is not None and set(row.declared_ties) == declared:
        return row
    refuse_answered(row.submission)
    if not by.has_role(*ROLES[row.seat]):
        raise Refusal(
            _("Your term on the committee is over, so nothing opens here. Write to the office.")
        )
    for tie in declared:
        DeclaredTie.objects.get_or_create(
            member=by,
            candidate=row.submission.user,
            kind=tie,
            defaults={"words": words.strip(), "declared_at": now},
        )
    row.declared_at, row.declared_ties = now, sorted(declared)
    row.declaration = words.strip()
    row.save(update_fields=["declared_at", "declared_ties", "declaration"])
    known = ties_of(row.submission.user, [by])[by.pk]
    if known & BARS:
        bar(row, known, by=by, now=now)
    elif known:
        move(row, State.DECLARED, by=by, now=now, data={"ties": len(known)})
        tell_of_tie(row, f"assignment:{row.pk}:declared")
    else:
        move(row, State.ACCEPTED, by=by, now=now)
    return row


def bar(row: Assignment, known: frozenset[Tie], *, by: User, now: datetime) -> None:
    """End it because of a tie that bars; the office looks for somebody else."""
    row.end_code = EndReason.TIE
    row.save(update_fields=["end_code"])
    move(row, State.DECLINED, by=by, now=now, data={"barred": len(known & BARS)})
    letters.tell_office(row, f"assignment:{row.pk}:barred", "barred")
    tell_of_lost_second(row)


def tell_of_tie(row: Assignment, key: str, *, is_later: bool = False) -> None:
    """The office hears of a tie that waits for a word; the chair of this submission too."""
    letters.tell_office(row, key, "later_tie" if is_later else "declared")
    chairs = row.submission.assignments.filter(seat=Seat.CHAIR, state__in=Assignment.READING)
    for chair in chairs.exclude(member=row.member_id).select_related("member"):
        if open_assignments(chair.member).filter(pk=chair.pk).exists():
            draft = letters.tie_to_allow(row, chair)
            queue_draft(draft, to=chair.member, dedupe_key=f"{key}:chair")


@transaction.atomic
def decline(
    assignment: Assignment, *, reason: str, by: User, now: datetime | None = None
) -> Assignment:
    """Say no; the office looks for somebody else. A second no changes nothing.

    Raises Refusal for others and without a word of why, IllegalMove once it was answered.
    """
    row = both_locked(assignment)
    refuse_not_theirs(row, by)
    if row.state == State.DECLINED:
        return row
    row.end_reason = with_words(reason)
    row.save(update_fields=["end_reason"])
    move(row, State.DECLINED, by=by, now=now)
    letters.tell_office(row, f"assignment:{row.pk}:declined", "declined")
    tell_of_lost_second(row)
    return row


def with_words(reason: str) -> str:
    """A reason, or Refusal where there is none."""
    if not reason.strip():
        raise Refusal(_("Please say in a sentence why. Nothing was changed."))
    return reason.strip()


@transaction.atomic
def allow(
    assignment: Assignment, *, reason: str, by: User, now: datetime | None = None
) -> Assignment:
    """Let somebody read although they led the candidate's cohort, or are a colleague.

    By the chair of this submission or the office, with a reason, never by the reader. It also
    reopens what closed by itself because such a tie turned up later. A second call changes
    nothing. Raises Refusal for others, where a tie bars, and where nothing waits to be allowed.
    """
    now = now or timezone.now()
    row = both_locked(assignment)
    if row.member_id == by.pk:
        raise Refusal(_("This is about you, so somebody else has to allow it."))
    refuse_others(row.submission, by)
    if row.allowed_at is not None:
        return row
    refuse_answered(row.submission)
    known = ties_of(row.submission.user, [row.member])[row.member_id]
    if known & BARS:
        raise Refusal(
            _("Something between the two people rules it out; nobody can allow that. Release them.")
        )
    if row.state != State.DECLARED and not (row.is_open and known & MAY_BE_ALLOWED):
        raise Refusal(_("Nothing waits to be allowed here. Nothing was changed."))
    row.allowed_at, row.allowed_by, row.allowed_reason = now, by, with_words(reason)
    if row.state == State.DECLARED:
        # Whoever waited for this word has as long to read as somebody who is asked now.
        submitted_at, edition = row.submission.submitted_at, row.submission.edition
        row.due_at = max(row.due_at, part_due(submitted_at or now, edition, row.seat, now=now))
    row.save(update_fields=["allowed_at", "allowed_by", "allowed_reason", "due_at"])
    if row.state == State.DECLARED:
        move(row, State.ACCEPTED, by=by, now=now, data={"allowed": len(known)})
    else:
        record("assignment.allowed", row, by=by, ties=len(known))
    # What was allowed once may have to be allowed again, for another tie (`services.tying`).
    key = f"assignment:{row.pk}:allowed"
    count = Letter.objects.filter(dedupe_key__startswith=key).count()
    key = f"{key}:{count}" if count else key
    queue_draft(letters.allowed(row), to=row.member, dedupe_key=key)
    return row


@transaction.atomic
def release(
    assignment: Assignment, *, reason: str, by: User, now: datetime | None = None
) -> Assignment:
    """Take an assignment back; what its reader wrote stays theirs, and nothing is open any more.

    By the office, by the chair of this submission where `refuse_beyond_chair` lets them (whoever
    is both counts as its chair), and by a reader who can't go on. A second call changes nothing.
    Raises Refusal for others, without a reason, and once it was answered (who had a part in an
    answer stays on record), IllegalMove once declined.
    """
    now = now or timezone.now()
    row = both_locked(assignment)
    if row.member_id != by.pk:
        refuse_others(row.submission, by)
    if row.state == State.RELEASED:
        return row
    refuse_answered(row.submission)
    if row.member_id != by.pk and (not by.has_role(Role.STAFF) or in_chair(row.submission, by)):
        refuse_beyond_chair(row, now, by)
    if row.member_id == by.pk and row.state == State.GIVEN:
        raise Refusal(_("Your view was given and stays with the submission. Write to the office."))
    let_go(row, why=with_words(reason), by=by, now=now)
    if row.member_id == by.pk:
        letters.tell_office(row, f"assignment:{row.pk}:released", "handed_back")
    else:
        key = f"assignment:{row.pk}:released"
        queue_draft(letters.released(row), to=row.member, dedupe_key=key)
    tell_of_lost_second(row, by=by)
    return row


def may_chair_release(row: Assignment, now: datetime) -> bool:
    """May the chair ask somebody else in this one's place? Before anything opened to them, and
    where a second reader said yes and is silent: their day has passed."""
    if row.state in {State.ASKED, State.DECLARED}:
        return True
    return row.seat == Seat.SECOND and row.state == State.ACCEPTED and row.due_at < now


def in_chair(submission: Submission, by: User) -> bool:
    """Was somebody asked to lead this review, or do they? It counts before their role at the
    office, also while their room is shut."""
    return submission.assignments.live().filter(member=by, seat=Seat.CHAIR).exists()


def refuse_beyond_chair(row: Assignment, now: datetime, by: User) -> None:
    """Raise Refusal where the office alone releases: nobody who leads a review chooses whose view
    is given, and nobody of the office whose own review it is."""
    if not may_chair_release(row, now):
        if by.has_role(Role.STAFF):
            raise Refusal(
                _(
                    "They have begun to read, and you are in the chair here, so a colleague at "
                    "CMSC’s office has to release them. Nothing was changed."
                )
            )
        raise Refusal(
            _(
                "They have begun to read. CMSC’s office can release them; the chair can where a "
                "second reader’s day has passed. Nothing was changed."
            )
        )


def tell_of_lost_second(row: Assignment, *, by: User | None = None) -> None:
    """The chair hears that nobody reads their decision any more, unless they took it back."""
    waits = Decision.objects.filter(submission=row.submission_id, state=Decision.State.PROPOSED)
    lead = chair_of(row.submission) if row.seat == Seat.SECOND else None
    if lead is not None and lead.member != by and waits.exists():
        key = f"assignment:{row.pk}:second-lost"
        queue_draft(letters.second_lost(row, lead), to=lead.member, dedupe_key=key)


def let_go(
    row: Assignment, *, why: str = "", code: str = "", by: User | None, now: datetime | None
) -> None:
    """Release an assignment that is under its lock; nobody is told here. ``why`` is what a person
    said, ``code`` an `EndReason` where nobody did."""
    row.end_reason, row.end_code = why, code
    row.save(update_fields=["end_reason", "end_code"])
    move(row, State.RELEASED, by=by, now=now)


def is_shut_out(row: Assignment) -> bool:
    """Is the room shut until somebody has looked at a tie?"""
    return ties_to_allow().filter(pk=row.pk).exists()


@transaction.atomic
def remind(assignment: Assignment, *, by: User, now: datetime | None = None) -> None:
    """A kind word to whoever is waited for, at most once a day.

    Raises Refusal for anybody who does not arrange this, where nobody is waited for, where their
    room is shut (they wait, not we), and where one went today.
    """
    now = now or timezone.now()
    row = both_locked(assignment)
    refuse_others(row.submission, by)
    if row.state not in {State.ASKED, State.ACCEPTED}:
        raise Refusal(_("Nothing is waited for here, so no letter went."))
    if is_shut_out(row):
        raise Refusal(
            _("They wait for a word on a tie, and nothing is open to them. No letter went.")
        )
    key = f"assignment:{row.pk}:nudge:{row.state}"
    since = now - timedelta(days=1)
    if Letter.objects.filter(dedupe_key__startswith=key, created_at__gt=since).exists():
        raise Refusal(_("They got a reminder today. One a day is enough; no other went."))
    stage = letters.stage_of(row, now)
    draft = letters.reminder(row, stage)
    queue_draft(draft, to=row.member, dedupe_key=f"{key}:{now:%Y%m%dT%H%M%S}")
    record("assignment.reminded", row, by=by)


@transaction.atomic
def give_time(
    assignment: Assignment, *, until: datetime, by: User, now: datetime | None = None
) -> Assignment:
    """Move the day that counts now: of the answer, or of the part. The reader gets a letter.

    Raises Refusal for anybody who does not arrange this, where nobody is waited for, for a day
    that has passed or is nearer than the one they have, and for one beyond the reader's term.
    """
    now = now or timezone.now()
    row = both_locked(assignment)
    refuse_others(row.submission, by)
    if row.state not in {State.ASKED, State.ACCEPTED}:
        raise Refusal(_("Nothing is waited for here, so no day was moved."))
    if until <= now:
        raise Refusal(_("That day has passed. Nothing was changed; choose one that is to come."))
    if until < (row.answer_due_at if row.state == State.ASKED else row.due_at):
        raise Refusal(_("They have until later already. Nothing was changed; choose a later day."))
    if row.seat not in seats_by([row.member], day_of(until)).get(row.member_id, frozenset()):
        raise Refusal(_("Their term on the committee ends before that day. Nothing was changed."))
    if row.state == State.ASKED:
        row.answer_due_at = until
    row.due_at = max(row.due_at, until) if row.state == State.ASKED else until
    row.save(update_fields=["answer_due_at", "due_at"])
    record("assignment.given_time", row, by=by, until=f"{until:%Y-%m-%d}")
    key = f"assignment:{row.pk}:time:{until:%Y%m%dT%H%M}"
    queue_draft(letters.more_time(row), to=row.member, dedupe_key=key)
    return row
