"""What two people pay each other for, from the text that both signed."""

from datetime import datetime

from scip.audit.services import record
from scip.states import lock
from supervision.models import Agreement, AgreementVersion, FeeBlock, SupervisionSession
from supervision.queries.agreements import in_force, versions_of
from supervision.queries.sessions import evidence_of
from supervision.requirements.fees import sessions_ahead


def open_blocks(
    agreement: Agreement, version: AgreementVersion, *, now: datetime
) -> list[FeeBlock]:
    """Blocks of a version that is signed by both; use inside the transaction that signs it.

    A later version replaces blocks of which nobody said that something was paid; the others
    stay with the rate under which they were begun. Phases that were walked with an earlier
    supervisor make no block.
    """
    edition = agreement.candidacy.edition
    if edition is None:
        return []
    kept = set()
    for row in FeeBlock.objects.filter(agreement=agreement, replaced_at=None):
        block = lock(row)
        if block.payments.filter(denied_at=None).exists():
            kept.add(block.phase)
            continue
        block.replaced_at = now
        block.save(update_fields=["replaced_at"])
    ahead = sessions_ahead(
        evidence_of(agreement.candidacy), edition=edition, agreement=agreement.pk
    )
    made = [
        FeeBlock.objects.create(
            agreement=agreement, version=version, phase=phase, sessions=count, created_at=now
        )
        for phase in SupervisionSession.Phase.values
        if (count := ahead[phase]) and phase not in kept
    ]
    if made:
        record(
            "feeblock.agreed",
            agreement,
            subject=agreement.audit_subject,
            version=version.number,
            blocks=len(made),
        )
    return made


def follow_ledger(agreement: Agreement, *, now: datetime) -> list[FeeBlock]:
    """Make the blocks of an active agreement anew where a session with an earlier supervisor, one
    that was confirmed afterwards, left fewer to be held. Blocks of which something was paid stay.
    Use inside the transaction that confirms it, under the agreement's lock."""
    version = in_force(versions_of(agreement))
    edition = agreement.candidacy.edition
    if version is None or edition is None:
        return []
    ahead = sessions_ahead(
        evidence_of(agreement.candidacy), edition=edition, agreement=agreement.pk
    )
    standing = FeeBlock.objects.filter(agreement=agreement, replaced_at=None)
    if all(row.sessions <= ahead[row.phase] for row in standing):
        return []
    return open_blocks(agreement, version, now=now)
