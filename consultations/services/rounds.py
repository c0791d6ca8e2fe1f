"""A round of wishes as the office runs it: opened, closed early, given up."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.models import Cohort
from consultations.models import Round
from scip.accounts.models import User
from scip.audit.services import record
from scip.requirements import Refusal
from scip.states import lock, move


def open_round(round_: Round, *, by: User, now: datetime | None = None) -> Round:
    """Let people wish. Raises Refusal for a round without groups, one that is over, groups that
    take nobody, or groups that another open round places people into."""
    with transaction.atomic():
        round_ = lock(round_)
        now = now or timezone.now()
        if round_.closes_at <= now:
            raise Refusal(_("The round’s last moment is over already; choose a later one first."))
        groups = list(round_.groups.select_related("cohort").order_by("pk"))
        for group in groups:
            lock(group)  # of two rounds with one group, opened at once, one waits and sees
        if not groups:
            raise Refusal(_("There is nothing to choose from yet: add groups first."))
        shut = [str(group) for group in groups if group.cohort.state != Cohort.State.OPEN]
        if shut:
            raise Refusal(
                _("Not open, so nobody can be placed there: {groups}.").format(
                    groups=", ".join(shut)
                )
            )
        twice = (
            Round.objects.filter(state=Round.State.OPEN, groups__in=groups)
            .exclude(pk=round_.pk)
            .first()
        )
        if twice is not None:
            raise Refusal(
                _("“{name}” places people into the same groups and is not over yet.").format(
                    name=twice
                )
            )
        move(round_, Round.State.OPEN, by=by, now=now)
        return round_


def close_round(round_: Round, *, by: User, now: datetime | None = None) -> Round:
    """End the time for wishes now; a second click changes nothing.

    Whoever saves at this moment waits for the lock and then reads that it is over.
    """
    with transaction.atomic():
        round_ = lock(round_)
        now = now or timezone.now()
        if round_.is_closed(now):
            return round_
        if not round_.takes_wishes(now):
            raise Refusal(_("This round takes no wishes now, so there is nothing to close."))
        round_.closes_at = now
        round_.save(update_fields=["closes_at"])
        record("round.closed", round_, by=by)
        return round_


def cancel_round(round_: Round, *, by: User, now: datetime | None = None) -> Round:
    """Give a round up; wishes stay with their writers, nobody is placed."""
    with transaction.atomic():
        round_ = lock(round_)
        move(round_, Round.State.CANCELLED, by=by, now=now)
        return round_
