"""A registration fee that waits: told kindly before its day and once after it."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from certification.candidacy.emails import registration as letters
from certification.candidacy.models import Candidacy
from payments.models import Checkout
from payments.services import balance
from scip.mail.models import Letter
from scip.mail.services import queue_draft
from scip.states import lock

BEFORE = timedelta(days=3)
# A letter that is later than this helps nobody: the case is on the office's list by then.
TOO_LATE = timedelta(days=14)


def remind_of_fees(now: datetime | None = None) -> int:
    """Queue the reminders whose time it is; returns how many were missing.

    Nothing goes to whoever paid, whose money is on its way or whose charge was cancelled. Each
    letter's key names charge, stage and day: however often this runs, each goes once, and a day
    that the office moved brings its reminder again.
    """
    now = now or timezone.now()
    pending = Checkout.objects.filter(state=Checkout.State.PENDING).values("charge")
    rows = (
        Candidacy.objects.filter(
            state=Candidacy.State.AWAITING_PAYMENT,
            charge__due_at__lte=now + BEFORE,
            charge__due_at__gt=now - TOO_LATE,
            charge__cancelled_at=None,
        )
        .exclude(charge__in=pending)
        .select_related("charge")
        .order_by("pk")
    )
    wanted = {key_of(row, now): row for row in rows}
    known = Letter.objects.filter(dedupe_key__in=wanted).values_list("dedupe_key", flat=True)
    missing = wanted.keys() - set(known)
    for key in sorted(missing):
        with transaction.atomic():
            remind(lock(wanted[key]), key, now=now)
    return len(missing)


def key_of(row: Candidacy, now: datetime) -> str:
    """The letter's dedupe key."""
    if row.charge is None:
        raise ValueError(f"candidacy {row.pk} waits for no charge")
    stage = "late" if row.charge.due_at <= now else "soon"
    return f"candidacy:{stage}:{row.charge.pk}:{row.charge.due_at:%Y%m%dT%H%M}"


def remind(candidacy: Candidacy, key: str, *, now: datetime) -> None:
    """One reminder, if the fee still waits under the lock."""
    charge = candidacy.charge
    if candidacy.state != Candidacy.State.AWAITING_PAYMENT or charge is None:
        return
    if balance(charge).due_cents:
        queue_draft(
            letters.payment_reminder(candidacy, charge, is_late=charge.due_at <= now),
            to=candidacy.user,
            dedupe_key=key,
        )
