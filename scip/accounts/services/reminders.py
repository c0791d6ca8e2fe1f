"""Evidence that will end, ends soon, has ended: told once each."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from scip.accounts import emails
from scip.accounts.models import Prerequisite
from scip.accounts.services.prerequisites import day_of
from scip.mail.models import Letter
from scip.policy.models import Edition

# The second reminder; the first one's days stand in the Edition.
LAST_REMINDER_DAYS = 7
# An end that is older than this was told long ago, or was never ours to tell.
LOOK_BACK_DAYS = 60


def announce_expiries(now: datetime | None = None) -> int:
    """Queue the letters that are due for verified evidence; returns how many were due.

    First reminder ``evidence_reminder_days`` before the last day (Edition), the second a week
    before, the last one when it has ended; days are counted where the person is. Nobody is
    reminded while a renewal is with the office. Safe to run at any interval: each letter has
    its dedupe key.
    """
    now = now or timezone.now()
    today = now.date()
    days = max(Edition.objects.in_force(today).evidence_reminder_days, LAST_REMINDER_DAYS)
    rows = (
        Prerequisite.objects.filter(
            state=Prerequisite.State.VERIFIED,
            user__is_active=True,
            # A day more: it is tomorrow already in the east.
            expires_on__lte=today + timedelta(days=days + 1),
            expires_on__gte=today - timedelta(days=LOOK_BACK_DAYS),
        )
        .select_related("user")
        .order_by("pk")
    )
    renewing = set(
        Prerequisite.objects.waiting_for_staff()
        .filter(user__in=[row.user_id for row in rows])
        .values_list("user_id", "kind")
    )
    due = [
        (row, stage_of(row, now))
        for row in rows
        if (row.user_id, row.kind) not in renewing and days_left(row, now) <= days
    ]
    keys = [emails.expiry_key(row, stage) for row, stage in due]
    told = set(Letter.objects.filter(dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    count = 0
    for row, stage in due:
        if emails.expiry_key(row, stage) not in told:
            with transaction.atomic():
                emails.prerequisite_expires(row, stage)
            count += 1
    return count


def days_left(row: Prerequisite, now: datetime) -> int:
    """Days until the last one, where the person is: it holds until midnight there."""
    if row.expires_on is None:
        raise ValueError(f"record {row.pk} has no end")
    return (row.expires_on - day_of(row.user, now)).days


def stage_of(row: Prerequisite, now: datetime) -> str:
    """``first``, ``last`` or ``ended``, by the days that are left today."""
    left = days_left(row, now)
    if left < 0:
        return "ended"
    return "last" if left <= LAST_REMINDER_DAYS else "first"
