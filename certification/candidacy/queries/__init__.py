"""What other apps and pages ask about candidacies."""

from certification.candidacy.queries.registration import (
    Standing,
    current_candidacy,
    edition_of,
    standing_from,
    standing_json,
    standing_of,
)

__all__ = [
    "Standing",
    "current_candidacy",
    "edition_of",
    "standing_from",
    "standing_json",
    "standing_of",
]
