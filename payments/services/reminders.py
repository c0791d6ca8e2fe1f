"""Reminders of later instalments: a week before the day, and once kindly after it.

The first instalment has the letters of what it pays for (an offer, a place); a late one never
does anything by itself: it is on the office's list.
"""

from datetime import datetime, timedelta
from itertools import batched

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from payments.emails import instalment_letter
from payments.models import Charge, Checkout
from scip.mail.models import Letter
from scip.mail.services import queue_many

BEFORE = timedelta(days=7)
AFTER = timedelta(days=3)
# A letter that is later than this helps nobody: the office has spoken with the person by then.
TOO_LATE = timedelta(days=14)
# Whoever just got the letter about the agreement is not reminded the next minute.
JUST_AGREED = timedelta(days=1)
# Rows in one transaction: small enough that a killed worker loses seconds of work only.
BATCH = 200


def queue_reminders(now: datetime | None = None, *, batch: int = BATCH) -> int:
    """Queue the reminders whose time it is; return how many were missing.

    Nothing goes to whoever paid, whose money is on its way, or whose charge was cancelled.
    The letter's key names instalment, kind and due date: however often this runs, and however
    many run at once, each is sent once; a day that was moved brings its reminders again.
    """
    now = now or timezone.now()
    due = missing_reminders(now)
    for part in batched(due, batch, strict=False):
        with transaction.atomic():
            # Charges are fetched again: somebody may have paid while others were written to.
            still = {charge.pk: charge for charge in unpaid_parts(pks=[row[1] for row in part])}
            queue_many(
                [
                    instalment_letter(kind, still[pk], key_of(kind, still[pk]))
                    for kind, pk in part
                    if pk in still
                ]
            )
    return len(due)


def missing_reminders(now: datetime) -> list[tuple[str, int]]:
    """Kind of letter and instalment for each that is due and not in the outbox; two queries."""
    before = Q(due_at__gt=now, due_at__lte=now + BEFORE, created_at__lte=now - JUST_AGREED)
    after = Q(due_at__lte=now - AFTER, due_at__gt=now - TOO_LATE)
    wanted = {
        key_of(kind, charge): (kind, charge.pk)
        for charge in unpaid_parts(before | after)
        for kind in ("instalment_reminder" if charge.due_at > now else "instalment_overdue",)
    }
    known = Letter.objects.filter(dedupe_key__in=wanted).values_list("dedupe_key", flat=True)
    return [wanted[key] for key in wanted.keys() - set(known)]


def unpaid_parts(when: Q | None = None, *, pks: list[int] | None = None) -> list[Charge]:
    """Later instalments on which something is due and nothing is on its way."""
    parts = Charge.objects.filter(when or Q(), part_of__isnull=False, cancelled_at=None)
    if pks is not None:
        parts = parts.filter(pk__in=pks)
    on_its_way = Checkout.objects.filter(state=Checkout.State.PENDING).values("charge")
    return list(
        parts.exclude(pk__in=on_its_way)
        .with_sums()
        .filter(amount_cents__gt=F("paid_cents") - F("lost_cents") - F("adjusted_cents"))
        .select_related("user")
        .order_by("pk")
    )


def key_of(kind: str, charge: Charge) -> str:
    """The letter's dedupe key."""
    return f"{kind.replace('_', '-')}:{charge.pk}:{charge.due_at:%Y%m%dT%H%M}"
