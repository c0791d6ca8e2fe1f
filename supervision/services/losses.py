"""When a supervisor is lost, or a registration is over: what was confirmed stays, the office looks
at what waits, and the agreement ends with the fact."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from scip.accounts.models import Role, User
from scip.requirements import Refusal
from scip.states import move
from supervision.emails import losses as emails
from supervision.models import Agreement, Approval, SupervisionSession
from supervision.queries.agreements import side_of
from supervision.services.agreements import close_down, locked
from supervision.services.sessions import fresh, settle

State = SupervisionSession.State
Bond = Agreement.State


@transaction.atomic
def settle_unanswered(
    session: SupervisionSession,
    *,
    by: User,
    is_held: bool,
    reason: str,
    now: datetime | None = None,
) -> SupervisionSession:
    """The office answers for a supervisor who can't: it confirms, or sets aside.

    ``reason`` names the evidence (the candidate's word, calendars, notes); it stays on the entry,
    which names the office as the one who confirmed it. The candidate gets it by letter. Raises
    Refusal for anybody else, without a reason, for one's own session, while the supervisor
    can still answer, and for an overlap.
    """
    now = now or timezone.now()
    session = fresh(session)
    if not by.has_role(Role.STAFF) or side_of(session.agreement, by):
        raise Refusal(_("The office decides this, and nobody about a session of their own."))
    if not SupervisionSession.objects.left_unanswered(now).filter(pk=session.pk).exists():
        raise Refusal(_("This entry does not wait for the office. Nothing was changed."))
    if not reason.strip():
        raise Refusal(_("Please write what your answer rests on; it stays with the entry."))
    settle(session, is_held=is_held, reason=reason, by=by, now=now)
    emails.unanswered_settled(session)
    # Who fell silent is still there; who supervises no more has nothing to answer.
    if Approval.objects.in_force(now.date()).filter(supervisor=session.supervisor_id).exists():
        emails.settled_without_you(session)
    return session


def follow_losses(now: datetime | None = None) -> int:
    """Tell candidates whose supervisor is lost what stays and what comes next, and that the
    office looks at a session that nobody answered; returns how many matters there are. May run
    twice: the outbox takes each letter once.

    An agreement ends where CMSC ended the approval: that declares the loss. One that merely ran
    out may be renewed tomorrow, so its agreements wait."""
    now = now or timezone.now()
    ended = end_with_their_fact(now)
    agreements = (
        Agreement.objects.filter(state=Agreement.State.ACTIVE)
        .exclude(supervisor__in=Approval.objects.in_force(now.date()).values("supervisor"))
        .select_related("candidacy__user", "supervisor__user")
    )
    sessions = SupervisionSession.objects.left_unanswered(now).select_related(
        "agreement__candidacy__user", "agreement__supervisor__user"
    )
    lost, unanswered = list(agreements), list(sessions)
    for row in lost:
        with transaction.atomic():
            # It may have ended meanwhile, and whoever ended it has written.
            agreement = locked(row)
            if agreement.state == Bond.ACTIVE:
                emails.supervisor_lost(agreement, now=now)
    for session in unanswered:
        with transaction.atomic():
            emails.session_with_office(session)
    return ended + len(lost) + len(unanswered)


def end_with_their_fact(now: datetime) -> int:
    """End agreements whose supervisor was declared lost or whose candidate's registration is over,
    and put drafts of the latter aside; returns how many. Each in a transaction of its own."""
    approved = Approval.objects.filter(Q(until_on=None) | Q(until_on__gt=now.date()))
    # Ended once and approved anew since then is not lost: the newest approval tells.
    newest = Approval.objects.filter(supervisor=OuterRef("supervisor")).order_by("-from_on", "-pk")
    lost = Q(state=Bond.ACTIVE, last_ended_at__isnull=False) & ~Q(
        supervisor__in=approved.exclude(until_on=F("from_on")).values("supervisor")
    )
    over = Q(
        state__in=Agreement.ALIVE,
        candidacy__state__in=[Candidacy.State.WITHDRAWN, Candidacy.State.CLOSED],
    )
    known = Agreement.objects.annotate(last_ended_at=Subquery(newest.values("ended_at")[:1]))
    found = list(known.filter(lost | over).values_list("pk", flat=True))
    return sum(end_one(pk, now) for pk in found)


@transaction.atomic
def end_one(pk: int, now: datetime) -> bool:
    """End one agreement, unless somebody else did meanwhile; both, or the one who is left, are
    told. The fact itself was told by whoever declared it."""
    agreement = locked(Agreement.objects.select_related("candidacy", "supervisor").get(pk=pk))
    if agreement.candidacy.state in {Candidacy.State.WITHDRAWN, Candidacy.State.CLOSED}:
        if agreement.state == Bond.DRAFT:
            move(agreement, Bond.DISCARDED, by=None, now=now)
            emails.candidacy_over(agreement)
            return True
        if agreement.state != Bond.ACTIVE:
            return False
        close_down(agreement, by=None, reason=str(_("The registration is over.")), now=now)
        emails.candidacy_over(agreement)
        return True
    if agreement.state != Bond.ACTIVE:
        return False
    close_down(agreement, by=None, reason=str(_("CMSC’s approval was ended.")), now=now)
    emails.supervisor_lost(agreement, now=now)
    return True
