"""The daily letter about what is new."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from scip.community import emails
from scip.community.models import DigestChoice
from scip.community.queries.digests import Due, digests_due, is_time

# From seven in the morning on, where the person is.
MORNING = 7
# A post gets its moment before its transaction commits: the youngest ones wait for the next letter.
SETTLED = timedelta(minutes=2)


def choose_letters(*, frequency: str, by: Any, now: datetime | None = None) -> DigestChoice:
    """Daily letters or none, for all of one's groups. Coming back starts from now."""
    with transaction.atomic():
        choice, _is_new = DigestChoice.objects.get_or_create(user_id=by.pk)
        choice = DigestChoice.objects.select_for_update(no_key=True).get(pk=choice.pk)
        if choice.frequency != frequency:
            choice.frequency = frequency
            choice.told_until = now or timezone.now()
            choice.save(update_fields=["frequency", "told_until"])
    return choice


def send_digests(*, now: datetime | None = None) -> int:
    """Queue the letters that are due at ``now``; returns how many. Safe to run at any time, twice,
    or in two processes: the choice's row is locked and looked at again, and the letter's key
    names the person's day.
    """
    now = now or timezone.now()
    until = now - SETTLED
    due = digests_due(now, until=until, hour=MORNING)
    return sum(send_digest(item, now=now, until=until) for item in due)


def send_digest(item: Due, *, now: datetime, until: datetime) -> bool:
    """One person's letter, unless another process was faster."""
    with transaction.atomic():
        DigestChoice.objects.get_or_create(user=item.user)
        choice = DigestChoice.objects.select_for_update(no_key=True).get(user=item.user)
        if not is_time(item.user, choice, now, MORNING):
            return False
        choice.told_until = until
        choice.save(update_fields=["told_until"])
        day = now.astimezone(item.user.zone).date().isoformat()
        emails.digest(item.user, item.news, day=day)
    return True
