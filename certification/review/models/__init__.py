"""What is handed in, what was frozen of it, and the papers made from that."""

from certification.review.models.letters import ApplicationLetter
from certification.review.models.snapshots import Dossier, Snapshot
from certification.review.models.submissions import NotToRead, Submission

__all__ = ["ApplicationLetter", "Dossier", "NotToRead", "Snapshot", "Submission"]
