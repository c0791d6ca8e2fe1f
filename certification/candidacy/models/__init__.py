"""Registering for certification, and the facts that it rests on."""

from certification.candidacy.models.candidacies import Attestation, Candidacy, Leave
from certification.candidacy.models.equivalency import EquivalencyCase, EquivalencyItem
from certification.candidacy.models.retreats import Retreat, RetreatDeferral
from certification.candidacy.models.windows import WindowMove

__all__ = [
    "Attestation",
    "Candidacy",
    "EquivalencyCase",
    "EquivalencyItem",
    "Leave",
    "Retreat",
    "RetreatDeferral",
    "WindowMove",
]
