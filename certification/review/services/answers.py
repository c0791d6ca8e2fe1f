"""The committee's answer on paper: the same words as its letter and its page, nobody's name."""

from django.utils import timezone
from django.utils.translation import gettext as _

from certification.review.emails.decisions import appeal_words, terms_of
from certification.review.models import Decision
from scip.formats import deadline
from scip.pdf.decisions import AnswerLetter, AnswerPart


def paper_of(decision: Decision) -> AnswerLetter:
    """What the paper says. Its terms count from the letter's own day, whatever was added since."""
    submission, edition = decision.submission, decision.submission.edition
    if decision.sent_at is None:
        raise ValueError("This answer was not sent.")
    is_certified = decision.outcome == Decision.Outcome.CERTIFIED
    with timezone.override(submission.user.zone):
        parts = certified_parts(decision) if is_certified else development_parts(decision)
    return AnswerLetter(
        organisation=edition.organisation,
        title=_("You are certified") if is_certified else _("The committee’s answer"),
        reference=_("Submission {number}, answer {answer}").format(
            number=submission.number, answer=decision.pk
        ),
        candidate=str(submission.user),
        sent_at=decision.sent_at,
        edition=edition.name,
        lead=_(
            "The Certification Committee has read your submission with care. Its answer: you are "
            "certified as a Self-Compassion-Based Psychotherapist (SCIP-C). We are glad with you."
        )
        if is_certified
        else _(
            "The Certification Committee has read your submission with care. Its answer: further "
            "development is needed before certification. That is not a no. This letter says what "
            "is there, what is missing, and how you get there."
        ),
        parts=parts,
        contact=f"{decision.contact_name}, {decision.contact_email}",
    )


def certified_parts(decision: Decision) -> tuple[AnswerPart, ...]:
    """What was seen, and a word for the way ahead where there is one."""
    found = [AnswerPart(_("What the committee saw and valued"), decision.strengths)]
    if decision.how:
        found.append(AnswerPart(_("For the way ahead"), decision.how))
    return tuple(found)


def development_parts(decision: Decision) -> tuple[AnswerPart, ...]:
    """What was seen, what is missing, how and by when, the points, and the right of appeal."""
    by_when = decision.by_when
    suggested = _("The committee suggests: by {when}.")
    found = [
        AnswerPart(_("What the committee saw and valued"), decision.strengths),
        AnswerPart(_("What is missing"), decision.missing),
        AnswerPart(
            _("How to get there"),
            decision.how,
            sentences=(suggested.format(when=deadline(by_when)),) if by_when else (),
        ),
        AnswerPart(
            _("What a resubmission has to show"),
            points=tuple(ask.text for ask in decision.asks.all()),
            sentences=tuple(terms_of(decision, until=None)),
        ),
    ]
    if words := appeal_words(decision):
        found.append(AnswerPart(_("If you see it differently"), words))
    return tuple(found)
