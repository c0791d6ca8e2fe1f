"""What a decision of the committee asks for, as explainable findings.

`domain.md`, "Decision": *certified*, or *further development needed* with clear feedback and next
steps, and nothing harsher. Every reviewer's seat of the edition has given its view; the letter has
its parts; a second member who is free of conflict has read it. Figures come from the edition that
the candidate is held to.
"""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.review.models import Decision
from scip.formats import day, deadline
from scip.policy.models import Edition
from scip.requirements import Finding, Status

Outcome = Decision.Outcome
ALWAYS = ("outcome", "strengths", "contact_name", "contact_email")
# What further development can't be asked for without.
DEVELOPMENT = ("missing", "how", "by_when", "points")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidingEvidence:
    """Everything that the rules look at. ``views`` are those that were given and count;
    ``filled`` are names of parts with something in them; ``today`` and ``until_on`` bound the
    day that the letter may name; ``signed_by_free`` is False where whoever wrote or approved it
    is tied to the candidate by now."""

    views: int
    outcome: str
    filled: tuple[str, ...]
    by_when: date | None
    today: date
    until_on: date
    second_reader: bool = False
    signed_by_free: bool = True
    approved_on: date | None = None


def proposing_findings(
    evidence: DecidingEvidence, *, edition: Edition, labels: dict[str, str | Promise]
) -> tuple[Finding, ...]:
    """What stands before the second reader. ``labels`` names the parts of the letter."""
    findings = (quorum_finding(evidence, edition=edition), letter_finding(evidence, labels))
    if evidence.outcome != Outcome.DEVELOPMENT or evidence.by_when is None:
        return findings
    return (*findings, day_finding(evidence.by_when, evidence))


def sending_findings(
    evidence: DecidingEvidence, *, edition: Edition, labels: dict[str, str | Promise]
) -> tuple[Finding, ...]:
    """The same with the second reader: the whole gate of a letter."""
    return (*proposing_findings(evidence, edition=edition, labels=labels), second_finding(evidence))


def quorum_finding(evidence: DecidingEvidence, *, edition: Edition) -> Finding:
    """Has every reviewer's seat given its view? Who turned out to be tied counts no more."""
    needed = edition.reviewers
    is_met = evidence.views >= needed
    return Finding(
        code="quorum",
        title=_("The reviewers’ views"),
        status=Status.MET if is_met else Status.WAITING,
        found=ngettext(
            "{given} of {count} view is there.", "{given} of {count} views are there.", needed
        ).format(given=evidence.views, count=needed),
        waiting_for="" if is_met else _("the reviewers"),
    )


def needed_parts(outcome: str) -> tuple[str, ...]:
    """The parts that a letter with this outcome has to have."""
    return (*ALWAYS, *DEVELOPMENT) if outcome == Outcome.DEVELOPMENT else ALWAYS


def letter_finding(evidence: DecidingEvidence, labels: dict[str, str | Promise]) -> Finding:
    """Is the letter whole? It says what is strong, what is missing, how and by when, and whom
    to ask."""
    missing = [name for name in needed_parts(evidence.outcome) if name not in evidence.filled]
    return Finding(
        code="letter",
        title=_("The letter"),
        status=Status.OPEN if missing else Status.MET,
        needed=_("Still empty: {parts}.").format(
            parts="; ".join(str(labels[name]) for name in missing)
        )
        if missing
        else "",
        found="" if missing else _("It has everything that it needs."),
    )


def day_finding(chosen: date, evidence: DecidingEvidence) -> Finding:
    """Does the day that the letter names lie ahead, within the time for a resubmission?"""
    is_met = evidence.today < chosen <= evidence.until_on
    return Finding(
        code="by_when",
        title=_("The day it names"),
        status=Status.MET if is_met else Status.OPEN,
        found=deadline(chosen),
        needed=""
        if is_met
        else _("Name a day after today and no later than {until}, the last for it.").format(
            until=deadline(evidence.until_on)
        ),
    )


def second_finding(evidence: DecidingEvidence) -> Finding:
    """Has a second member, free of conflict, read the letter, and do both stay free of it until
    it goes?"""
    if evidence.second_reader and not evidence.signed_by_free:
        return Finding(
            code="second_reader",
            title=_("A second reader"),
            status=Status.OPEN,
            needed=_(
                "Whoever wrote or approved it is tied to this person by now. Take it back; "
                "somebody who is free of ties writes or reads it once more."
            ),
        )
    return Finding(
        code="second_reader",
        title=_("A second reader"),
        status=Status.MET if evidence.second_reader else Status.WAITING,
        found=_("Read and approved on {day}.").format(day=day(evidence.approved_on))
        if evidence.second_reader and evidence.approved_on
        else "",
        waiting_for="" if evidence.second_reader else _("the second reader"),
    )
