"""The office closes a candidacy: with a reason that the person reads, and nothing taken away."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.emails import registration as letters
from certification.candidacy.models import Candidacy
from scip.accounts.models import Role, User
from scip.background import enqueue
from scip.mail.services import queue_draft
from scip.requirements import Refusal
from scip.states import lock, move


def close_candidacy(
    candidacy: Candidacy, *, by: User, reason: str, now: datetime | None = None
) -> Candidacy:
    """Close a registered candidacy, by the office alone; the person withdraws it themselves.

    ``reason`` stands in the letter and on the person's page. Levels, certificates, sessions and
    the fee's payment stay on record; a leave ends, and on commit so does the supervision that
    went with it (beat asks again).
    A second call changes nothing. Raises Refusal for anybody else, about oneself and without a
    reason, IllegalMove unless it is under way or on leave.
    """
    now = now or timezone.now()
    with transaction.atomic():
        candidacy = lock(candidacy)
        if not by.has_role(Role.STAFF) or candidacy.user_id == by.pk:
            raise Refusal(_("The office decides this, and nobody about themselves."))
        if candidacy.state == Candidacy.State.CLOSED:
            return candidacy
        if not reason.strip():
            raise Refusal(_("Please write the reason: the person reads it. Nothing was changed."))
        # Before the move: a constraint wants the reason beside the state.
        candidacy.close_reason = reason.strip()
        candidacy.save(update_fields=["close_reason"])
        move(candidacy, Candidacy.State.CLOSED, by=by, now=now)
        candidacy.leaves.filter(ended_at=None).update(ended_at=now, ended_by=by)
        queue_draft(
            letters.closed(candidacy, candidacy.close_reason),
            to=candidacy.user,
            dedupe_key=f"candidacy:{candidacy.pk}:closed",
        )
        # Supervision stands above and is asked by the name of its task.
        enqueue("supervision.follow_losses")
        return candidacy
