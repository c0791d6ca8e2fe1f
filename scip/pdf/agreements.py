"""A supervision agreement on paper: the text, the names under it, and the hash that ties them."""

from dataclasses import dataclass
from datetime import datetime

from scip.pdf.papers import Paper


@dataclass(frozen=True, slots=True)
class SignedName:
    """A typed name, whose side it stands for, and when it was typed."""

    side: str
    name: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class SignedAgreement:
    """One version of an agreement. ``rate_cents`` is for one session, in cents of ``currency``."""

    organisation: str
    reference: str
    kind: str
    drafted_at: datetime
    candidate: str
    supervisor: str
    goals: str
    schedule: str
    rate_cents: int
    currency: str
    payment_plan: str
    text_sha256: str
    names: tuple[SignedName, ...] = ()


def render_agreement(agreement: SignedAgreement, paper: Paper) -> bytes:
    """The agreement as an upright PDF; raises ForbiddenFetch as `render` does."""
    # Loaded when something is drawn: WeasyPrint is half of a process's start.
    from scip.pdf.rendering import render

    return render("pdf/supervision_agreement.html", {"agreement": agreement}, paper=paper)
