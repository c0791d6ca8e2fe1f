"""For how long confidential files of a portfolio are kept. Rules alone, no queries."""

from datetime import datetime, timedelta

from certification.candidacy.models import Candidacy

State = Candidacy.State
ENDED = (State.CERTIFIED, State.WITHDRAWN, State.CLOSED)


def kept_until(candidacy: Candidacy) -> datetime | None:
    """The moment at which excerpts and case material are destroyed; None while the way goes on.

    `domain.md`, product defaults: ``Edition.excerpt_days`` after the final decision and its appeal
    window (``appeal_days``), or after the candidacy closes or is withdrawn. The Edition is the one
    that the candidacy is pinned to.
    """
    edition = candidacy.edition
    if edition is None:
        return None
    kept = timedelta(days=edition.excerpt_days)
    if candidacy.state == State.CERTIFIED and candidacy.certified_at is not None:
        return candidacy.certified_at + timedelta(days=edition.appeal_days) + kept
    if candidacy.state == State.WITHDRAWN and candidacy.withdrawn_at is not None:
        return candidacy.withdrawn_at + kept
    if candidacy.state == State.CLOSED and candidacy.closed_at is not None:
        return candidacy.closed_at + kept
    return None


def told_from(candidacy: Candidacy) -> datetime | None:
    """From when on the candidate is told that the time is near; None while the way goes on."""
    until = kept_until(candidacy)
    if until is None or candidacy.edition is None:
        return None
    return until - timedelta(days=candidacy.edition.excerpt_notice_days)
