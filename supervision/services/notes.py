"""Feedback for both; notes and journal for oneself alone."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.requirements import Refusal
from supervision.emails import notes as emails
from supervision.models import (
    Agreement,
    Feedback,
    JournalEntry,
    PrivateNote,
    Signature,
    SupervisionSession,
)
from supervision.queries.agreements import accompanies, side_of


@transaction.atomic
def give_feedback(
    agreement: Agreement,
    text: str,
    *,
    by: User,
    session: SupervisionSession | None = None,
    now: datetime | None = None,
    tell: bool = True,
) -> Feedback:
    """The supervisor's words for the candidate; they stay as they are. ``tell``: by letter (the
    words themselves stay on the site). Raises Refusal for anybody but who supervises them now."""
    if side_of(agreement, by) != Signature.Side.SUPERVISOR:
        raise Refusal(_("Feedback comes from the supervisor."))
    if not accompanies(agreement, by):
        raise Refusal(_("You accompany this person no more, so your feedback stays as it is."))
    feedback = Feedback.objects.create(
        agreement=agreement, session=session, text=text, given_by=by, given_at=now or timezone.now()
    )
    if tell:
        emails.feedback_given(feedback)
    return feedback


@transaction.atomic
def write_own(
    agreement: Agreement,
    text: str,
    *,
    by: User,
    session: SupervisionSession | None = None,
    now: datetime | None = None,
) -> JournalEntry | PrivateNote:
    """A journal entry of the candidate or a private note of the supervisor: nobody else's, and
    without a trace in the log. Raises Refusal for strangers."""
    side = side_of(agreement, by)
    now = now or timezone.now()
    if side == Signature.Side.CANDIDATE:
        return JournalEntry.objects.create(author=by, session=session, text=text, written_at=now)
    if side == Signature.Side.SUPERVISOR:
        return PrivateNote.objects.create(
            author=by, agreement=agreement, session=session, text=text, written_at=now
        )
    raise Refusal(_("Only the two people of this agreement can do that."))


def change_own(
    row: JournalEntry | PrivateNote, text: str, *, by: User, now: datetime | None = None
) -> None:
    """Write one's own words anew, or take them out with an empty text. Raises Refusal for others."""
    if row.author_id != by.pk:
        raise Refusal(_("These words belong to somebody else."))
    if not text.strip():
        row.delete()
        return
    row.text, row.changed_at = text, now or timezone.now()
    row.save(update_fields=["text", "changed_at"])
