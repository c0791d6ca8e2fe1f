"""“Is this still true?”, asked by letter (beat)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from scip.directory import emails
from scip.directory.models import Listing
from scip.policy.models import Edition

BATCH = 200


def ask_whether_true(now: datetime | None = None) -> int:
    """Ask owners of listings that nobody confirmed for `Edition.listing_question_days`; returns how
    many were asked. Whoever does not answer is asked again after as long, so at least once a year;
    meanwhile the page says when it was last confirmed. May run twice: each question is one letter."""
    now = now or timezone.now()
    pause = timedelta(days=Edition.objects.in_force(now.date()).listing_question_days)
    asked = 0
    while found := ask_some(now, pause):
        asked += found
    return asked


@transaction.atomic
def ask_some(now: datetime, pause: timedelta) -> int:
    due = Listing.objects.listed().filter(question_due_at__lte=now).values("pk")
    rows = list(
        Listing.objects.filter(pk__in=due)
        .order_by("question_due_at", "pk")
        .select_for_update(skip_locked=True, no_key=True)[:BATCH]
    )
    for listing in rows:
        emails.still_true(listing)
        listing.question_due_at = now + pause
        listing.save(update_fields=["question_due_at"])
    return len(rows)
