"""The certification queue as the office sees it: who reads, who is waited for, what is overdue.

Names, seats, states and days alone: no text of a view, a note, a question, a decision or a snapshot
is fetched here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.review.models import Assignment, Decision, Question, Submission
from certification.review.queries.conflicts import is_shut
from scip.audit.models import Entry

Seat = Assignment.Seat
State = Assignment.State
WITH_COMMITTEE = Submission.State.SUBMITTED
ANSWERED = (Submission.State.CERTIFIED, Submission.State.DEVELOPMENT)
READS = frozenset(Assignment.READING)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who was asked, as the queue names them."""

    name: str
    seat: str
    state: str
    answer_due_at: datetime | None
    due_at: datetime | None
    is_shut: bool = False

    @property
    def waits_for_a_word(self) -> bool:
        """Has a tie been declared, or come to light, that nobody has said yes or no to?"""
        return self.state == State.DECLARED or self.is_shut


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody who is waited for, and since or until when."""

    who: str | Promise
    what: str | Promise
    is_late: bool = False

    def __str__(self) -> str:
        return f"{self.who}: {self.what}"


def with_standing(rows: QuerySet[Submission], user: Any) -> QuerySet[Submission]:
    """The queue's rows with readers, the decision's state and open questions, in their one query;
    ``is_own`` marks somebody's own submission, of which they learn nothing here."""
    here = {"submission": OuterRef("pk")}
    readers = (
        Assignment.objects.visible_to(user)
        .live()
        .filter(**here)
        .annotate(is_shut=is_shut())
        .order_by("seat", "pk")
        .values(
            json=JSONObject(
                name=F("member__name"),
                email=F("member__email"),
                seat=F("seat"),
                state=F("state"),
                answer_due_at=F("answer_due_at"),
                due_at=F("due_at"),
                is_shut=F("is_shut"),
            )
        )
    )
    asked = Question.objects.filter(assignment__submission=OuterRef("pk"))
    return rows.annotate(
        is_own=Q(candidacy__user=user),
        reader_rows=ArraySubquery(readers),
        decision_state=Subquery(Decision.objects.filter(**here).values("state")[:1]),
        lacks_second=Exists(without_second().filter(pk=OuterRef("pk"))),
        came_back=Exists(came_back().filter(pk=OuterRef("pk"))),
        asks_chair=Exists(asked.filter(state=Question.State.ASKED)),
        asks_candidate=Exists(asked.filter(state=Question.State.SENT)),
    )


def readers_of(row: Any) -> tuple[Reader, ...]:
    """The readers of a row that was fetched with `with_standing`, the chair first."""
    found = [
        Reader(
            name=item["name"] or item["email"],
            seat=item["seat"],
            state=item["state"],
            answer_due_at=parse_datetime(item["answer_due_at"]),
            due_at=parse_datetime(item["due_at"]),
            is_shut=item["is_shut"],
        )
        for item in row.reader_rows
    ]
    return tuple(found)


def told_in_short(row: Any) -> str:
    """``2 of 2 reviewers, chair``: how many said yes, and whether somebody leads."""
    if row.is_own or row.state not in {WITH_COMMITTEE, *ANSWERED}:
        return "–"
    readers = readers_of(row)
    there = sum(item.seat == Seat.REVIEWER and item.state in READS for item in readers)
    has_chair = any(item.seat == Seat.CHAIR and item.state in READS for item in readers)
    needed = row.edition.reviewers
    counted = ngettext(
        "{there} of {needed} reviewer", "{there} of {needed} reviewers", needed
    ).format(there=there, needed=needed)
    return f"{counted}, {_('a chair') if has_chair else _('no chair yet')}"


def waits_of(row: Any, now: datetime | None = None) -> tuple[Wait, ...]:
    """Who is waited for, in the order in which somebody can act."""
    now = now or timezone.now()
    if row.state in Submission.OPEN:
        paying = row.state == Submission.State.AWAITING_PAYMENT
        what = _("pays the review fee") if paying else _("prepares it")
        return (Wait(_("The candidate"), what),)
    if row.is_own or row.state != WITH_COMMITTEE:
        return ()
    readers = readers_of(row)
    return (*of_office(row, readers), *of_readers(readers, now), *of_decision(row, readers))


def of_office(row: Any, readers: Sequence[Reader]) -> list[Wait]:
    """Seats to fill, ties to look at, a letter to send."""
    office = _("The office")
    found = []
    missing = row.edition.reviewers - sum(item.seat == Seat.REVIEWER for item in readers)
    if missing > 0 or not any(item.seat == Seat.CHAIR for item in readers):
        found.append(Wait(office, _("asks people to read")))
    found += [
        Wait(_("The chair or the office"), _("looks at a tie of {name}").format(name=item.name))
        for item in readers
        if item.waits_for_a_word
    ]
    if row.came_back:
        found.append(Wait(office, _("writes the letter anew, or asks somebody to take the chair")))
    if row.decision_state == Decision.State.APPROVED:
        found.append(Wait(_("The chair or the office"), _("sends the letter")))
    if row.asks_chair:
        found.append(of_question(readers))
    if row.asks_candidate:
        found.append(Wait(_("The candidate"), _("answers a question")))
    return found


def leads(readers: Sequence[Reader]) -> bool:
    """Is somebody in the chair whose room is open?"""
    return any(
        item.seat == Seat.CHAIR and item.state in READS and not item.is_shut for item in readers
    )


def of_question(readers: Sequence[Reader]) -> Wait:
    """Who passes a reader's question on: nobody but a chair does, whoever that will be."""
    if leads(readers):
        return Wait(_("The chair"), _("passes a question on"))
    return Wait(_("Whoever takes the chair"), _("passes a question on; nobody can until then"))


def of_readers(readers: Sequence[Reader], now: datetime) -> list[Wait]:
    """Answers, and views that reviewers have not given yet."""
    found = []
    for item in readers:
        if item.state == State.ASKED:
            is_late = item.answer_due_at is not None and item.answer_due_at < now
            what = _("answers, overdue") if is_late else _("answers")
            found.append(Wait(item.name, what, is_late))
        elif item.state == State.ACCEPTED and item.seat == Seat.REVIEWER and not item.is_shut:
            is_late = item.due_at is not None and item.due_at < now
            found.append(Wait(item.name, _("reads, overdue") if is_late else _("reads"), is_late))
    return found


def of_decision(row: Any, readers: Sequence[Reader]) -> list[Wait]:
    """Once every reviewer gave their view it is the chair's, then the second reader's."""
    if row.lacks_second:
        return [Wait(_("The chair or the office"), _("asks another second reader"))]
    if row.decision_state == Decision.State.PROPOSED:
        return [Wait(_("The second reader"), _("reads the decision"))]
    given = sum(item.seat == Seat.REVIEWER and item.state == State.GIVEN for item in readers)
    is_writing = row.decision_state in {None, Decision.State.DRAFT}
    if is_writing and given >= row.edition.reviewers:
        return [Wait(_("The chair"), _("writes the decision"))] if leads(readers) else []
    return []


def live_seats(seat: str) -> Subquery:
    """How many people were asked for a seat of a submission and did not say no."""
    rows = Assignment.objects.filter(
        submission=OuterRef("pk"), seat=seat, state__in=Assignment.LIVE
    ).order_by()
    counted = rows.values("submission").annotate(number=Count("pk")).values("number")
    return Subquery(counted, output_field=IntegerField())


def without_readers(_now: datetime | None = None) -> QuerySet[Submission]:
    """With the committee, and a seat is empty."""
    rows = Submission.objects.filter(state=WITH_COMMITTEE).annotate(
        taken=Coalesce(live_seats(Seat.REVIEWER), 0), chairs=Coalesce(live_seats(Seat.CHAIR), 0)
    )
    return rows.filter(Q(taken__lt=F("edition__reviewers")) | Q(chairs=0))


def under_way() -> QuerySet[Assignment]:
    """Assignments of what is with the committee."""
    return Assignment.objects.filter(submission__state=WITH_COMMITTEE)


def due_of_seat() -> Case:
    """Until when something is waited for in an assignment: the answer or a word on what ties them,
    then the part; nothing once neither is."""
    is_read = Q(submission__state=WITH_COMMITTEE)
    return Case(
        When(is_read & Q(state__in=(State.ASKED, State.DECLARED)), then=F("answer_due_at")),
        When(is_read & Q(state=State.ACCEPTED), then=F("due_at")),
    )


def answers_overdue(now: datetime) -> QuerySet[Assignment]:
    """Asked, and the day for the answer has passed."""
    return under_way().filter(state=State.ASKED, answer_due_at__lt=now)


def ties_to_allow(_now: datetime | None = None) -> QuerySet[Assignment]:
    """Declared, or come to light since somebody began to read; nobody has said yes or no. A room
    with such a tie is shut."""
    return under_way().filter(Q(state=State.DECLARED) | is_shut())


def with_tie_to_allow(_now: datetime | None = None) -> QuerySet[Submission]:
    """Somebody who was asked waits for a word on a tie."""
    return Submission.objects.filter(pk__in=ties_to_allow().order_by().values("submission"))


def without_second(_now: datetime | None = None) -> QuerySet[Submission]:
    """A decision waits for its second reader, and whoever was asked for it does not read it."""
    seats = Assignment.objects.filter(submission=OuterRef("pk"))
    seconds = seats.filter(seat=Seat.SECOND)
    left = seconds.exclude(state__in=Assignment.LIVE).filter(
        asked_at__gte=OuterRef("decision__proposed_at")
    )
    others = seats.live().exclude(seat=Seat.CHAIR)
    return Submission.objects.filter(
        Exists(left) | ~Exists(others),
        ~Exists(seconds.live()),
        state=WITH_COMMITTEE,
        decision__state=Decision.State.PROPOSED,
    )


def came_back(_now: datetime | None = None) -> QuerySet[Submission]:
    """A second reader gave the letter back while nobody is in the chair who may read: the office,
    which wrote it down, goes on, or asks somebody to take the chair."""
    chairs = Assignment.objects.filter(
        submission=OuterRef("pk"), seat=Seat.CHAIR, state__in=Assignment.READING
    )
    return Submission.objects.filter(
        ~Exists(chairs.exclude(is_shut())),
        state=WITH_COMMITTEE,
        decision__state=Decision.State.DRAFT,
    ).exclude(decision__returned_reason="")


def parts_overdue(now: datetime) -> QuerySet[Assignment]:
    """Reading, and the day for it has passed."""
    return under_way().filter(state=State.ACCEPTED, due_at__lt=now)


def letters_to_send(_now: datetime | None = None) -> QuerySet[Submission]:
    """A second reader has approved the decision, and it was not sent."""
    return Submission.objects.filter(state=WITH_COMMITTEE, decision__state=Decision.State.APPROVED)


def questions_with_chair(_now: datetime | None = None) -> QuerySet[Submission]:
    """A reader's question that nobody has passed on; a row for each question."""
    return Submission.objects.filter(
        state=WITH_COMMITTEE, assignments__questions__state=Question.State.ASKED
    )


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a submission's history."""

    at: datetime
    words: str


def history_of(row: Submission, assignments: Sequence[Assignment]) -> list[Happened]:
    """What happened to a submission, oldest first; days, seats and names, never a text."""
    stamps = Decision.objects.filter(submission=row).values_list(
        "proposed_at", "approved_at", "sent_at"
    )
    proposed_at, approved_at, sent_at = stamps.first() or (None, None, None)
    lines: list[tuple[datetime | None, str]] = [
        (row.created_at, _("begun by the candidate")),
        (row.awaiting_payment_at, _("the review fee was asked for")),
        (row.submitted_at, _("paid, frozen and handed over")),
        (proposed_at, _("a decision went to the second reader")),
        (approved_at, _("the second reader approved the decision")),
        (sent_at, _("the letter was sent")),
        (row.closed_at, _("ended without an answer")),
    ]
    for item in assignments:
        who = {"name": item.member, "seat": item.get_seat_display()}
        lines += [
            (item.asked_at, _("{name} was asked ({seat})").format(**who)),
            (item.declared_at, _("{name} said what ties them").format(**who)),
            (item.allowed_at, _("{name}: the tie was allowed").format(**who)),
            (item.accepted_at, _("{name} began to read").format(**who)),
            (item.given_at, _("{name} was done").format(**who)),
            (item.declined_at, _("{name} declined").format(**who)),
            (item.released_at, _("{name} was released").format(**who)),
        ]
    lines += told_later(assignments)
    found = [Happened(at, words) for at, words in lines if at is not None]
    return sorted(found, key=lambda line: line.at)


def told_later(assignments: Sequence[Assignment]) -> list[tuple[datetime, str]]:
    """Ties that readers told after their declaration, and took back, from the log: a row of a tie
    is gone once it was taken back. One query."""
    words = {
        "assignment.tie_added": _("{name} told of another tie ({seat})"),
        "assignment.tie_taken_back": _("{name} took a tie back ({seat})"),
    }
    people = {str(item.pk): item for item in assignments}
    entries = Entry.objects.filter(
        object_type=Assignment._meta.label_lower, object_id__in=people, action__in=words
    )
    return [
        (
            entry.at,
            words[entry.action].format(
                name=people[entry.object_id].member, seat=people[entry.object_id].get_seat_display()
            ),
        )
        for entry in entries
    ]
