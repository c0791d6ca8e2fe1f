"""A facilitator writes to the whole group."""

import uuid
from typing import Any

from django.db import transaction

from cohorts.models import Cohort
from scip.audit.services import fingerprint, record
from scip.community import emails
from scip.community.models import Announcement, members_of


def send_announcement(
    cohort: Cohort, *, subject: str, body: str, by: Any, token: uuid.UUID
) -> tuple[Announcement, int]:
    """Send a letter to everybody in the group and keep it on the home page.

    Returns it with the number of letters; 0 when this very form was sent before (a second press,
    another tab). Side effects: letters in the outbox, an audit entry with a fingerprint.
    """
    with transaction.atomic():
        row, is_new = Announcement.objects.get_or_create(
            sent_by_id=by.pk,
            token=token,
            defaults={"cohort": cohort, "subject": subject, "body": body},
        )
        if not is_new:
            return row, 0
        members = list(members_of(cohort).order_by("pk"))
        emails.announcement(row, members, sender=by)
        record(
            "announcement.sent",
            row,
            by=by,
            cohort=cohort.pk,
            letters=len(members),
            text=fingerprint(body),
        )
    return row, len(members)
