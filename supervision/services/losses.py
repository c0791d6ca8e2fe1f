"""When a supervisor is lost: what was confirmed stays, the office looks at what waits."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import Role, User
from scip.requirements import Refusal
from supervision.emails import losses as emails
from supervision.models import Agreement, Approval, SupervisionSession
from supervision.queries.agreements import side_of
from supervision.services.sessions import fresh, settle

State = SupervisionSession.State


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
    return session


def follow_losses(now: datetime | None = None) -> int:
    """Tell candidates whose supervisor is lost what stays and what comes next, and that the
    office looks at a session that nobody answered; returns how many matters there are. May run
    twice: the outbox takes each letter once."""
    now = now or timezone.now()
    agreements = (
        Agreement.objects.filter(state=Agreement.State.ACTIVE)
        .exclude(supervisor__in=Approval.objects.in_force(now.date()).values("supervisor"))
        .select_related("candidacy__user", "supervisor__user")
    )
    sessions = SupervisionSession.objects.left_unanswered(now).select_related(
        "agreement__candidacy__user", "agreement__supervisor__user"
    )
    lost, unanswered = list(agreements), list(sessions)
    for agreement in lost:
        with transaction.atomic():
            emails.supervisor_lost(agreement)
    for session in unanswered:
        with transaction.atomic():
            emails.session_with_office(session)
    return len(lost) + len(unanswered)
