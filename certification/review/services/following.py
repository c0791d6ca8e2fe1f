"""What time does to a submission that waits for its fee."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.candidacy.services.reminders import BEFORE, TOO_LATE
from certification.review.emails import committee as readers
from certification.review.emails import submissions as letters
from certification.review.models import EndReason, Submission
from certification.review.services.assigning import let_go
from certification.review.services.submitting import put_back
from payments.models import Checkout
from payments.services import balance
from scip.mail.models import Letter
from scip.mail.services import queue_draft
from scip.requirements import Refusal
from scip.states import lock, move

State = Submission.State


def remind_of_fees(now: datetime | None = None) -> int:
    """Queue the reminders of review fees whose time it is; returns how many were missing.

    Nothing goes to whoever paid, whose money is on its way, whose charge was cancelled, or who is
    on leave. Each letter's key names charge, stage and day: however often this runs, each goes
    once, and a day that the office moved brings its reminder again.
    """
    now = now or timezone.now()
    pending = Checkout.objects.filter(state=Checkout.State.PENDING).values("charge")
    rows = (
        Submission.objects.filter(
            state=State.AWAITING_PAYMENT,
            charge__due_at__lte=now + BEFORE,
            charge__due_at__gt=now - TOO_LATE,
            charge__cancelled_at=None,
        )
        .exclude(charge__in=pending)
        .exclude(candidacy__in=Candidacy.objects.resting(now.date()))
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


def key_of(row: Submission, now: datetime) -> str:
    """The letter's dedupe key."""
    if row.charge is None:
        raise ValueError(f"submission {row.pk} waits for no charge")
    stage = "late" if row.charge.due_at <= now else "soon"
    return f"submission:{stage}:{row.charge.pk}:{row.charge.due_at:%Y%m%dT%H%M}"


def remind(submission: Submission, key: str, *, now: datetime) -> None:
    """One reminder, if the fee still waits under the lock."""
    charge = submission.charge
    if submission.state != State.AWAITING_PAYMENT or charge is None:
        return
    standing = balance(charge)
    if standing.due_cents:
        draft = letters.payment_reminder(
            submission, charge, due_cents=standing.due_cents, is_late=charge.due_at <= now
        )
        queue_draft(draft, to=submission.user, dedupe_key=key)


def put_back_ended(now: datetime | None = None) -> int:
    """Take back what waits for a fee though its registration is over; returns how many.

    `certification.candidacy` lies below and never knows of submissions. One whose money has just
    arrived is left to its settlement.
    """
    rows = Submission.objects.filter(state=State.AWAITING_PAYMENT).exclude(
        candidacy__state__in=Candidacy.REGISTERED
    )
    count = 0
    for row in rows.select_related("candidacy__user"):
        try:
            put_back(row, by=None, now=now)
        except Refusal:
            continue
        count += 1
    return count


def close_ended(now: datetime | None = None) -> int:
    """End what is with the committee though its registration is over; returns how many.

    Whoever was asked to read it is released and told; nothing opens to them any more. What was
    frozen stays for its candidate.
    """
    rows = Submission.objects.filter(state=State.SUBMITTED).exclude(
        candidacy__state__in=Candidacy.REGISTERED
    )
    return sum(close(row, now=now) for row in rows.select_related("candidacy__user"))


@transaction.atomic
def close(submission: Submission, *, now: datetime | None = None) -> bool:
    """Close one whose registration is over, under its locks; False where that changed."""
    candidacy = lock(submission.candidacy)
    row = lock(submission)
    row.candidacy = candidacy
    if row.state != State.SUBMITTED or candidacy.is_registered:
        return False
    move(row, State.CLOSED, by=None, now=now)
    for assignment in row.assignments.live().order_by("pk"):
        fresh = lock(assignment)
        fresh.submission = row
        let_go(fresh, code=EndReason.ENDED, by=None, now=now)
        key = f"assignment:{fresh.pk}:released"
        queue_draft(readers.released(fresh), to=fresh.member, dedupe_key=key)
    return True
