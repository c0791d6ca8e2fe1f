"""What is handed in, what was frozen of it, who reads it, what is decided, and what is appealed."""

from certification.review.models.appeals import (
    Appeal,
    AppealDocument,
    AppealOutcome,
    PanelSeat,
    Recourse,
)
from certification.review.models.committee import (
    DECLARABLE,
    MAY_BE_ALLOWED,
    Assignment,
    DeclaredTie,
    EndReason,
    Question,
    Tie,
)
from certification.review.models.decisions import Ask, Decision, Response
from certification.review.models.emergencies import FrozenAccess
from certification.review.models.letters import ApplicationLetter
from certification.review.models.readings import ReadingNotes, View, ViewLine
from certification.review.models.snapshots import Dossier, Snapshot
from certification.review.models.submissions import NotToRead, Submission

__all__ = [
    "DECLARABLE",
    "MAY_BE_ALLOWED",
    "Appeal",
    "AppealDocument",
    "AppealOutcome",
    "ApplicationLetter",
    "Ask",
    "Assignment",
    "Decision",
    "DeclaredTie",
    "Dossier",
    "EndReason",
    "FrozenAccess",
    "NotToRead",
    "PanelSeat",
    "Question",
    "ReadingNotes",
    "Recourse",
    "Response",
    "Snapshot",
    "Submission",
    "Tie",
    "View",
    "ViewLine",
]
