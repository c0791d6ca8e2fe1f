"""What the pair asked of us about their own data."""

from datetime import timedelta

from django.utils import timezone

from scip.privacy.models import ErasureRequest
from tests.architecture.places import PAIR, House, canary


def add_requests(house: House) -> None:
    """A request to be erased that waits, for each."""
    for whose in PAIR:
        user = house.people[whose]
        house.things[whose]["erasure"] = ErasureRequest.objects.create(
            person=user,
            asked_by=user,
            due_at=timezone.now() + timedelta(days=14),
            letter_note=canary(whose, "office"),
        )
