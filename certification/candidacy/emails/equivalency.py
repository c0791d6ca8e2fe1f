"""Letters about credit for an earlier format; drafts, so that the office reads them first."""

from django.urls import reverse
from django.utils.translation import gettext as _

from certification.candidacy.emails.registration import letter
from certification.candidacy.models import EquivalencyCase
from scip.credentials.models import Level
from scip.mail.services import Draft


def case_page(case: EquivalencyCase) -> str:
    return reverse("certification:case", args=[case.pk])


def case_received(case: EquivalencyCase) -> Draft:
    """The case is with the office."""
    return letter(
        "case_received",
        case.user,
        button=(case_page(case), _("See what you sent")),
        case=case,
    )


def case_question(case: EquivalencyCase, question: str) -> Draft:
    """The office asks something before it decides."""
    return letter(
        "case_question",
        case.user,
        button=(case_page(case), _("Read and answer")),
        case=case,
        question=question,
    )


def case_granted(case: EquivalencyCase, *, levels: list[str], reason: str) -> Draft:
    """Credit for one level or both, with what it rests on."""
    return letter(
        "case_granted",
        case.user,
        button=(reverse("pathway:home"), _("See your pathway")),
        case=case,
        levels=" and ".join(str(Level(level).label) for level in levels),
        is_whole=len(levels) == 2,
        reason=reason,
        items=list(case.items.all()),
    )


def case_declined(case: EquivalencyCase, *, reason: str) -> Draft:
    """No credit this time: what was seen, what is missing, and how it can go on."""
    return letter(
        "case_declined",
        case.user,
        button=(case_page(case), _("Read it item by item")),
        case=case,
        reason=reason,
        items=list(case.items.all()),
    )
