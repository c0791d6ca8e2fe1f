"""What the reading room shows to whom. Every way in begins at `open_assignments`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from certification.candidacy.models import Candidacy
from certification.portfolio.models import Excerpt
from certification.review.models import (
    Assignment,
    Decision,
    Dossier,
    Question,
    ReadingNotes,
    Snapshot,
    Submission,
    View,
    ViewLine,
)
from certification.review.queries.conflicts import open_assignments
from certification.review.queries.snapshots import content_of
from certification.review.requirements.rubric import RubricLine, rubric

Seat = Assignment.Seat
# Who reads what others wrote without a view of their own.
OVERSEES = frozenset({Seat.CHAIR, Seat.SECOND})


def rooms_open_to(user: Any) -> QuerySet[Assignment]:
    """The assignments whose room somebody may enter now. Confidential work is open for as long as
    it is with the committee; once it was answered, or ended, the room is shut. Whoever has
    withdrawn takes their work back at once, before `services.following` has closed it."""
    return open_assignments(user).filter(
        submission__state=Submission.State.SUBMITTED,
        submission__candidacy__state__in=Candidacy.REGISTERED,
    )


def answers_led_by(user: Any) -> QuerySet[Assignment]:
    """Somebody's seats in the chair whose letter was sent. The room is shut by then; the letter stays
    theirs to read, while their role lasts and nothing ties them, until its candidate is erased."""
    rows = open_assignments(user).filter(seat=Seat.CHAIR, submission__snapshot__erased_at=None)
    return rows.filter(submission__decision__state=Decision.State.SENT)


def snapshots_open_to(user: Any) -> QuerySet[Snapshot]:
    """What was frozen of the submissions that somebody reads now."""
    rooms = rooms_open_to(user).order_by().values("submission")
    return Snapshot.objects.filter(submission__in=rooms, erased_at=None)


def dossiers_open_to(user: Any) -> QuerySet[Dossier]:
    """The committee's copies of these."""
    rows = Dossier.objects.filter(audience=Dossier.Audience.COMMITTEE)
    return rows.filter(snapshot__in=snapshots_open_to(user).values("pk"))


def excerpts_open_to(assignment: Assignment, content: Mapping[str, Any]) -> QuerySet[Excerpt]:
    """The excerpts that were frozen with a file and that a client agreed to show to the
    committee; what was removed since is gone. ``assignment`` is one of `rooms_open_to`."""
    keys = {
        row["file"]["id"]: row["file"]["excerpt"]
        for row in content["excerpts"]
        if row["scope"] == Excerpt.Scope.REVIEW and row.get("file")
    }
    return Excerpt.objects.filter(
        pk__in=keys.values(),
        document__in=keys,
        removed_at=None,
        consent_scope=Excerpt.Scope.REVIEW,
        portfolio__candidacy=assignment.submission.candidacy_id,
    )


def rubric_of(snapshot: Snapshot) -> tuple[RubricLine, ...]:
    """The lines by which a submission is read. Raises ValueError as `content_of`."""
    return rubric(content_of(snapshot))


@dataclass(frozen=True, slots=True)
class GivenView:
    """A view that was given: by whom, and its lines by code."""

    assignment: Assignment
    view: View
    lines: dict[str, ViewLine] = field(default_factory=dict)

    @property
    def member(self) -> Any:
        return self.assignment.member

    @property
    def given_at(self) -> datetime | None:
        return self.assignment.given_at


def views_of(submission: Submission) -> tuple[GivenView, ...]:
    """The reviewers' views that were given, the earliest first; two queries. Who may read them is
    `may_see_views`."""
    rows = Assignment.objects.filter(
        submission=submission, seat=Seat.REVIEWER, state=Assignment.State.GIVEN, view__isnull=False
    )
    lines = Prefetch("view__lines", ViewLine.objects.order_by("pk"))
    found = rows.select_related("member", "view").prefetch_related(lines)
    return tuple(
        GivenView(row, row.view, {line.code: line for line in row.view.lines.all()})
        for row in found.order_by("given_at", "pk")
    )


def may_see_views(assignment: Assignment) -> bool:
    """Others' views: the chair and the second reader at once, a reviewer after giving their own."""
    return assignment.seat in OVERSEES or assignment.state == Assignment.State.GIVEN


def view_of(assignment: Assignment) -> View:
    """Their view as it is kept, or an empty one that is not."""
    found = View.objects.filter(assignment=assignment).prefetch_related("lines").first()
    return found or View(assignment=assignment)


def notes_of(assignment: Assignment) -> ReadingNotes:
    """Their notes as they are kept, or empty ones that are not."""
    found = ReadingNotes.objects.filter(assignment=assignment).first()
    return found or ReadingNotes(assignment=assignment)


def lines_in(view: View) -> dict[str, dict[str, str]]:
    """Each line of a view that says something, by its code."""
    if view.pk is None:
        return {}
    return {row.code: {"shown": row.shown, "words": row.words} for row in view.lines.all()}


def questions_in(assignment: Assignment) -> QuerySet[Question]:
    """The questions that a room shows: one's own, those that went to the candidate, and for the
    chair those that wait with them."""
    rows = Question.objects.filter(assignment__submission=assignment.submission_id)
    if assignment.seat != Seat.CHAIR:
        told = rows.filter(state__in=[Question.State.SENT, Question.State.ANSWERED])
        rows = told | rows.filter(assignment=assignment)
    return rows.order_by("asked_at", "pk")


def chair_of(submission: Submission) -> Assignment | None:
    """Whoever is in the chair and reads now; None while nobody is, and while their room is shut."""
    rows = Assignment.objects.filter(
        submission=submission, seat=Seat.CHAIR, state__in=Assignment.READING
    )
    found = rows.select_related("member").first()
    if found is None or not open_assignments(found.member).filter(pk=found.pk).exists():
        return None
    return found


def readers_of(submission: Submission) -> list[Assignment]:
    """Everybody whose room is open, with who they are; for letters. Asks for each of them whether
    it still is."""
    rows = Assignment.objects.filter(submission=submission, state__in=Assignment.READING)
    found = rows.select_related("member").order_by("pk")
    return [row for row in found if open_assignments(row.member).filter(pk=row.pk).exists()]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRow:
    """One assignment on its reader's desk: is its room open now, what a chair waits for, and whether
    there is a letter that they sent."""

    assignment: Assignment
    is_open: bool
    has_letter: bool = False
    views_given: int = 0
    questions_waiting: int = 0

    @property
    def is_asked(self) -> bool:
        return self.assignment.state == Assignment.State.ASKED

    @property
    def is_over(self) -> bool:
        """Ended, or the submission was answered."""
        ended = {Assignment.State.DECLINED, Assignment.State.RELEASED}
        is_answered = self.assignment.submission.state != Submission.State.SUBMITTED
        return self.assignment.state in ended or is_answered


# How many of those that are over a desk shows.
EARLIER = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadersDesk:
    """Everything that somebody was asked to read, by what can be done about it."""

    asked: list[DeskRow]
    reading: list[DeskRow]
    waiting: list[DeskRow]
    earlier: list[DeskRow]

    @property
    def is_empty(self) -> bool:
        return not (self.asked or self.reading or self.waiting or self.earlier)


def desk_of(user: Any) -> ReadersDesk:
    """A reader's desk; two queries."""
    given = Count(
        "submission__assignments",
        filter=Q(
            submission__assignments__seat=Seat.REVIEWER,
            submission__assignments__state=Assignment.State.GIVEN,
        ),
        distinct=True,
    )
    waiting = Count(
        "submission__assignments__questions",
        filter=Q(submission__assignments__questions__state=Question.State.ASKED),
        distinct=True,
    )
    has_letter = Exists(answers_led_by(user).filter(pk=OuterRef("pk")))
    mine = Assignment.objects.visible_to(user).filter(member=user)
    found = (
        mine.select_related("submission__candidacy__user", "submission__edition")
        .annotate(views_given=given, questions_waiting=waiting, has_letter=has_letter)
        .order_by("due_at", "pk")
    )
    open_ones = set(rooms_open_to(user).values_list("pk", flat=True))
    rows = [
        DeskRow(
            assignment=row,
            is_open=row.pk in open_ones,
            has_letter=row.has_letter,  # type: ignore[attr-defined]
            views_given=row.views_given,  # type: ignore[attr-defined]
            questions_waiting=row.questions_waiting  # type: ignore[attr-defined]
            if row.seat == Seat.CHAIR
            else 0,
        )
        for row in found
    ]
    live = [row for row in rows if not row.is_over]
    return ReadersDesk(
        asked=[row for row in live if row.is_asked],
        reading=[row for row in live if row.is_open],
        waiting=[row for row in live if not row.is_asked and not row.is_open],
        earlier=[row for row in reversed(rows) if row.is_over][:EARLIER],
    )


def supervisors_of(submission: Submission) -> list[str]:
    """Who supervised the candidate, by name; a reader looks whether one of them is close to them."""
    rows = submission.candidacy.agreements.filter(active_at__isnull=False)
    found = rows.select_related("supervisor__user").order_by("active_at")
    return list(dict.fromkeys(str(row.supervisor) for row in found))


def questions_to(submission: Submission) -> QuerySet[Question]:
    """What the committee asked of a submission, for its candidate: not a word of who asks."""
    rows = Question.objects.asked_of(submission.user).filter(assignment__submission=submission)
    return rows.defer("text").order_by("sent_at", "pk")


def questions_open_to(user: Any) -> int:
    """How many questions of the committee somebody has not answered; one query."""
    rows = Question.objects.asked_of(user).filter(state=Question.State.SENT)
    return rows.filter(assignment__submission__state=Submission.State.SUBMITTED).count()
