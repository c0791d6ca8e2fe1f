"""What taking part in a round of wishes needs: the same as entering a group (`domain.md`)."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.requirements.admission import LevelAEvidence, level_a_finding
from scip.accounts.requirements import PrerequisiteEvidence, prerequisite_findings
from scip.requirements import Assessment, Finding, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class WishEvidence:
    """One person in one round. ``place_in`` is the group of the round in which they have a place
    or an application already; ``ranked`` how many groups they would come to."""

    missing_profile: tuple[str, ...]
    level_a: LevelAEvidence
    prerequisites: PrerequisiteEvidence
    place_in: str = ""
    ranked: int = 0
    attends_live: bool = False


def wish_findings(evidence: WishEvidence, *, as_of: datetime) -> Assessment:
    """Everything that has to be met for somebody's wishes to count.

    Whatever a cohort of Level A had deferred (MSC) is owed by now: Level B needs it.
    """
    return Assessment(
        (
            *entry_findings(evidence, as_of=as_of),
            ranked_finding(evidence),
            live_finding(evidence),
        )
    )


def entry_findings(evidence: WishEvidence, *, as_of: datetime) -> tuple[Finding, ...]:
    """Who may enter a group at all, whatever they wish."""
    return (
        profile_finding(evidence),
        level_a_finding(evidence.level_a),
        *prerequisite_findings(evidence.prerequisites, as_of=as_of.date(), msc_due_on=None),
        *((elsewhere_finding(evidence.place_in),) if evidence.place_in else ()),
    )


def profile_finding(evidence: WishEvidence) -> Finding:
    missing = ", ".join(evidence.missing_profile)
    return Finding(
        code="profile",
        title=_("About you"),
        status=Status.OPEN if missing else Status.MET,
        needed=_("Your name as it should stand on a certificate, your profession and country."),
        found=_("Still missing: {what}.").format(what=missing) if missing else "",
        next_step=_("Complete your profile") if missing else "",
        url=reverse("profile:edit"),
    )


def elsewhere_finding(title: str) -> Finding:
    """Whoever has a place in one of these groups, or applied for it, is not placed again."""
    return Finding(
        code="elsewhere",
        title=_("No other place of this season"),
        status=Status.OPEN,
        needed=_("A round places people who have no place in one of its groups yet."),
        found=_("You have a place, or an application with the office, in {group}.").format(
            group=title
        ),
        next_step=_("If you would rather wish anew, step back there first"),
        url=reverse("applications:list"),
    )


def ranked_finding(evidence: WishEvidence) -> Finding:
    """At least one group has a number."""
    count = evidence.ranked
    return Finding(
        code="ranked",
        title=_("Your choices"),
        status=Status.MET if count else Status.OPEN,
        needed=_("At least one group that you would come to."),
        found=ngettext("{count} group", "{count} groups", count).format(count=count)
        if count
        else "",
        next_step="" if count else _("Give your dearest group the number 1"),
    )


def live_finding(evidence: WishEvidence) -> Finding:
    """Learning happens live (`domain.md`, "Attendance")."""
    return Finding(
        code="live",
        title=_("You can be there live"),
        status=Status.MET if evidence.attends_live else Status.OPEN,
        needed=_("The sessions happen live and are not recorded."),
        next_step="" if evidence.attends_live else _("Look at the times and confirm"),
    )
