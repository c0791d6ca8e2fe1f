"""The supervisor's recommendation: saved part by part, sent once, directly to the committee."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.requirements import Refusal
from scip.states import lock, move
from supervision.emails import recommendations as emails
from supervision.models import Agreement, Approval, Recommendation, Signature
from supervision.queries.agreements import is_followed, is_former, side_of
from supervision.queries.recommendations import awaiting_letters, is_recommended, second_looks
from supervision.queries.sessions import evidence_of
from supervision.requirements.recommendations import may_recommend
from supervision.services.agreements import complete_agreement, locked
from supervision.services.completion import active_of

State = Recommendation.State
Outcome = Recommendation.Outcome
PARTS = ("outcome", "key_elements", "assessment", "reflections", "guidance")
# Reminders of a letter that was sent back go so long before and after its day; so long after it the
# office is asked for help, and one that is later still is the office's.
BEFORE, AFTER = timedelta(days=2), timedelta(days=1)
GRACE, TOO_LATE = timedelta(days=2), timedelta(days=14)
LETTER = ("key_elements", "assessment", "reflections")


def refuse_unready(agreement: Agreement, by: User, now: datetime) -> None:
    """Raise Refusal unless ``by`` supervised all that the edition asks for up to its close, in an
    agreement that did not end before, while the candidate has not gone on with somebody else, and
    with CMSC's approval in force."""
    if side_of(agreement, by) != Signature.Side.SUPERVISOR:
        raise Refusal(_("Only the supervisor of this agreement writes its recommendation."))
    if agreement.state not in {Agreement.State.ACTIVE, Agreement.State.COMPLETED}:
        raise Refusal(
            _(
                "This agreement is over before its close, so no recommendation rests on it. Whoever "
                "supervises the last sessions writes it; what you hold important can be passed on."
            )
        )
    if is_followed(agreement):
        raise accompanies_no_more()
    if (
        not Approval.objects.in_force(now.date())
        .filter(supervisor=agreement.supervisor_id)
        .exists()
    ):
        raise Refusal(
            _(
                "CMSC’s approval of you is not in force today, so the letter waits. What you wrote is "
                "kept; write to the office about a renewal."
            )
        )
    edition = agreement.candidacy.edition
    if edition is None or not agreement.candidacy.is_registered:
        refuse_former(agreement, by)
        raise Refusal(_("This person’s registration for certification is not under way."))
    findings = may_recommend(
        evidence_of(agreement.candidacy), edition=edition, agreement=agreement.pk
    )
    unmet = tuple(item for item in findings if not item.is_met)
    if unmet:
        refuse_former(agreement, by)
        raise Refusal(
            _("A recommendation follows the closing sessions. Still open: {what}.").format(
                what=", ".join(str(item.title) for item in unmet)
            ),
            unmet,
        )


def refuse_former(agreement: Agreement, by: User) -> None:
    """Raise Refusal for whoever supervises this person no more. One sentence whatever the reason:
    another would tell them how the person goes on."""
    if is_former(agreement, by) and not sent_ones(agreement).filter(agreement=agreement).exists():
        raise accompanies_no_more()


def accompanies_no_more() -> Refusal:
    """What whoever supervises a person no more is told."""
    return Refusal(
        _(
            "You accompany this person no more, so no letter begins here. If the committee should "
            "hear something from you, write to the office."
        )
    )


def refuse_recommended(agreement: Agreement, by: User) -> None:
    """Raise Refusal where the committee has a recommendation: nothing takes its place."""
    if is_recommended(agreement):
        refuse_former(agreement, by)
        raise Refusal(
            _("A recommendation of this person is with the committee. There is nothing to add.")
        )


def sent_ones(agreement: Agreement) -> QuerySet[Recommendation]:
    """Those in force for this candidate, whoever wrote them."""
    return Recommendation.objects.filter(agreement__candidacy=agreement.candidacy, state=State.SENT)


@transaction.atomic
def save_part(
    agreement: Agreement, *, by: User, now: datetime | None = None, **parts: str
) -> Recommendation:
    """Keep parts of the letter (`PARTS`) in its draft, which begins with the first of them.

    Raises Refusal for everybody but the supervisor, before the closing sessions are over, and
    while a recommendation is with the committee. Nobody is told.
    """
    now = now or timezone.now()
    agreement = locked(agreement)
    refuse_unready(agreement, by, now)
    refuse_recommended(agreement, by)
    draft = Recommendation.objects.filter(agreement=agreement, state=State.DRAFT).first()
    if draft is None:
        draft = Recommendation.objects.create(agreement=agreement, created_at=now)
    for name in PARTS:
        setattr(draft, name, parts.get(name, getattr(draft, name)))
    draft.changed_at = now
    draft.save(update_fields=[*parts, "changed_at"])
    return draft


def missing_parts(draft: Recommendation) -> list[str]:
    """Names of the parts that the letter still lacks."""
    wanted = ["outcome", *LETTER]
    if draft.outcome == Outcome.NOT_YET:
        wanted.append("guidance")
    return [name for name in wanted if not getattr(draft, name).strip()]


@transaction.atomic
def send_recommendation(
    recommendation: Recommendation, *, by: User, now: datetime | None = None
) -> Recommendation:
    """Send the letter to the committee. Sent already, it changes nothing.

    An earlier "not yet" of this candidate, whoever wrote it, is superseded; an agreement that the
    two made to go on after it is completed by a letter that recommends. The candidate gets a
    letter with the outcome, CMSC one that it has arrived; its text stands in neither. Raises
    Refusal as `save_part` does, and while a part is missing.
    """
    now = now or timezone.now()
    agreement = locked(recommendation.agreement)
    row = lock(recommendation)
    row.agreement = agreement
    if side_of(agreement, by) == Signature.Side.SUPERVISOR and row.state == State.SENT:
        return row
    refuse_unready(agreement, by, now)
    refuse_recommended(agreement, by)
    if missing_parts(row):
        raise Refusal(
            _("The letter is not whole yet. It is saved as it is; please fill in what is open.")
        )
    if row.outcome == Outcome.RECOMMENDED and row.guidance:
        row.guidance = ""  # meant for a "not yet" that it did not become
        row.save(update_fields=["guidance"])
    for earlier in sent_ones(agreement):
        move(lock(earlier), State.SUPERSEDED, by=by, now=now)
    move(row, State.SENT, by=by, now=now)
    if row.outcome == Outcome.RECOMMENDED:
        active = active_of(agreement.candidacy)
        if active is not None:
            complete_agreement(active, now=now)
    emails.recommendation_sent(row)
    return row


@transaction.atomic
def ask_again(recommendation: Recommendation, instructions: str, *, now: datetime) -> None:
    """Put down that a panel asks the author to look at a letter once more, and how. It waits for
    them until another letter takes its place (`queries.recommendations.second_looks`). Nobody is
    told here: the panel's letters say it."""
    row = lock(recommendation)
    row.remanded_at, row.instructions = now, instructions
    row.save(update_fields=["remanded_at", "instructions"])


def remind_of_second_looks(now: datetime | None = None) -> int:
    """Remind supervisors of a letter that a panel sent back, before its day and after it, and tell
    the office where that brings nothing; returns how many of these are due. Nobody is reminded of
    what they may not write, and leave rests it. May run twice: every letter has a key of its day."""
    now = now or timezone.now()
    waiting = second_looks(now).filter(due_at__lte=now + BEFORE).select_related("agreement")
    return sum(remind_again(row, now) for row in waiting.order_by("pk"))


def remind_again(row: Any, now: datetime) -> int:
    """The letters of one, in a transaction of its own, if it is still waited for."""
    due, count = row.due_at, 0
    key = f"recommendation:{row.pk}:again"
    with transaction.atomic():
        row.agreement = locked(row.agreement)
        if not second_looks(now).filter(pk=row.pk).exists():
            return 0
        if now >= due + GRACE:
            emails.second_look_late(row, f"{key}:{due:%Y%m%d}", due)
            count += 1
        if now >= due + TOO_LATE or due <= now < due + AFTER:
            return count
        try:
            refuse_unready(row.agreement, row.agreement.supervisor.user, now)
        except Refusal:
            return count
        stage = "late" if now >= due else "soon"
        emails.second_look_awaited(row, f"{key}:{stage}:{due:%Y%m%d}", due, is_late=now >= due)
    return count + 1


def remind_of_letters(now: datetime | None = None) -> int:
    """Remind supervisors once of a letter that has not come for as long as the edition calls
    silence; returns how many could write one. Leave rests it, and nobody is reminded of what they
    may not write. May run twice: the outbox takes each letter once."""
    now = now or timezone.now()
    overdue = awaiting_letters(now).filter(is_overdue=True, is_approved=True)
    return sum(remind(agreement, now) for agreement in overdue)


def remind(agreement: Agreement, now: datetime) -> bool:
    """Queue one reminder in a transaction of its own, unless nothing can be written (any more)."""
    with transaction.atomic():
        fresh = locked(agreement)
        try:
            refuse_unready(fresh, fresh.supervisor.user, now)
        except Refusal:
            return False
        if sent_ones(fresh).exists():
            return False
        emails.letter_awaited(fresh)
    return True
