"""What readers write: notes, their own view, questions to the candidate through the chair."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.portfolio.services.writing import (
    StaleWriting,
    changes_to,
    fresh,
    values_of,
    write_down,
)
from certification.review.emails import questions as letters
from certification.review.models import (
    Assignment,
    Question,
    ReadingNotes,
    Submission,
    View,
    ViewLine,
)
from certification.review.queries.reading import (
    chair_of,
    lines_in,
    readers_of,
    rooms_open_to,
    rubric_of,
    view_of,
)
from certification.review.requirements.rubric import RubricLine, view_findings
from scip.accounts.models import User
from scip.mail.services import queue_draft
from scip.requirements import Refusal
from scip.states import lock, move

State, Seat = Assignment.State, Assignment.Seat
# Questions that one reader may have waiting or sent; a program that goes wrong is stopped here.
MOST_QUESTIONS = 20

type Line = Mapping[str, str]


def in_room(assignment: Assignment, *, by: User) -> Assignment:
    """The assignment under its lock, if its room is open to ``by`` now. The submission is locked
    before it, so that nothing is written while it is answered. Raises Refusal otherwise."""
    lock(assignment.submission)
    row = lock(assignment)
    if row.member_id != by.pk or not rooms_open_to(by).filter(pk=row.pk).exists():
        raise Refusal(
            _(
                "This reading room is not open to you any more, so nothing was kept. What you "
                "typed stands on this page still; the office can tell you more."
            )
        )
    return row


@transaction.atomic
def save_notes(
    assignment: Assignment,
    values: Mapping[str, Any],
    *,
    revision: int,
    by: User,
    now: datetime | None = None,
) -> ReadingNotes:
    """Keep private notes and return the fresh row. ``revision`` is the one the window began from.

    Raises StaleWriting when another window saved something else meanwhile, Refusal for anybody
    whose room is not open; nothing is written then.
    """
    now = now or timezone.now()
    room = in_room(assignment, by=by)
    notes, _is_new = ReadingNotes.objects.get_or_create(
        assignment=room, defaults={"created_at": now, "saved_at": now}
    )
    row = fresh(notes)
    write_down(row, changes_to(row, values, revision=revision), now=now)
    return row


@transaction.atomic
def save_view(
    assignment: Assignment,
    values: Mapping[str, Any],
    lines: Mapping[str, Line],
    *,
    revision: int,
    by: User,
    now: datetime | None = None,
) -> View:
    """Keep one's own view as a draft: its parts, and its lines by code (``shown``, ``words``).

    Lines that the rubric of this submission does not have are left out. Raises StaleWriting and
    Refusal as `save_notes`, and Refusal once it was given and for the chair and second reader.
    """
    now = now or timezone.now()
    room = in_room(assignment, by=by)
    refuse_no_view(room)
    kept, _is_new = View.objects.get_or_create(
        assignment=room, defaults={"created_at": now, "saved_at": now}
    )
    view = fresh(kept)
    codes = {line.code for line in rubric_in(room)}
    changed = changed_lines(view, {code: row for code, row in lines.items() if code in codes})
    if changed and view.revision != revision:
        raise StaleWriting(_("This was changed in another window in the meantime."))
    changes = changes_to(view, values, revision=revision)
    for code, row in changed.items():
        ViewLine.objects.update_or_create(view=view, code=code, defaults=dict(row))
    if changed and not changes:
        # Lines alone were changed: the revision grows with them.
        changes = {"conclusion": view.conclusion}
    write_down(view, changes, now=now)
    return view


def rubric_in(room: Assignment) -> tuple[RubricLine, ...]:
    """The lines of what somebody reads."""
    return rubric_of(room.submission.snapshot)


def changed_lines(view: View, lines: Mapping[str, Line]) -> dict[str, dict[str, str]]:
    """Those that say something else than what is kept."""
    kept, nothing = lines_in(view), {"shown": "", "words": ""}
    wanted = {code: nothing | dict(row) for code, row in lines.items()}
    return {code: row for code, row in wanted.items() if row != kept.get(code, nothing)}


def refuse_no_view(room: Assignment) -> None:
    """Raise Refusal where no view is written: by the chair, by a second reader, once given."""
    if room.seat != Seat.REVIEWER:
        raise Refusal(
            _("The reviewers give views; in your seat you read them and answer in the decision.")
        )
    if room.state == State.GIVEN:
        raise Refusal(
            _(
                "You gave your view already, and others may have read it. It stays as it is; "
                "write to the chair about what you want to add."
            )
        )


@transaction.atomic
def give_view(assignment: Assignment, *, by: User, now: datetime | None = None) -> Assignment:
    """Hand over one's view: others read it from now on, and it changes no more.

    Raises Refusal with the findings while something is missing, and as `save_view`. Side effect:
    the chair is told.
    """
    room = in_room(assignment, by=by)
    refuse_no_view(room)
    view = view_of(room)
    shown = {code: row["shown"] for code, row in lines_in(view).items()}
    findings = view_findings(values_of(view), shown, rubric_in(room))
    open_ones = tuple(item for item in findings if not item.is_met)
    if open_ones:
        raise Refusal(
            _("Your view is kept, and not given yet. {needed}").format(
                needed=" ".join(f"{item.title}: {item.needed}" for item in open_ones)
            ),
            findings=open_ones,
        )
    move(room, State.GIVEN, by=by, now=now)
    if (chair := chair_of(room.submission)) is not None:
        queue_draft(letters.view_given(chair), to=chair.member, dedupe_key=f"view:given:{room.pk}")
    return room


@transaction.atomic
def ask_candidate(
    assignment: Assignment, text: str, *, by: User, now: datetime | None = None
) -> Question:
    """Ask the candidate something, through the chair. Side effect: the chair is told, or the
    office while nobody is in the chair. Raises Refusal where the room is not open to ``by``, and
    for an empty question."""
    room = in_room(assignment, by=by)
    words = worded(text, _("Write your question first."))
    if Question.objects.filter(assignment=room).count() >= MOST_QUESTIONS:
        raise Refusal(_("You asked a great deal already. Talk it over with the chair first."))
    question = Question.objects.create(assignment=room, text=words, asked_at=now or timezone.now())
    letters.tell_chair(question, chair_of(room.submission))
    return question


def worded(text: str, sentence: str) -> str:
    """The words without the space around them; Refusal where there are none."""
    words = text.strip()
    if not words:
        raise Refusal(sentence)
    return words


def from_the_chair(question: Question, *, by: User) -> Question:
    """A question under its lock, for whoever is in the chair of its submission. Raises Refusal
    for anybody else: a question never goes past the chair."""
    submission = question.assignment.submission
    lock(submission)
    if not rooms_open_to(by).filter(submission=submission, seat=Seat.CHAIR).exists():
        raise Refusal(_("The chair passes questions on. Nothing was changed."))
    return lock(question)


@transaction.atomic
def send_question(
    question: Question, text: str, *, by: User, now: datetime | None = None
) -> Question:
    """The chair passes a question on, in these words. Side effect: a letter to the candidate that
    names nobody. Raises Refusal for others, without words, and when it was passed on or withheld
    already."""
    row = from_the_chair(question, by=by)
    row.sent_text = worded(text, _("Write what the candidate is asked."))
    row.save(update_fields=["sent_text"])
    move(row, Question.State.SENT, by=by, now=now)
    submission = row.assignment.submission
    queue_draft(letters.asked(submission), to=submission.user, dedupe_key=f"question:sent:{row.pk}")
    return row


@transaction.atomic
def withhold_question(
    question: Question, reason: str, *, by: User, now: datetime | None = None
) -> Question:
    """The chair keeps a question back and says why, to whoever asked. Raises Refusal as
    `send_question`."""
    row = from_the_chair(question, by=by)
    row.withheld_reason = worded(reason, _("Say why, for whoever asked it."))
    row.save(update_fields=["withheld_reason"])
    move(row, Question.State.WITHHELD, by=by, now=now)
    if row.assignment.member_id != by.pk:
        queue_draft(
            letters.withheld(row),
            to=row.assignment.member,
            dedupe_key=f"question:withheld:{row.pk}",
        )
    return row


@transaction.atomic
def answer_question(
    question: Question, text: str, *, by: User, now: datetime | None = None
) -> Question:
    """The candidate answers. Side effect: everybody who reads is told that an answer is there.
    Raises Refusal for others, without words, once it was answered, and when the submission is not
    with the committee any more."""
    submission = lock(question.assignment.submission)
    row = lock(question)
    if submission.user_id != by.pk:
        raise Refusal(_("The candidate answers this. Nothing was changed."))
    if submission.state != Submission.State.SUBMITTED:
        raise Refusal(
            _(
                "Your submission is not with the committee any more, so this need not be "
                "answered. What you typed stands on this page still."
            )
        )
    row.answer = worded(text, _("Write your answer first."))
    row.save(update_fields=["answer"])
    move(row, Question.State.ANSWERED, by=by, now=now)
    for reader in readers_of(submission):
        queue_draft(
            letters.answered(reader),
            to=reader.member,
            dedupe_key=f"question:answered:{row.pk}:{reader.pk}",
        )
    return row
