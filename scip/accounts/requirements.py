"""What a person brings before Level A, as explainable findings.

`domain.md`, "Prerequisites": a licence, supervised practice or studies; a full MSC
programme; liability insurance; clinical practice. Evidence that expires opens its finding
again; it brings reminders, never a lock-out in between two gates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scip.accounts.models import Prerequisite
from scip.formats import day
from scip.requirements import Finding, Status

Kind = Prerequisite.Kind

NEEDED: Mapping[str, Promise] = {
    Kind.STANDING: gettext_lazy(
        "A licence in a mental-health profession, practice under supervision, "
        "or graduate studies in a psychotherapy-related field."
    ),
    Kind.MSC: gettext_lazy(
        "A completed full MSC programme: 8-week, 10-week Live Online or 5-day Intensive."
    ),
    Kind.INSURANCE: gettext_lazy(
        "Active professional liability insurance. Cover through a school or employer counts."
    ),
    Kind.PRACTICE: gettext_lazy("Clinical practice at present, so that you can bring it to life."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePiece:
    """One record as it stands: what it says, until when it holds, since when it waits."""

    description: str
    expires_on: date | None = None
    submitted_at: datetime | None = None
    return_reason: str = ""

    def has_expired(self, as_of: date) -> bool:
        """Past its last day; it holds through the day that it names."""
        return self.expires_on is not None and self.expires_on < as_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PrerequisiteEvidence:
    """A person's current records by kind, at most one in each state (newest wins)."""

    verified: Mapping[str, EvidencePiece] = field(default_factory=dict)
    submitted: Mapping[str, EvidencePiece] = field(default_factory=dict)
    returned: Mapping[str, EvidencePiece] = field(default_factory=dict)


def prerequisite_findings(
    evidence: PrerequisiteEvidence, *, as_of: date, msc_due_on: date | None
) -> tuple[Finding, ...]:
    """The four findings (``standing``, ``msc``, ``insurance``, ``practice``) on a day.

    ``msc_due_on`` is the day until which a conditional admission lets MSC wait: it shows as
    LATER until then and as OPEN afterwards. Sent and not yet checked is WAITING for the
    office; returned and expired are OPEN.
    """
    return tuple(
        prerequisite_finding(
            evidence, kind, as_of=as_of, due_on=msc_due_on if kind == Kind.MSC else None
        )
        for kind in Kind
    )


def prerequisite_finding(
    evidence: PrerequisiteEvidence, kind: Kind, *, as_of: date, due_on: date | None = None
) -> Finding:
    """One finding; see `prerequisite_findings`."""
    verified = evidence.verified.get(kind)
    submitted = evidence.submitted.get(kind)
    returned = evidence.returned.get(kind)
    if verified is not None and not verified.has_expired(as_of):
        return met(kind, verified, renewal=submitted, returned=returned)
    if submitted is not None and not submitted.has_expired(as_of):
        return waiting(kind, submitted)
    found = what_is_there(verified, submitted, returned, as_of)
    if due_on is not None and as_of <= due_on:
        return Finding(
            code=kind.value,
            title=kind.label,
            status=Status.LATER,
            needed=_("It can wait until {day}; Level B needs it.").format(day=day(due_on)),
            found=found,
            next_step=_("Add it when you have it"),
            url=page_of(kind),
        )
    return Finding(
        code=kind.value,
        title=kind.label,
        status=Status.OPEN,
        needed=NEEDED[kind],
        found=found,
        next_step=_("Correct it and send it again") if returned else _("Add it with a document"),
        url=page_of(kind),
    )


def met(
    kind: Kind,
    piece: EvidencePiece,
    *,
    renewal: EvidencePiece | None,
    returned: EvidencePiece | None,
) -> Finding:
    """A verified record that holds; a renewal on its way is named, a returned one too."""
    found = piece.description
    if piece.expires_on is not None:
        found = _("{what}, until {day}.").format(what=found, day=day(piece.expires_on))
    if renewal is not None:
        found = _("{what} Your newer document is with the office.").format(what=found)
    elif returned is not None:
        found = _("{what} Your newer document came back: {reason}").format(
            what=found, reason=returned.return_reason
        )
    return Finding(
        code=kind.value,
        title=kind.label,
        status=Status.MET,
        found=found,
        next_step=_("Look at it or renew it"),
        url=page_of(kind),
    )


def waiting(kind: Kind, piece: EvidencePiece) -> Finding:
    return Finding(
        code=kind.value,
        title=kind.label,
        status=Status.WAITING,
        found=piece.description,
        waiting_for=_("the office"),
        since=piece.submitted_at,
        next_step=_("See what you sent"),
        url=page_of(kind),
    )


def what_is_there(
    verified: EvidencePiece | None,
    submitted: EvidencePiece | None,
    returned: EvidencePiece | None,
    as_of: date,
) -> str:
    """Why an open finding is open, in a sentence; empty if nothing was sent yet."""
    if returned is not None:
        return _("The office asks: {reason}").format(reason=returned.return_reason)
    for piece in (submitted, verified):
        if piece is not None and piece.expires_on is not None and piece.has_expired(as_of):
            return _("Your document ended on {day}.").format(day=day(piece.expires_on))
    return ""


def page_of(kind: str) -> str:
    """The page on which a person adds or renews this kind."""
    return reverse("profile:prerequisite", args=[kind])
