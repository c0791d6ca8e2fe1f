"""The calendar feed's address: made on request, renewed on request."""

from django.db import transaction
from django.utils import timezone

from scip.accounts.models import User
from scip.audit.services import record
from scip.pathway.models import CalendarFeed, new_token


@transaction.atomic
def renew_feed(user: User) -> CalendarFeed:
    """Give the person's calendar a new secret address; the one before stops working at once."""
    feed, is_new = CalendarFeed.objects.update_or_create(
        user=user, defaults={"token": new_token(), "renewed_at": timezone.now()}
    )
    record("calendar.made" if is_new else "calendar.renewed", feed, by=user, subject=user)
    return feed
