"""What follows when a session is confirmed: the active agreement completes once everything counts."""

from collections.abc import Collection
from datetime import datetime

from certification.candidacy.models import Candidacy
from scip.requirements import Finding
from scip.states import lock
from supervision.emails import sessions as emails
from supervision.models import Agreement, Recommendation, SupervisionSession
from supervision.queries.agreements import is_further
from supervision.queries.sessions import evidence_of
from supervision.requirements.ledger import ledger_findings
from supervision.requirements.recommendations import may_recommend
from supervision.services.agreements import complete_agreement, tell_when_assessed
from supervision.services.fee_blocks import follow_ledger


def follow_confirmation(session: SupervisionSession, *, now: datetime) -> None:
    """Draw the consequences of a session confirmed just now, its candidacy under its lock.

    The ledger is the candidate's: a session with an earlier supervisor may be the last one that was
    missing, so it is their active agreement, whoever's it is, that completes, and its fee blocks
    that follow.
    """
    agreement = active_of(session.candidacy)
    if session.phase == SupervisionSession.Phase.ASSESSMENT:
        tell_when_assessed(agreement or session.agreement)
    if agreement is None:
        return
    if agreement.pk != session.agreement_id:
        follow_ledger(agreement, now=now)
    complete(agreement, now=now)


def unmet_in(candidacy: Candidacy) -> list[Finding]:
    """What the ledger lacks of what the candidate's edition asks for."""
    edition = candidacy.edition
    if edition is None:
        return []
    findings = ledger_findings(evidence_of(candidacy), edition=edition)
    return [item for item in findings if not item.is_met]


def tell_when_short(correction: SupervisionSession, *, before: Collection[str]) -> None:
    """Tell the two of a completed agreement that a correction left the ledger with less than the
    edition asks for: no letter to the committee follows from it as it is. What was unmet
    ``before`` it (codes of findings) is no news."""
    rows = Agreement.objects.accompanied().filter(candidacy=correction.candidacy_id)
    agreement = (
        rows.filter(state=Agreement.State.COMPLETED)
        .select_related("candidacy__user", "supervisor__user")
        .first()
    )
    if agreement is None:
        return
    unmet = unmet_in(correction.candidacy)
    if any(item.code not in before for item in unmet):
        emails.left_short(agreement, correction, unmet)


def active_of(candidacy: Candidacy) -> Agreement | None:
    """The candidate's active agreement under its lock; there is one at most."""
    row = Agreement.objects.filter(candidacy=candidacy, state=Agreement.State.ACTIVE).first()
    if row is None:
        return None
    agreement = lock(row)
    agreement.candidacy = candidacy
    return agreement


def complete(agreement: Agreement, *, now: datetime) -> bool:
    """Complete an active agreement once everything that its edition asks for counts and its
    supervisor may write the letter: one who took over after the close meets the person first.
    One that began after a "not yet" goes on until the next letter recommends; one that began when
    the committee had asked for more goes on until one of the two ends it, or certification."""
    edition = agreement.candidacy.edition
    if edition is None or begun_after_not_yet(agreement) or is_further(agreement):
        return False
    evidence = evidence_of(agreement.candidacy)
    findings = may_recommend(evidence, edition=edition, agreement=agreement.pk)
    if not all(item.is_met for item in findings):
        return False
    complete_agreement(agreement, now=now)
    emails.supervision_completed(agreement)
    return True


def begun_after_not_yet(agreement: Agreement) -> bool:
    """Was it made to go on together after a letter that did not recommend yet?"""
    letters = Recommendation.objects.filter(
        agreement__candidacy=agreement.candidacy,
        outcome=Recommendation.Outcome.NOT_YET,
        sent_at__lte=agreement.active_at,
    )
    return letters.exists()
