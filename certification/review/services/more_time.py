"""The office gives one candidate more time for an appeal or a resubmission; never less."""

from datetime import UTC, date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy, WindowMove
from certification.candidacy.requirements.windows import Window
from certification.review.emails.more_time import more_time
from certification.review.queries.windows import window_in_question
from certification.review.services.on_behalf import whole_reason
from certification.review.services.resubmitting import turn_back
from scip.accounts.models import User
from scip.audit.services import record
from scip.formats import deadline
from scip.mail.services import queue_draft
from scip.requirements import Refusal
from scip.states import lock

Kind = WindowMove.Kind


@transaction.atomic
def give_more_time(
    candidacy: Candidacy,
    kind: str,
    *,
    last_on: date,
    reason: str,
    by: User,
    now: datetime | None = None,
) -> WindowMove:
    """Move the last day for an appeal or a resubmission (``kind``) to a later UTC day.

    It may be over already. The candidate gets a letter with the day and the ``reason``. A new
    submission that was begun after the time and not handed in becomes the resubmission again.
    Raises Refusal for anybody outside the office and about oneself, without a reason of some
    words, without an answer whose time could be moved, for a day that is not later, and while a
    new submission waits for its fee or was paid for.
    """
    now = now or timezone.now()
    reason = whole_reason(reason, by, candidacy)
    candidacy = lock(Candidacy.objects.get(pk=candidacy.pk))
    found = window_in_question(candidacy, kind, now=now)
    if found is None:
        raise Refusal(_("There is no answer now whose time could be moved. Nothing was changed."))
    told_at, window = found
    refuse_earlier(window, last_on, now=now)
    made = WindowMove.objects.create(
        candidacy=candidacy,
        kind=kind,
        told_at=told_at,
        last_on=last_on,
        reason=reason,
        moved_at=now,
        moved_by=by,
    )
    record("candidacy.given_more_time", made, by=by, subject=candidacy.user, kind=kind)
    if kind == Kind.RESUBMISSION:
        turn_back(candidacy, by=by, now=now)
    queue_draft(more_time(made), to=candidacy.user, dedupe_key=f"windowmove:{made.pk}")
    return made


def refuse_earlier(window: Window, last_on: date, *, now: datetime) -> None:
    """Raise Refusal unless a day is later than the one that counts, and not past."""
    if last_on <= window.last_on:
        raise Refusal(
            _(
                "The last day is {day} already; choose a later one. Time is never taken away."
            ).format(day=deadline(window.last_on))
        )
    if last_on < now.astimezone(UTC).date():
        raise Refusal(_("That day has passed, so it would help nobody. Choose a later one."))
