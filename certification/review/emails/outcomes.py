"""What a panel's answer means, in sentences: for the candidate and for the supervisor, on pages and
in letters. They are true when they are read, so they ask what is waited for today."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from certification.review.models import Appeal, AppealOutcome
from certification.review.queries.appeals import is_superseded
from certification.review.queries.resubmissions import went_back
from supervision.queries.material import is_open_to_author
from supervision.queries.recommendations import second_looks
from supervision.requirements.recommendations import hoped_for


def what_follows(appeal: Appeal) -> str:
    """What an outcome means for the candidate's next step."""
    is_committee = appeal.decision_id is not None
    if is_committee and appeal.outcome != AppealOutcome.UPHELD and not is_back(appeal):
        return _(
            "What you handed in was not the last word by then: something newer of yours is with "
            "the committee or was answered, or your registration has ended. So nothing goes back "
            "by itself; the office writes to you about what follows for you."
        )
    if appeal.outcome == AppealOutcome.OVERTURNED:
        return (
            _("The committee’s answer does not stand. Your submission goes to readers who have "
              "not read it before; there is no fee, and nothing that you need to do.")
            if is_committee
            else _("Your final submission needs no other recommendation: the panel’s answer takes "
                   "its place, and your way goes on.")
        )  # fmt: skip
    if appeal.outcome == AppealOutcome.REMANDED:
        return (
            _(
                "The committee looks at your submission once more, with what the panel asks of it. "
                "There is no fee."
            )
            if is_committee
            else sent_back(appeal)
        )
    return _(
        "The answer stands, and so does everything that was said about the next steps. Nothing "
        "that you have done is lost."
    )


def is_back(appeal: Appeal) -> bool:
    """Is the submission with the committee again, or was it, because of this appeal?"""
    return appeal.decision_id is not None and went_back(appeal.decision_id)


def outcome_words(appeal: Appeal) -> str:
    """The outcome in one sentence."""
    return _("The panel has looked at it with fresh eyes. Its answer: {outcome}.").format(
        outcome=AppealOutcome(appeal.outcome).label
    )


def to_look_again(appeal: Appeal) -> Any:
    """The supervisor's letter while a second look at it is waited for; None where nobody is asked
    any more."""
    return second_looks().filter(pk=appeal.recommendation_id).first()


def sent_back(appeal: Appeal) -> str:
    """What a letter that was sent back means for the candidate."""
    if is_superseded(appeal):
        return _("A later letter has taken the place of the one that this appeal was about.")
    letter = to_look_again(appeal)
    if letter is None:
        return _(
            "The panel asked for another look at the letter. Your way has gone on since, so nobody "
            "is asked for one any more: whoever accompanies you to the end of your sessions writes "
            "the next. Everything that was confirmed keeps counting."
        )
    asked = _(
        "Your supervisor is asked to look at it once more, with what the panel writes. A later "
        "letter takes the place of the first."
    )
    if not is_open_to_author(letter.agreement_id):
        return asked
    opened = _(
        "Until it is there, they can open again what you handed over for your sessions; under “Case "
        "material” of your agreement you see each opening, and can take something back."
    )
    return f"{asked} {opened}"


def what_it_means_for_you(appeal: Appeal) -> str:
    """The same for the supervisor."""
    if appeal.outcome == AppealOutcome.OVERTURNED:
        return _(
            "{name} goes on to the committee with the panel’s answer in the place of a "
            "recommendation. It is a second view, no judgement of your work."
        ).format(name=appeal.user)
    if appeal.outcome != AppealOutcome.REMANDED:
        return _("Your letter stands as you wrote it.")
    letter = to_look_again(appeal)
    if letter is None:
        return _(
            "It asks for another look at the letter. No other letter is waited for from you, so "
            "there is nothing that you need to do. It is a second view, no judgement of your work."
        )
    asked = _(
        "You are asked to look at it once more, together with {name} and with what stands below. "
        "Your next letter takes the place of the first, whatever it says."
    ).format(name=appeal.user)
    meanwhile = (
        _(
            "Your notes, your sessions and what {name} handed over to you are open to you meanwhile."
        ).format(name=appeal.user)
        if is_open_to_author(letter.agreement_id)
        else _(
            "CMSC’s approval of you is not in force today, so the letter waits until it is; write to "
            "the office about a renewal."
        )
    )
    return " ".join(filter(None, [asked, hoped_for(letter.due_at, timezone.now()), meanwhile]))
