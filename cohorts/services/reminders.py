"""Reminders before sessions: planned for everybody at once, written in portions."""

from collections.abc import Collection
from datetime import datetime
from itertools import batched

from django.db import transaction
from django.utils import timezone

from cohorts.emails.sessions import session_reminders
from cohorts.queries.guests import count_due_reminders, due_reminders, unchanged
from scip.background import enqueue

# Rows in one transaction: small enough that a killed worker loses seconds of work only.
BATCH = 500


def plan_reminders(now: datetime | None = None, *, batch: int = BATCH) -> int:
    """Hand the sessions whose reminders are due to the workers, in portions of about ``batch``
    letters; return how many letters are missing.

    What a worker doesn't come to is found again by the next run: the outbox says what is there.
    """
    due = count_due_reminders(now or timezone.now())
    portion: list[int] = []
    letters = 0
    for session, missing in due.items():
        portion.append(session)
        letters += missing
        if letters >= batch:
            enqueue("cohorts.write_reminders", *portion)
            portion, letters = [], 0
    if portion:
        enqueue("cohorts.write_reminders", *portion)
    return due.total()


def queue_reminders(
    now: datetime | None = None, *, only: Collection[int] | None = None, batch: int = BATCH
) -> int:
    """Queue the reminders whose time it is, of all sessions or of these; return how many were
    found to be missing.

    A week before the first session, a day and an hour before each. A reminder's time lasts
    until the next one's comes, so beat may be late and somebody confirmed late still gets
    what is ahead; nothing is sent for a session that has begun. The letter's key names
    session, sequence, kind and person: however often this runs, and however many run at
    once, each is sent once, and a session that moved brings its reminders again.
    """
    due = due_reminders(now or timezone.now(), only)
    for part in batched(due, batch, strict=False):
        with transaction.atomic():
            still = unchanged({reminder.session for reminder in part})
            session_reminders(reminder for reminder in part if reminder.session.pk in still)
    return len(due)
