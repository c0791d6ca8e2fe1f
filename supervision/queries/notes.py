"""Words beside the sessions: shared ones for the pair, own ones for their author."""

from typing import Any

from django.db.models import QuerySet

from supervision.models import Agreement, Feedback, JournalEntry, PrivateNote, Signature
from supervision.queries.agreements import side_of


def feedback_in(agreement: Agreement, user: Any) -> QuerySet[Feedback]:
    """The supervisor's words in an agreement, newest first."""
    rows = Feedback.objects.visible_to(user).filter(agreement=agreement)
    return rows.select_related("session", "given_by")


def own_words(agreement: Agreement, user: Any) -> QuerySet[Any]:
    """What somebody wrote for themselves: a supervisor's notes about this relationship, a
    candidate's whole journal."""
    if side_of(agreement, user) == Signature.Side.SUPERVISOR:
        rows = PrivateNote.objects.visible_to(user).filter(agreement=agreement)
    else:
        rows = JournalEntry.objects.visible_to(user)
    return rows.select_related("session")
