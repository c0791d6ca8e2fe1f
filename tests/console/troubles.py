"""Files in trouble, of one person: held, not checked for an hour, and one that does not open; and a
letter that a panel sent back."""

import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone

from certification.review.models import Appeal
from scip.vault.models import Arrival, StoredFile
from supervision.models import Agreement, Recommendation

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


def sent_back(agreement: Agreement) -> None:
    """A "not yet" that two others asked its supervisor to look at again, yesterday."""
    yesterday = timezone.now() - timedelta(days=1)
    letter = Recommendation.objects.create(
        agreement=agreement,
        state="sent",
        outcome="not_yet",
        key_elements="Shame.",
        assessment="Growing.",
        reflections="Warm.",
        guidance="More time.",
        sent_at=yesterday - timedelta(days=9),
        remanded_at=yesterday,
        instructions="Look at session 7.",
    )
    Appeal.objects.create(
        candidacy=agreement.candidacy,
        recommendation=letter,
        state="decided",
        outcome="remanded",
        statement="What I see differently.",
        reasons="We see more.",
        instructions="Look at session 7.",
        until_at=yesterday,
        filed_at=yesterday - timedelta(days=8),
        decided_at=yesterday,
    )
