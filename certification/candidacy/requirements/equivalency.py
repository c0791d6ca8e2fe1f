"""What a case for credit needs before it can be sent, and before it can be decided."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from certification.candidacy.models import EquivalencyItem
from scip.credentials.models import Level
from scip.requirements import Finding, Status

Verdict = EquivalencyItem.Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """One piece of evidence: which level it is for, and what the office made of it."""

    level: str
    verdict: str


def sending_findings(statement: str, items: Sequence[ItemFacts]) -> tuple[Finding, ...]:
    """``statement`` and ``items``: a few words, and at least one piece of evidence."""
    return (
        Finding(
            code="statement",
            title=_("Your words"),
            status=Status.MET if statement.strip() else Status.OPEN,
            needed="" if statement.strip() else _("A few sentences about what you did, and when."),
        ),
        Finding(
            code="items",
            title=_("What shows it"),
            status=Status.MET if items else Status.OPEN,
            needed=""
            if items
            else _("At least one entry: a course, a group, a portfolio, hours of supervision."),
        ),
    )


def decision_findings(
    items: Sequence[ItemFacts], *, levels: Collection[str]
) -> tuple[Finding, ...]:
    """``judged``: the office has looked at every item. For each level to be credited
    ``accepted_<letter>``: at least one item counts for it (issue text: "evidence item by item
    mapped to today's requirements, staff decision with reason")."""
    open_items = sum(item.verdict == Verdict.OPEN for item in items)
    found = [
        Finding(
            code="judged",
            title=_("Every item looked at"),
            status=Status.OPEN if open_items else Status.MET,
            found=_("{count} not looked at yet.").format(count=open_items) if open_items else "",
        )
    ]
    for level in sorted(levels):
        counts = any(item.level == level and item.verdict == Verdict.ACCEPTED for item in items)
        found.append(
            Finding(
                code=f"accepted_{level.lower()}",
                title=_("Something counts for {level}").format(level=Level(level).label),
                status=Status.MET if counts else Status.OPEN,
            )
        )
    return tuple(found)
