"""A submission that goes back to the committee because a panel said so: the same words, no fee.

Where the panel overturned the answer others read it than before (`queries.appeals.is_heard_anew`);
where it asks that it be looked at again, the office may ask the same readers once more.
"""

from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from certification.review.emails import submissions as letters
from certification.review.models import Appeal, Snapshot, Submission
from certification.review.services.freezing import ask_for_papers
from certification.review.services.submitting import PURPOSE, all_locked, fee_terms
from payments.services import cancel_charge, open_charge
from scip.states import move

State = Submission.State


def hear_anew(appeal: Appeal, *, now: datetime) -> Submission | None:
    """Bring the submission that was answered back to the committee, frozen as it was; None where
    the candidate's way has ended, or something newer of theirs is under way or was answered. The
    letters say then that the office writes to them.

    Inside the transaction that decides the appeal. A resubmission that is being prepared becomes
    this one: its fee is given up, or sent back in full where it was paid; nothing is asked of the
    candidate.
    """
    decision = appeal.decision
    if decision is None:
        raise ValueError("This appeal is about no decision.")
    old = decision.submission
    frozen = Snapshot.objects.filter(submission=old, erased_at=None).first()
    if frozen is None or not old.candidacy.is_registered:
        return None
    row = follow_up(old, now=now)
    if row is None:
        return None
    row.charge = open_charge(
        row.user,
        purpose=PURPOSE,
        description=_("Review after an appeal, without a fee"),
        amount_cents=0,
        currency=row.edition.currency,
        due_at=now,
        refund_terms=fee_terms(),
        now=now,
    )
    row.held_up_at = None
    row.save(update_fields=["charge", "held_up_at"])
    copy(frozen, row, now=now)
    move(row, State.AWAITING_PAYMENT, by=None, now=now)
    move(row, State.SUBMITTED, by=None, now=now, data={"appeal": appeal.pk})
    letters.tell_office(row, f"submission:{row.pk}:submitted")
    return row


def follow_up(old: Submission, *, now: datetime) -> Submission | None:
    """The draft that follows a submission, under its lock; made now if there is none, None where
    one is with the committee, was answered or closed, or where another one is under way."""
    known = Submission.objects.filter(follows=old).select_related("candidacy").first()
    if known is None:
        if old.candidacy.submissions.live().exists():
            return None
        last = old.candidacy.submissions.aggregate(last=Max("number"))["last"] or 0
        return Submission.objects.create(
            candidacy=old.candidacy,
            number=last + 1,
            edition=old.edition,
            follows=old,
            created_at=now,
        )
    row = all_locked(known)
    if row.state not in Submission.OPEN:
        return None
    return_fee(row, now=now)
    if row.state == State.AWAITING_PAYMENT:
        move(row, State.DRAFT, by=None, now=now)
    return row


def return_fee(submission: Submission, *, now: datetime) -> None:
    """Cancel the fee of a resubmission that is not needed any more. What was paid for it comes back
    in full, with a letter of its own: nobody reads it for that money."""
    charge = submission.charge
    if charge is None or charge.cancelled_at is not None:
        return
    cancel_charge(
        charge,
        by=None,
        reason=_("Not needed: the submission is heard again after an appeal, without a fee."),
        in_full=True,
        now=now,
    )


def copy(frozen: Snapshot, to: Submission, *, now: datetime) -> Snapshot:
    """The same bytes with the same hashes for another submission, and its papers asked for."""
    made = Snapshot.objects.create(
        submission=to,
        frozen_at=frozen.frozen_at,
        content=frozen.content,
        sha256=frozen.sha256,
        recommendation=frozen.recommendation,
        recommendation_sha256=frozen.recommendation_sha256,
    )
    ask_for_papers(made, now=now)
    return made
