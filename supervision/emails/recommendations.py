"""Letters about a recommendation: that it was sent, and its outcome. Never its text."""

from django.utils.translation import gettext as _

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
