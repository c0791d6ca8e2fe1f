"""Recommendations: the author reads the letter, the candidate its outcome."""

from collections.abc import Collection
from typing import Any

from supervision.models import Agreement, Recommendation
from supervision.queries.sessions import evidence_of
from supervision.requirements.ledger import ledger_findings
from supervision.requirements.recommendations import Told

State = Recommendation.State


def told_of(candidacy_ids: Collection[int]) -> dict[int, Told]:
    """The recommendation in force of each candidacy, as its candidate may know it; one query.

    The letter's own parts are not even read.
    """
    rows = (
        Recommendation.objects.filter(agreement__candidacy__in=candidacy_ids, state=State.SENT)
        .order_by("sent_at", "pk")
        .values(
            "agreement__candidacy_id",
            "agreement_id",
            "agreement__supervisor__user__name",
            "outcome",
            "sent_at",
            "guidance",
        )
    )
    return {
        row["agreement__candidacy_id"]: Told(
            agreement=row["agreement_id"],
            supervisor=row["agreement__supervisor__user__name"],
            outcome=row["outcome"],
            sent_at=row["sent_at"],
            guidance=row["guidance"],
        )
        for row in rows
        if row["sent_at"] is not None
    }


def is_recommended(agreement: Agreement) -> bool:
    """Does a recommendation of this candidate, whoever wrote it, rest on the record? One query."""
    rows = Recommendation.objects.filter(
        agreement__candidacy=agreement.candidacy_id,
        state=State.SENT,
        outcome=Recommendation.Outcome.RECOMMENDED,
    )
    return rows.exists()


def may_go_on(agreement: Agreement) -> bool:
    """Could the two make another agreement: theirs is completed, none is alive, and the last letter
    said "not yet" or a correction left the ledger with less than it asks for?"""
    if agreement.state != Agreement.State.COMPLETED:
        return False
    if Agreement.objects.filter(candidacy=agreement.candidacy_id).alive().exists():
        return False
    told = told_of([agreement.candidacy_id]).get(agreement.candidacy_id)
    if told is not None:
        return not told.is_recommended
    edition = agreement.candidacy.edition
    if edition is None:
        return False
    findings = ledger_findings(evidence_of(agreement.candidacy), edition=edition)
    return not all(item.is_met for item in findings)


def written_by(user: Any, agreement: Agreement) -> list[Recommendation]:
    """What somebody wrote in an agreement, newest first; empty for everybody but the author."""
    return list(
        Recommendation.objects.visible_to(user).filter(agreement=agreement).order_by("-created_at")
    )


def draft_in(rows: list[Recommendation]) -> Recommendation | None:
    """The one that is being written."""
    return next((row for row in rows if row.state == State.DRAFT), None)
