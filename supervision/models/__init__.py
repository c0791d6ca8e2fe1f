"""Supervisors, introductions, agreements, the ledger of sessions, what is said and what is paid."""

from supervision.models.agreements import Agreement, AgreementVersion, Plan, Signature
from supervision.models.competencies import Competency, DevelopmentalLevel, Rating
from supervision.models.fees import FeeBlock, FeePayment
from supervision.models.introductions import Introduction
from supervision.models.notes import Feedback, JournalEntry, PrivateNote
from supervision.models.recommendations import Handover, Recommendation
from supervision.models.sessions import (
    Appointment,
    CaseMaterial,
    MaterialOpening,
    SupervisionSession,
)
from supervision.models.supervisors import (
    Approval,
    Invitation,
    Supervisor,
    SupervisorApplication,
)

__all__ = [
    "Agreement",
    "AgreementVersion",
    "Appointment",
    "Approval",
    "CaseMaterial",
    "Competency",
    "DevelopmentalLevel",
    "FeeBlock",
    "FeePayment",
    "Feedback",
    "Handover",
    "Introduction",
    "Invitation",
    "JournalEntry",
    "MaterialOpening",
    "Plan",
    "PrivateNote",
    "Rating",
    "Recommendation",
    "Signature",
    "SupervisionSession",
    "Supervisor",
    "SupervisorApplication",
]
