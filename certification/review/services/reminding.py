"""What time does to people who were asked to read: reminders, the office, and seats that close.

Each part may run as often as it likes: every letter has a key of assignment, stage and day.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from certification.review.emails import committee as letters
from certification.review.models import Assignment, EndReason, Submission
from certification.review.queries.conflicts import BARS, ties_between
from certification.review.queries.queue import ties_to_allow, without_readers
from certification.review.queries.reading import chair_of
from certification.review.queries.suggesting import day_of, seats_by
from certification.review.services.assigning import both_locked, let_go, tell_of_lost_second
from scip.mail.models import Letter
from scip.mail.services import queue_draft

State = Assignment.State

# How long before a day its reminder goes, and how long after it the office is asked for help.
BEFORE = timedelta(days=2)
GRACE = timedelta(days=2)
# A reminder that is later than this helps nobody: the case is on the office's list by then.
TOO_LATE = timedelta(days=14)
UNDONE = (State.ASKED, State.DECLARED, State.ACCEPTED)


def waited_for(now: datetime) -> Q:
    """Assignments whose answer or part is due soon, or was due not long ago."""
    answers = Q(state=State.ASKED, answer_due_at__lte=now + BEFORE, asked_at__lte=now - BEFORE)
    parts = Q(state=State.ACCEPTED, due_at__lte=now + BEFORE, accepted_at__lte=now - BEFORE)
    return (answers & Q(answer_due_at__gt=now - TOO_LATE)) | (parts & Q(due_at__gt=now - TOO_LATE))


def remind_readers(now: datetime | None = None) -> int:
    """Queue the reminders whose time it is, and the letters that ask the office for help where a
    reminder brought nothing; returns how many were missing.

    Nothing goes to whoever was asked within the last two days, or whose room is shut by a tie
    that somebody has to look at first.
    """
    now = now or timezone.now()
    rows = Assignment.objects.filter(
        waited_for(now), submission__state=Submission.State.SUBMITTED
    ).exclude(pk__in=ties_to_allow().order_by().values("pk"))
    rows = rows.order_by("pk")
    wanted: dict[str, tuple[Assignment, str]] = {}
    for row in rows:
        stage = letters.stage_of(row, now)
        wanted[key_of(row, stage)] = (row, stage)
        if due_of(row) + GRACE <= now:
            wanted[f"{key_of(row, stage)}:office"] = (row, stage)
    known = Letter.objects.filter(dedupe_key__in=wanted).values_list("dedupe_key", flat=True)
    missing = sorted(wanted.keys() - set(known))
    for key in missing:
        row, stage = wanted[key]
        with transaction.atomic():
            remind_once(both_locked(row), stage, key)
    return len(missing)


def due_of(row: Assignment) -> datetime:
    """The day that counts now: of the answer, or of the part."""
    return row.answer_due_at if row.state == State.ASKED else row.due_at


def key_of(row: Assignment, stage: str) -> str:
    """The letter's dedupe key; the office's ends in ``:office``."""
    return f"assignment:{row.pk}:{stage}:{due_of(row):%Y%m%dT%H%M}"


def remind_once(row: Assignment, stage: str, key: str) -> None:
    """One letter, if somebody is still waited for under the lock."""
    asked = stage in {letters.ANSWER_SOON, letters.ANSWER_LATE}
    if row.state != (State.ASKED if asked else State.ACCEPTED):
        return
    if key.endswith(":office"):
        letters.tell_office(row, key.removesuffix(":office"), stage)
    else:
        queue_draft(letters.reminder(row, stage), to=row.member, dedupe_key=key)


def tell_of_empty_seats(now: datetime | None = None) -> int:
    """The office hears once of a submission that is still without all its readers after the days
    in which they would have answered; returns how many letters were missing."""
    now = now or timezone.now()
    rows: Iterable[Any] = without_readers().select_related("edition", "candidacy__user")
    count = 0
    for row in rows:
        patience = timedelta(days=row.edition.reader_answer_days)
        key = f"submission:{row.pk}:seats"
        if row.submitted_at + patience > now:
            continue
        if not Letter.objects.filter(dedupe_key=f"{key}:office").exists():
            missing = max(row.edition.reviewers - row.taken, 0) + (not row.chairs)
            letters.tell_office_of_empty_seats(row, key, missing)
            count += 1
    return count


def sweep_readers(now: datetime | None = None) -> int:
    """Take back what can't go on: a term that is over, a tie that bars by now, and questions that
    nobody answered before the committee did; returns how many.

    A view that was given within a term stays; one of somebody who is barred does not.
    """
    now = now or timezone.now()
    rows = list(
        Assignment.objects.live()
        .filter(submission__state=Submission.State.SUBMITTED)
        .select_related("member", "submission__candidacy__user")
        .order_by("submission", "pk")
    )
    count = sum(take_back(row, why, now=now) for row, why in ended(rows, now))
    tell_of_later_ties(now)
    late = Assignment.objects.filter(
        state__in=[State.ASKED, State.DECLARED],
        submission__state__in=[Submission.State.CERTIFIED, Submission.State.DEVELOPMENT],
    )
    why = EndReason.ANSWERED
    return count + sum(take_back(row, why, now=now, to_office=False) for row in late)


def ended(rows: list[Assignment], now: datetime) -> Iterable[tuple[Assignment, EndReason]]:
    """Those whose term is over or who are barred, and which of the two; nine queries at most,
    however many are read at this moment."""
    seats = seats_by([row.member for row in rows], day_of(now))
    ties = ties_between([(row.submission.user, row.member) for row in rows])
    for row in rows:
        may_sit = row.member.is_active and row.seat in seats.get(row.member_id, frozenset())
        if ties[row.user_id, row.member_id] & BARS:
            yield row, EndReason.TIE
        elif not may_sit and row.state in UNDONE:
            yield row, EndReason.TERM


def tell_of_later_ties(now: datetime | None = None) -> int:
    """Who began to read before a tie came to light hears that their room is shut, and the chair
    and the office that it waits for a word of theirs; each once. Returns how many were missing."""
    rows = ties_to_allow(now).filter(state__in=Assignment.READING).order_by("pk")
    keys = {f"assignment:{row.pk}:later-tie": row for row in rows.select_related("member")}
    known = Letter.objects.filter(dedupe_key__in=[f"{key}:office" for key in keys])
    told = set(known.values_list("dedupe_key", flat=True))
    missing = [key for key in keys if f"{key}:office" not in told]
    for key in missing:
        with transaction.atomic():
            row = both_locked(keys[key])
            letters.tell_office(row, key, "later_tie")
            queue_draft(letters.shut_for_now(row), to=row.member, dedupe_key=key)
            lead = chair_of(row.submission)
            if lead is not None and lead.pk != row.pk:
                draft = letters.tie_to_allow(row, lead)
                queue_draft(draft, to=lead.member, dedupe_key=f"{key}:chair")
    return len(missing)


def take_back(row: Assignment, why: EndReason, *, now: datetime, to_office: bool = True) -> bool:
    """Release one by the clock, with its letters; False where somebody was faster."""
    with transaction.atomic():
        fresh = both_locked(row)
        if fresh.state not in Assignment.LIVE:
            return False
        let_go(fresh, code=why, by=None, now=now)
        key = f"assignment:{fresh.pk}:released"
        if fresh.member.is_active:
            queue_draft(letters.released(fresh), to=fresh.member, dedupe_key=key)
        if to_office:
            letters.tell_office(fresh, key, "swept")
            tell_of_lost_second(fresh)
    return True
