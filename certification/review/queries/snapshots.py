"""What was frozen, as values; read only where the texts are what was hashed."""

import json
from typing import Any

from certification.review.models import Snapshot


def content_of(snapshot: Snapshot) -> dict[str, Any]:
    """What was frozen, as values. Raises ValueError where the texts are not what was hashed, and
    after they were erased."""
    if snapshot.erased_at is not None:
        raise ValueError("This submission was erased.")
    if not snapshot.is_content_true:
        raise ValueError(f"Snapshot {snapshot.pk} is not what was frozen.")
    found: dict[str, Any] = json.loads(snapshot.content)
    return found


def recommendation_in(snapshot: Snapshot) -> dict[str, Any]:
    """The supervisor's letter, for the committee alone. Raises ValueError as `content_of`."""
    content_of(snapshot)
    if not snapshot.is_true:
        raise ValueError(f"The letter of snapshot {snapshot.pk} is not what was frozen.")
    found: dict[str, Any] = json.loads(snapshot.recommendation)
    return found
