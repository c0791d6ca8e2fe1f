"""What stands in the way of erasing somebody, as findings: others rely on it, or money is open.

Each names who can clear it up. Nothing here asks a database; `queries.hindrances` gathers.
"""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scip.formats import money
from scip.requirements import Assessment, Finding, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFacts:
    """A place in a cohort that is still ahead or running."""

    title: str
    enrolment_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureEvidence:
    """What is on record at one moment. ``owed`` maps a currency to cents that are the person's;
    ``under_way`` counts payments, refunds and disputes that have no end yet."""

    places: tuple[PlaceFacts, ...] = ()
    supervised: int = 0
    owed: tuple[tuple[str, int], ...] = ()
    under_way: int = 0
    roles: tuple[str, ...] = ()


def erasure_findings(evidence: ErasureEvidence) -> Assessment:
    """Four things that have to be settled before somebody can be erased.

    Erasing must not strand others (a group, a candidate, the office) nor lose the person's own
    money; everything else ends by itself when the request is carried out.
    """
    return Assessment(
        (places(evidence), supervising(evidence), money_open(evidence), roles(evidence))
    )


def places(evidence: ErasureEvidence) -> Finding:
    title = _("No place in a course ahead or running")
    if not evidence.places:
        return Finding(code="places", title=title, status=Status.MET, found=_("You have none."))
    first = evidence.places[0]
    return Finding(
        code="places",
        title=title,
        status=Status.OPEN,
        found=", ".join(place.title for place in evidence.places),
        needed=_(
            "Step back first, so that somebody else can have the place and what you paid comes back by the terms."
        ),
        next_step=_("Look at “{title}” and step back").format(title=first.title),
        url=reverse("enrolments:detail", args=[first.enrolment_id]),
    )


def supervising(evidence: ErasureEvidence) -> Finding:
    title = _("Nobody in supervision with you")
    if not evidence.supervised:
        return Finding(code="supervised", title=title, status=Status.MET, found=_("Nobody is."))
    return Finding(
        code="supervised",
        title=title,
        status=Status.OPEN,
        found=ngettext(
            "You accompany {count} candidate.",
            "You accompany {count} candidates.",
            evidence.supervised,
        ).format(count=evidence.supervised),
        needed=_(
            "They should hear it from you and find somebody else. End each agreement, or let the office help."
        ),
        next_step=_("Go to your supervision"),
        url=reverse("supervision:home"),
    )


def money_open(evidence: ErasureEvidence) -> Finding:
    title = _("No money of yours with us, and none on its way")
    if not evidence.owed and not evidence.under_way:
        return Finding(
            code="money", title=title, status=Status.MET, found=_("Everything is settled.")
        )
    owed = ", ".join(money(cents, currency) for currency, cents in evidence.owed)
    if owed:
        found = _("{amount} is yours and has not gone back yet.").format(amount=owed)
    else:
        found = _("A payment or a refund is on its way.")
    return Finding(
        code="money",
        title=title,
        status=Status.OPEN,
        found=found,
        needed=_(
            "Once you are erased we could not send it to you. A payment that was begun ends by "
            "itself within a day; the rest the office clears up."
        ),
        next_step=_("Look at your payments"),
        url=reverse("payments:list"),
    )


def roles(evidence: ErasureEvidence) -> Finding:
    title = _("No role in which others count on you")
    if not evidence.roles:
        return Finding(code="roles", title=title, status=Status.MET, found=_("You hold none."))
    return Finding(
        code="roles",
        title=title,
        status=Status.OPEN,
        found=", ".join(evidence.roles),
        needed=_(
            "Somebody has to take over first. The office ends a role; for somebody of the office a colleague does."
        ),
        next_step=_("Write to the office"),
        url=reverse("pages:contact"),
    )
