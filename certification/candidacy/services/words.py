"""Somebody's word on their client sessions, kept as a row that nobody changes."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Attestation, Candidacy
from scip.audit.services import fingerprint, record
from scip.requirements import Refusal


def keep_word(
    candidacy: Candidacy,
    *,
    client_sessions: int,
    clients: int,
    wording: str,
    name_typed: str,
    now: datetime | None = None,
) -> Attestation:
    """Add an attestation to a candidacy that is under its lock, for whoever may take one now.

    Raises Refusal for figures that cannot be and for an empty name.
    """
    refuse_impossible(client_sessions, clients, wording=wording, name_typed=name_typed)
    attestation = Attestation.objects.create(
        candidacy=candidacy,
        client_sessions=client_sessions,
        clients=clients,
        wording=wording,
        name_typed=name_typed.strip(),
        attested_at=now or timezone.now(),
    )
    record(
        "attestation.made",
        attestation,
        by=candidacy.user,
        subject=candidacy.user,
        client_sessions=client_sessions,
        clients=clients,
        wording=fingerprint(wording),
    )
    return attestation


def refuse_impossible(client_sessions: int, clients: int, *, wording: str, name_typed: str) -> None:
    """Raise Refusal for figures that cannot be, and without a name or a sentence."""
    if clients < 1 or client_sessions < clients:
        raise Refusal(
            _("Each client counts with at least one session. Please look at the two figures again.")
        )
    if not name_typed.strip() or not wording.strip():
        raise Refusal(_("Please type your name below the sentence. Nothing was lost."))
