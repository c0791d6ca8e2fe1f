"""Papers about supervision that are drawn when somebody asks for them."""

from scip.pdf.agreements import SignedAgreement, SignedName
from supervision.models import Agreement, AgreementVersion, Signature
from supervision.queries.agreements import text_hash


def paper_copy(agreement: Agreement, version: AgreementVersion) -> SignedAgreement:
    """What the PDF shows."""
    edition = agreement.candidacy.edition
    return SignedAgreement(
        organisation=edition.organisation if edition else "",
        reference=f"{agreement.pk}/{version.number}",
        kind=str(AgreementVersion.Kind(version.kind).label),
        drafted_at=version.drafted_at,
        candidate=str(agreement.candidacy.user),
        supervisor=str(agreement.supervisor),
        goals=version.goals,
        schedule=version.schedule,
        rate_cents=version.rate_cents,
        currency=version.currency,
        payment_plan=version.payment_plan,
        text_sha256=text_hash(version),
        names=tuple(
            SignedName(
                side=str(Signature.Side(row.side).label),
                name=row.name_typed,
                signed_at=row.signed_at,
            )
            for row in sorted(version.signatures.all(), key=lambda row: row.signed_at)
        ),
    )
