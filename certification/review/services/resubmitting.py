"""After "further development needed": from its letter to a resubmission.

Order of locks: candidacy, submission, response.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from certification.candidacy.queries.windows import resubmission_window
from certification.portfolio.services.writing import changes_to, write_down
from certification.review.models import ApplicationLetter, Ask, Response, Submission
from certification.review.queries.appeals import latest_refusal
from certification.review.queries.decisions import answer_to
from certification.review.queries.resubmissions import heard_now
from certification.review.queries.submissions import evidence_of
from certification.review.requirements.resubmission import window_finding
from certification.review.services.submitting import refuse_closed
from scip.accounts.models import User
from scip.audit.services import record
from scip.requirements import Refusal
from scip.states import lock, move

State = Submission.State


@transaction.atomic
def begin_again(candidacy: Candidacy, *, by: User, now: datetime | None = None) -> Submission:
    """The resubmission after the last answer, made now if there is none.

    Within the edition's time it follows the one that was answered: its points are asked, nothing
    else, at the re-review fee. Afterwards it is a new submission, read as a whole at the full fee;
    a resubmission that was begun and not handed in is closed. The letter of application comes
    along either way. There is no limit to how often. Raises Refusal for anybody but the candidate,
    while the registration is not under way, while a panel hears an appeal against the last answer,
    and where no answer asks for it.
    """
    now = now or timezone.now()
    if candidacy.user_id != by.pk:
        raise Refusal(_("A submission belongs to the candidate alone."))
    candidacy = lock(candidacy)
    last = Submission.objects.filter(candidacy=candidacy).order_by("-number").first()
    if last is not None and last.state in Submission.LIVE and not is_late(last, now=now):
        return last
    if not candidacy.is_registered or candidacy.edition is None:
        raise Refusal(
            _("Your registration for certification is not under way. Write to the office.")
        )
    if heard_now([candidacy.pk]):
        raise Refusal(
            _(
                "A panel hears your appeal against the committee’s answer, so nothing new begins "
                "until it has answered. If you would rather resubmit now, take your appeal back "
                "first."
            )
        )
    if last is not None and last.state == State.DRAFT:
        closed = lock(last)
        move(closed, State.CLOSED, by=by, now=now)
        return made_after(closed, follows=None, by=by, now=now)
    decision = answer_to(last) if last is not None else None
    if last is None or decision is None or last.state != State.DEVELOPMENT:
        raise Refusal(_("No answer of the committee asks for a resubmission."))
    window = resubmission_window(candidacy, last.edition, told_at=decision.sent_at or now, now=now)
    is_in_time = window.is_open(now)
    return made_after(last, follows=last if is_in_time else None, by=by, now=now)


def turn_back(candidacy: Candidacy, *, by: User, now: datetime) -> None:
    """After more time was given: a new submission that was begun because the time was over, and not
    handed in, makes room for the resubmission, with the letter as it stands and with what an earlier
    resubmission, closed by then, had answered already. The candidacy is under its lock.

    Raises Refusal where the new submission waits for its fee or was paid for: the day alone would
    change nothing for its candidate. A fee that was given up counts as none.
    """
    last = Submission.objects.filter(candidacy=candidacy).order_by("-number").first()
    if last is None or last.state not in Submission.OPEN or last.follows_id is not None:
        return
    answered = latest_refusal(candidacy)
    if answered is None:
        return
    closed = lock(last)
    refuse_charged(closed)
    move(closed, State.CLOSED, by=by, now=now)
    earlier = Submission.objects.filter(follows=answered.submission).first()
    if earlier is not None:
        # One submission alone follows another, and this one ended without having been handed in.
        earlier = lock(earlier)
        earlier.follows = None
        earlier.save(update_fields=["follows"])
    made = made_after(closed, follows=answered.submission, by=by, now=now)
    if earlier is not None:
        Response.objects.filter(submission=earlier).update(submission=made)


def refuse_charged(submission: Submission) -> None:
    """Raise Refusal for the office where a fee stands for a submission that was not handed in."""
    if submission.state == State.AWAITING_PAYMENT:
        raise Refusal(
            _(
                "A new submission of theirs waits for its fee. It has to be put back first, by them "
                "or by you; then it becomes the resubmission again. Nothing was changed."
            )
        )
    if submission.charge is not None and submission.charge.cancelled_at is None:
        raise Refusal(
            _(
                "The fee of a new submission of theirs was asked for and is not given up, so it "
                "stays what it is. Settle that fee with them first. Nothing was changed."
            )
        )


def is_late(submission: Submission, *, now: datetime) -> bool:
    """Is it a resubmission, still open, whose time is over?"""
    if submission.follows_id is None or submission.state != State.DRAFT:
        return False
    facts = evidence_of(submission.candidacy, submission, now=now).again
    return facts is not None and not window_finding(facts).is_met


def made_after(
    last: Submission, *, follows: Submission | None, by: User, now: datetime
) -> Submission:
    """The next attempt, with the letter of application as it stands."""
    made = Submission.objects.create(
        candidacy=last.candidacy,
        number=last.number + 1,
        edition=last.edition,
        follows=follows,
        created_at=now,
    )
    letter = ApplicationLetter.objects.filter(submission=last).first()
    if letter is not None:
        ApplicationLetter.objects.create(
            submission=made,
            created_at=now,
            saved_at=now,
            **{name: getattr(letter, name) for name in ApplicationLetter.PARTS},
        )
    action = "submission.begun_again" if follows is not None else "submission.begun"
    record(action, made, by=by, subject=last.candidacy.user, number=made.number)
    return made


@transaction.atomic
def save_response(
    submission: Submission,
    ask: Ask,
    values: Mapping[str, Any],
    *,
    revision: int,
    by: User,
    now: datetime | None = None,
) -> Response:
    """Keep what was typed about one point and return the fresh response.

    ``revision`` is the one the window began from, 0 where there was none. The same words again
    change nothing. Raises StaleWriting when another window saved something else meanwhile,
    Refusal for anybody but the candidate, once it was submitted and for a point of another
    letter; nothing is written then.
    """
    now = now or timezone.now()
    candidacy = lock(submission.candidacy)
    submission = lock(submission)
    submission.candidacy = candidacy
    if candidacy.user_id != by.pk:
        raise Refusal(_("A submission belongs to the candidate alone."))
    refuse_closed(submission)
    if submission.follows_id is None or ask.decision.submission_id != submission.follows_id:
        raise Refusal(_("This point belongs to another answer of the committee."))
    made = Response.objects.get_or_create(
        submission=submission, ask=ask, defaults={"created_at": now, "saved_at": now}
    )[0]
    row = lock(made)
    write_down(row, changes_to(row, values, revision=revision), now=now)
    return row
