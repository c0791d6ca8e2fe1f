"""Fees between candidate and supervisor: counts of the Edition × the agreed rate.

`domain.md`, "Fees": paid directly to the supervisor, each block up front unless agreed
otherwise; CMSC records and never collects.
"""

from scip.policy.models import Edition
from supervision.models import SupervisionSession
from supervision.requirements.ledger import LedgerEvidence, counted, needed_in


def sessions_ahead(
    evidence: LedgerEvidence, *, edition: Edition, agreement: int | None
) -> dict[str, int]:
    """How many sessions of each phase this agreement is for: what the edition asks, without
    those that count already from another agreement; with none, from any."""
    return {
        phase: max(
            needed_in(phase, edition)
            - sum(
                item.agreement != agreement for item in counted(evidence, phase, edition=edition)
            ),
            0,
        )
        for phase in SupervisionSession.Phase.values
    }
