"""What each credential is called and says; frozen into its facts when it is issued."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scip.credentials.models import Credential
from scip.policy.models import Edition


@dataclass(frozen=True, slots=True)
class Wording:
    """``statement`` is the sentence between the holder's name and the title."""

    series: str
    title: str | Promise
    statement: str | Promise
    is_title: bool = True
    """False where it names what was completed, and nobody is called anything."""
    designation: str = ""
    """What its holder may put after their name."""


WORDING: dict[str, Wording] = {
    Credential.Kind.PRACTICING: Wording(
        series="PSCT",
        title=_("Practicing Self-Compassion Therapist"),
        statement=_(
            "has completed the live learning cohort of Self-Compassion in Psychotherapy "
            "and is recognised as a"
        ),
    ),
    Credential.Kind.INFORMED: Wording(
        series="SCIP",
        title=_("Self-Compassion Informed Psychotherapist"),
        statement=_(
            "has completed the learning cohort and the small-group consultations of "
            "Self-Compassion in Psychotherapy and is recognised as a"
        ),
    ),
    Credential.Kind.CERTIFIED: Wording(
        series="SCIP-C",
        title=_("Certified Self-Compassion-Based Psychotherapist"),
        statement=_(
            "has completed the supervised practice, the portfolio and the committee’s review of "
            "Self-Compassion in Psychotherapy and is a"
        ),
        designation="SCIP-C",
    ),
}

# How a certification stands that is not in force, for whoever holds it.
NOT_IN_FORCE = {
    "suspended": _("Your certification rests for now"),
    "expired": _("Your certification has run out"),
    "revoked": _("Your certification no longer stands"),
}


def wording_for(kind: str, edition: Edition, country: str) -> Wording:
    """The words for a new credential of somebody in this country (a code, or empty).

    The programme’s rule: an Edition switch, off by default, may restrict the wording of the joint
    certificate where a title is protected; everybody who completes both levels still gets it.
    """
    wording = WORDING[kind]
    if kind != Credential.Kind.INFORMED or not edition.restricts_title_in(country):
        return wording
    return Wording(
        series=wording.series,
        title=edition.restricted_title,
        statement=_(
            "has completed the learning cohort and the small-group consultations of "
            "Self-Compassion in Psychotherapy and is awarded the"
        ),
        is_title=False,
    )
