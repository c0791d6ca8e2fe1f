"""Letters about a recommendation: that it was sent, and its outcome. Never its text."""

from datetime import datetime

from django.utils.translation import gettext as _

from scip.formats import deadline
from supervision.emails.agreements import send, tell_office
from supervision.models import Agreement, Recommendation


def letter_awaited(agreement: Agreement) -> None:
    """Every session is there for a while, and no letter: to the supervisor, once."""
    send(
        "letter_awaited",
        agreement.supervisor.user,
        agreement,
        f"agreement:{agreement.pk}:letter-awaited",
        page="supervision:recommendation",
        label=_("Write the letter"),
    )


def second_look_awaited(
    recommendation: Recommendation, key: str, due_at: datetime, *, is_late: bool
) -> None:
    """A panel sent a letter back, and its day is near or was: to the supervisor."""
    agreement = recommendation.agreement
    send(
        "second_look_awaited",
        agreement.supervisor.user,
        agreement,
        key,
        page="supervision:recommendation",
        label=_("Open your letter"),
        remanded_at=recommendation.remanded_at,
        due_at=due_at,
        is_late=is_late,
    )


def second_look_late(recommendation: Recommendation, key: str, due_at: datetime) -> None:
    """Its day has passed, and reminders brought nothing: to CMSC."""
    agreement = recommendation.agreement
    tell_office(
        agreement,
        key,
        _(
            "{supervisor} was asked by an appeal panel to look again at the letter about "
            "{candidate}; it was hoped for by {due}, and has not come."
        ).format(
            supervisor=agreement.supervisor,
            candidate=agreement.candidacy.user,
            due=deadline(due_at),
        ),
    )


def recommendation_sent(recommendation: Recommendation) -> None:
    """To the candidate with the outcome, to CMSC that it is there."""
    agreement = recommendation.agreement
    key = f"recommendation:{recommendation.pk}:sent"
    is_recommended = recommendation.outcome == Recommendation.Outcome.RECOMMENDED
    send(
        "recommendation_sent" if is_recommended else "recommendation_not_yet",
        agreement.candidacy.user,
        agreement,
        key,
        page="supervision:outcome",
        label=_("Read what comes next"),
    )
    tell_office(
        agreement,
        key,
        _("{supervisor} has sent the committee a letter about {candidate}.").format(
            candidate=agreement.candidacy.user, supervisor=agreement.supervisor
        ),
    )
