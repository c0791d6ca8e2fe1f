"""Files in trouble, of one person: held, not checked for an hour, and one that does not open."""

import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone

from scip.vault.models import Arrival, StoredFile

SECRET_NAME = "Session with Martha K.mp4"


def trouble_with_files(user: Any) -> None:
    """Two that wait to be checked, and one that was found damaged; one of each that is well."""
    now = timezone.now()
    for state, minutes in (("held", 5), ("arrived", 60), ("arrived", 1)):
        Arrival.objects.create(
            owner=user,
            purpose="excerpt",
            name=SECRET_NAME,
            size=9,
            received=9,
            allowed=[],
            state=state,
            arrived_at=now - timedelta(minutes=minutes),
        )
    for damaged_at in (now - timedelta(days=8), None):
        StoredFile.objects.create(
            owner=user,
            purpose="excerpt",
            original_name=SECRET_NAME,
            content_type="video/mp4",
            size=9,
            storage_name=secrets.token_hex(),
            wrapped_key=b"wrapped",
            key_id="key",
            chunk_size=9,
            damaged_at=damaged_at,
        )
