"""Reminders before sessions, planned for everybody at once."""

from datetime import datetime
from itertools import batched

from django.db import transaction
from django.utils import timezone

from cohorts.emails.sessions import session_reminders
from cohorts.queries.guests import due_reminders, unchanged

# Rows in one transaction: small enough that a killed worker loses seconds of work only.
BATCH = 500


def queue_reminders(now: datetime | None = None, *, batch: int = BATCH) -> int:
    """Queue the reminders whose time it is; return how many were found to be missing.

    A week before the first session, a day and an hour before each. A reminder's time lasts
    until the next one's comes, so beat may be late and somebody confirmed late still gets
    what is ahead; nothing is sent for a session that has begun. The letter's key names
    session, sequence, kind and person: however often this runs, and however many run at
    once, each is sent once, and a session that moved brings its reminders again.
    """
    due = due_reminders(now or timezone.now())
    for part in batched(due, batch, strict=False):
        with transaction.atomic():
            still = unchanged({reminder.session for reminder in part})
            session_reminders(reminder for reminder in part if reminder.session.pk in still)
    return len(due)
