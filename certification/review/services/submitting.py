"""From the first preparation to the committee.

Order of locks: candidacy, portfolio, submission, charge.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Attestation, Candidacy
from certification.candidacy.services.words import keep_word
from certification.portfolio.models import Portfolio
from certification.review.emails import submissions as letters
from certification.review.models import NotToRead, Submission
from certification.review.queries.submissions import evidence_of
from certification.review.requirements.submission import (
    fee_cents,
    holding_up_submission,
    submission_findings,
)
from certification.review.services.freezing import freeze
from payments.models import Charge
from payments.refund_terms import RefundTerms
from payments.services import balance, give_up_charge, open_charge
from scip.accounts.models import User
from scip.audit.services import record
from scip.mail.services import queue_draft
from scip.requirements import Finding, Refusal
from scip.states import lock, move

State = Submission.State
PURPOSE = "certification_review"
# Nobody needs more; a program that goes wrong is stopped here.
MOST_NAMES = 20


@transaction.atomic
def begin(candidacy: Candidacy, *, by: User, now: datetime | None = None) -> Submission:
    """The submission that is under way, made now if there is none.

    It goes by the edition that the candidate is held to. Raises Refusal for anybody but the
    candidate, while the registration is not under way, and after an answer of the committee
    (`resubmitting.begin_again` is the way on from there).
    """
    if candidacy.user_id != by.pk:
        raise Refusal(_("A submission belongs to the candidate alone."))
    candidacy = lock(candidacy)
    known = Submission.objects.filter(candidacy=candidacy).live().first()
    if known is not None:
        known.candidacy = candidacy
        return known
    if not candidacy.is_registered or candidacy.edition is None:
        raise Refusal(
            _("Your registration for certification is not under way. Write to the office.")
        )
    newest = candidacy.submissions.order_by("-number").first()
    if newest is not None and newest.state in {State.CERTIFIED, State.DEVELOPMENT}:
        raise Refusal(_("The committee has answered. Open its answer; the way on begins there."))
    last = newest.number if newest is not None else 0
    made = Submission.objects.create(
        candidacy=candidacy,
        number=last + 1,
        edition=candidacy.edition,
        created_at=now or timezone.now(),
    )
    record("submission.begun", made, by=by, subject=by)
    return made


def refuse_closed(submission: Submission) -> None:
    """Raise Refusal once it is with the committee, or the registration is over."""
    if submission.state not in Submission.OPEN:
        raise Refusal(
            _("It is with the committee, as it was when you submitted it. Nothing was changed.")
        )
    if not submission.candidacy.is_registered:
        raise Refusal(
            _(
                "Your registration for certification has come to an end, so nothing changes here "
                "any more. Write to the office if you think that it should be open."
            )
        )


@transaction.atomic
def attest_again(
    candidacy: Candidacy,
    *,
    client_sessions: int,
    clients: int,
    wording: str,
    name_typed: str,
    by: User,
    now: datetime | None = None,
) -> Attestation:
    """The candidate's word on their client sessions as they are now: another row, the latest
    counts. Raises Refusal as `begin` does, once it was submitted, and for figures that cannot be."""
    now = now or timezone.now()
    submission = begin(candidacy, by=by, now=now)
    refuse_closed(lock(submission))
    return keep_word(
        submission.candidacy,
        client_sessions=client_sessions,
        clients=clients,
        wording=wording,
        name_typed=name_typed,
        now=now,
    )


@transaction.atomic
def name_not_to_read(
    candidacy: Candidacy,
    *,
    name: str,
    tie: str,
    email: str = "",
    by: User,
    now: datetime | None = None,
) -> NotToRead:
    """Name somebody who should not read it; the same name and address again is the same row.

    Raises Refusal as `begin` does, once it was submitted, without a name and for very many.
    """
    now = now or timezone.now()
    submission = lock(begin(candidacy, by=by, now=now))
    refuse_closed(submission)
    name = " ".join(name.split())
    if not name:
        raise Refusal(_("Please type the person’s name first."))
    email = email.strip().lower()
    known = submission.not_to_read.filter(name__iexact=name, email=email).first()
    if known is not None:
        return known
    if submission.not_to_read.count() >= MOST_NAMES:
        raise Refusal(_("That is a long list already. Write to the office about anybody else."))
    made = NotToRead.objects.create(
        submission=submission, name=name, email=email, tie=tie, named_at=now
    )
    record("nottoread.named", made, by=by, subject=by)
    return made


@transaction.atomic
def forget_not_to_read(row: NotToRead, *, by: User) -> None:
    """Take a name off the list. Raises Refusal for others and once it was submitted."""
    submission = lock(row.submission)
    if submission.candidacy.user_id != by.pk:
        raise Refusal(_("A submission belongs to the candidate alone."))
    refuse_closed(submission)
    record("nottoread.taken_off", row, by=by, subject=by)
    row.delete()


def fee_terms() -> RefundTerms:
    """`domain.md`, "Fees": certification fees are non-refundable. Said before paying."""
    return RefundTerms(
        (
            _("The review fee is not refunded, whatever the committee answers."),
            _("Until you pay, you can take the submission back at any time; nothing is lost."),
        )
    )


def all_locked(submission: Submission) -> Submission:
    """The submission with candidacy and portfolio under their locks: whatever somebody writes at
    this moment is in before, or waits until it is done."""
    candidacy = lock(submission.candidacy)
    for portfolio in Portfolio.objects.filter(candidacy=candidacy):
        lock(portfolio)
    submission = lock(submission)
    submission.candidacy = candidacy
    return submission


def findings_of(submission: Submission) -> tuple[Finding, ...]:
    """The whole gate for a submission, read afresh."""
    evidence = evidence_of(submission.candidacy, submission)
    return submission_findings(evidence, edition=submission.edition)


@transaction.atomic
def submit(submission: Submission, *, by: User, now: datetime | None = None) -> Submission:
    """Ask for the review fee; where it is paid already, freeze and hand over at once.

    The fee is that of the submission's edition; the time to pay is as long as an offer's there.
    A second click returns the same submission with its charge. Raises Refusal with what is still
    missing and for anybody but the candidate.
    """
    now = now or timezone.now()
    submission = all_locked(submission)
    if submission.candidacy.user_id != by.pk:
        raise Refusal(_("A submission belongs to the candidate alone."))
    if submission.state != State.DRAFT:
        return submission
    refuse_closed(submission)
    evidence = evidence_of(submission.candidacy, submission, now=now)
    findings = submission_findings(evidence, edition=submission.edition)
    if unmet := holding_up_submission(findings):
        raise Refusal(
            _(
                "Something is still open before you can submit: {titles}. Everything you wrote "
                "is kept."
            ).format(titles=", ".join(str(item.title) for item in unmet)),
            unmet,
        )
    if evidence.fee is not None and evidence.fee.counts:
        move(submission, State.AWAITING_PAYMENT, by=by, now=now)
        hand_over(submission, findings, by=by, now=now)
        return submission
    edition, is_again = submission.edition, submission.follows_id is not None
    submission.charge = open_charge(
        by,
        purpose=PURPOSE,
        description=_("Re-review for certification (SCIP-C)")
        if is_again
        else _("Review for certification (SCIP-C)"),
        amount_cents=fee_cents(edition, is_again=is_again),
        currency=edition.currency,
        due_at=now + timedelta(days=edition.offer_days),
        refund_terms=fee_terms(),
        now=now,
    )
    submission.save(update_fields=["charge"])
    move(submission, State.AWAITING_PAYMENT, by=by, now=now)
    return submission


def hand_over(
    submission: Submission, findings: tuple[Finding, ...], *, by: User | None, now: datetime
) -> None:
    """Freeze and hand over; everything is under its lock, and ``findings`` are all met."""
    snapshot = freeze(submission, findings, now=now)
    if submission.held_up_at is not None:
        submission.held_up_at = None
        submission.save(update_fields=["held_up_at"])
    move(submission, State.SUBMITTED, by=by, now=now, data={"snapshot": snapshot.sha256[:16]})
    key = f"submission:{submission.pk}:submitted"
    queue_draft(letters.submitted(submission), to=submission.user, dedupe_key=key)
    letters.tell_office(submission, key)


def submission_paid(charge: Charge, *, now: datetime) -> bool:
    """The review fee is settled: freeze and hand over in the same step.

    Returns False, for the office's list, where the money is here and the submission can't go on:
    it was taken back, or something is missing that was there. The person reads why, and that the
    money is safe; once everything is there again they submit without paying anew. A second call
    changes nothing. Money that came back into a cancelled charge that holds nothing needs neither.
    """
    with transaction.atomic():
        row = Submission.objects.filter(charge=charge).first()
        submission = all_locked(row) if row is not None else None
        if submission is not None and submission.charge_id == charge.pk:
            if submission.state == State.AWAITING_PAYMENT:
                return go_on(submission, now=now)
            if submission.state == State.SUBMITTED:
                return True
        if not balance(charge).held_cents:
            return True
        queue_draft(
            letters.paid_without_submission(charge.user),
            to=charge.user,
            dedupe_key=f"submission:paid-late:{charge.pk}",
        )
        return False


def go_on(submission: Submission, *, now: datetime) -> bool:
    """Hand over what waited for its fee, or hold it up with a letter that says why."""
    findings = findings_of(submission)
    unmet = tuple(item for item in findings if not item.is_met)
    if not unmet:
        hand_over(submission, findings, by=None, now=now)
        return True
    submission.held_up_at = now
    submission.save(update_fields=["held_up_at"])
    move(submission, State.DRAFT, by=None, now=now, data={"held_up": len(unmet)})
    queue_draft(
        letters.held_up(submission, unmet),
        to=submission.user,
        dedupe_key=f"submission:held-up:{submission.charge_id}:{now:%Y%m%dT%H%M%S}",
    )
    return False


@transaction.atomic
def put_back(submission: Submission, *, by: User | None, now: datetime | None = None) -> Submission:
    """Take an unpaid submission back to its preparation; everything written is kept.

    By the candidate, by the office (then a letter says so), or by nobody where the registration
    ended meanwhile. The charge is cancelled; money that comes all the same is kept and flagged. A
    second call changes nothing. Raises Refusal for others and once money has arrived, IllegalMove
    once it is with the committee.
    """
    candidacy = lock(submission.candidacy)
    submission = lock(submission)
    submission.candidacy = candidacy
    if by is not None and by.pk != candidacy.user_id and not by.has_role("staff"):
        raise Refusal(_("A submission belongs to the candidate alone."))
    if submission.state == State.DRAFT:
        return submission
    give_up_fee(submission, by=by, now=now)
    move(submission, State.DRAFT, by=by, now=now)
    if by is not None and by.pk != candidacy.user_id:
        queue_draft(
            letters.put_back(submission),
            to=submission.user,
            dedupe_key=f"submission:put-back:{submission.charge_id}",
        )
    return submission


def give_up_fee(submission: Submission, *, by: User | None, now: datetime | None) -> None:
    """Cancel the unpaid fee of a submission that waits. Raises Refusal once money arrived."""
    if submission.state != State.AWAITING_PAYMENT or submission.charge is None:
        return
    give_up_charge(
        submission.charge,
        by=by,
        reason=_("The submission was taken back."),
        refused=_(
            "Money has arrived for this submission, so it is just being completed. Open the "
            "page again in a minute; if something is wrong, write to the office."
        ),
        now=now,
    )
