"""The text of an agreement, who signed it, and which side somebody is on."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Exists, Min, OuterRef, Prefetch, QuerySet

from certification.candidacy.models import Candidacy
from supervision.models import (
    Agreement,
    AgreementVersion,
    Introduction,
    Recommendation,
    Signature,
)

Side = Signature.Side
Kind = AgreementVersion.Kind
BOTH = frozenset(Side.values)


def with_people(rows: QuerySet[Agreement]) -> QuerySet[Agreement]:
    """Agreements with both people and the candidate's edition."""
    return rows.select_related("candidacy__user", "candidacy__edition", "supervisor__user")


def side_of(agreement: Agreement, user: Any) -> str:
    """``candidate``, ``supervisor``, or empty for somebody who is neither."""
    if agreement.candidacy.user_id == user.pk:
        return Side.CANDIDATE
    if agreement.supervisor.user_id == user.pk:
        return Side.SUPERVISOR
    return ""


def accompanies(agreement: Agreement, user: Any) -> bool:
    """Is somebody the supervisor of this candidate today? One query."""
    if side_of(agreement, user) != Side.SUPERVISOR:
        return False
    return Agreement.objects.accompanied_by(user).filter(pk=agreement.pk).exists()


def is_former(agreement: Agreement, user: Any) -> bool:
    """Was somebody the supervisor, and is no more? What is the candidate's is closed to them."""
    return side_of(agreement, user) == Side.SUPERVISOR and not accompanies(agreement, user)


def later_ones(agreement: Agreement) -> QuerySet[Agreement]:
    """Agreements of the same candidate that began after this one was completed, whoever's. One that
    ended before its close leaves the earlier in its place, and is not among them."""
    return Agreement.objects.filter(
        candidacy=agreement.candidacy_id,
        state__in=[Agreement.State.ACTIVE, Agreement.State.COMPLETED],
        active_at__gte=agreement.completed_at,
    )


def is_followed(agreement: Agreement) -> bool:
    """Has the candidate gone on with another supervisor since this agreement was completed? One
    query."""
    if agreement.completed_at is None:
        return False
    return later_ones(agreement).exclude(supervisor=agreement.supervisor_id).exists()


def is_further(agreement: Agreement) -> bool:
    """Was it made for further sessions after the whole way? No other letter follows from it."""
    since = agreement.candidacy.further_since
    return since is not None and agreement.active_at is not None and agreement.active_at >= since


def over_of(agreement: Agreement) -> datetime | None:
    """From when on nothing more is held in an agreement; None while something may be.

    A completed one stays open to further sessions until its letter has gone to the committee or
    the candidate has gone on with somebody else: the earlier of the two.
    """
    if agreement.completed_at is None:
        return agreement.ended_at
    letters = Recommendation.objects.filter(
        agreement__candidacy=agreement.candidacy_id,
        agreement__supervisor=agreement.supervisor_id,
        sent_at__gte=agreement.completed_at,
    )
    ends = [
        letters.aggregate(first=Min("sent_at"))["first"],
        later_ones(agreement).aggregate(first=Min("active_at"))["first"],
    ]
    return min((moment for moment in ends if moment is not None), default=None)


def other_of(agreement: Agreement, user: Any) -> Any:
    """The other of the two people."""
    is_candidate = side_of(agreement, user) == Side.CANDIDATE
    return agreement.supervisor.user if is_candidate else agreement.candidacy.user


def versions_of(agreement: Agreement) -> list[AgreementVersion]:
    """All versions, newest first, with who drafted and who signed; two queries."""
    signatures = Prefetch("signatures", Signature.objects.order_by("signed_at"))
    rows = agreement.versions.select_related("drafted_by").prefetch_related(signatures)
    return list(rows.order_by("-number"))


def is_signed(version: AgreementVersion) -> bool:
    """Signed by both; looks at prefetched signatures."""
    return {row.side for row in version.signatures.all()} >= BOTH


def in_force(versions: Iterable[AgreementVersion]) -> AgreementVersion | None:
    """The newest version that both signed, of ``versions`` newest first."""
    return next((version for version in versions if is_signed(version)), None)


def canonical_text(version: AgreementVersion) -> str:
    """The text that is signed, the same bytes whoever writes it down and whenever.

    Line ends are those of Unix, every part stands under its name. No names of people: those
    may change, and stand beside the signatures as they were typed.
    """
    parts = (
        ("agreement", str(version.agreement_id)),
        ("version", str(version.number)),
        ("kind", version.kind),
        ("goals", version.goals),
        ("schedule", version.schedule),
        ("rate", f"{version.rate_cents} {version.currency}"),
        ("payment", version.payment_plan),
    )
    return "".join(
        f"{name}:\n{'\n'.join(line.rstrip() for line in text.strip().splitlines())}\n\n"
        for name, text in parts
    )


def text_hash(version: AgreementVersion) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(canonical_text(version).encode()).hexdigest()


def introductions_to_agree(user: Any) -> QuerySet[Introduction]:
    """Accepted introductions of somebody from which no agreement has come yet; one query."""
    known = Agreement.objects.filter(
        candidacy=OuterRef("candidacy"), supervisor=OuterRef("supervisor")
    ).exclude(state=Agreement.State.DISCARDED)
    return (
        Introduction.objects.visible_to(user)
        .filter(
            ~Exists(known),
            state=Introduction.State.ACCEPTED,
            candidacy__state__in=Candidacy.REGISTERED,
        )
        .select_related("candidacy__user", "supervisor__user")
        .order_by("-accepted_at")
    )
