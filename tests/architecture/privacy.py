"""What the pair asked of us about their own data."""

from datetime import timedelta

from django.utils import timezone

from scip.privacy.models import DataExport, ErasureRequest, ExportPart
from tests.architecture.places import PAIR, House, canary
from tests.privacy.exporting import hand_in


def add_requests(house: House) -> None:
    """A request to be erased that waits, and a copy that can be fetched, for each."""
    for whose in PAIR:
        user = house.people[whose]
        house.things[whose]["erasure"] = ErasureRequest.objects.create(
            person=user,
            asked_by=user,
            due_at=timezone.now() + timedelta(days=14),
            letter_note=canary(whose, "office"),
        )
        now = timezone.now()
        export = DataExport.objects.create(
            person=user, state="ready", ready_at=now, until_at=now + timedelta(days=7)
        )
        words = canary(whose, "journal")
        archive = hand_in(user, words.encode(), name=f"{words}.zip", purpose="export")
        part = ExportPart.objects.create(export=export, number=1, archive=archive, made_at=now)
        house.things[whose] |= {
            "copy": export,
            "copy_part": {"pk": export.pk, "number": 1},
            "copy_file": part,
        }
