"""Somebody asked to read for each of the pair, and a seat with its term."""

from datetime import timedelta

from django.utils import timezone

from certification.review.models import Assignment
from scip.accounts.models import Role, RoleGrant
from tests import world
from tests.architecture.places import PAIR, House


def add_committee(house: House) -> None:
    """A reader of the committee who is none of the personas, asked but not answering."""
    reader = world.make_user("reader@example.org", Role.REVIEWER)
    now = timezone.now()
    house.common["seat"] = RoleGrant.objects.get(user=reader)
    for whose in PAIR:
        row = Assignment.objects.create(
            submission=house.things[whose]["submission"],
            member=reader,
            seat=Assignment.Seat.REVIEWER,
            answer_due_at=now + timedelta(days=5),
            due_at=now + timedelta(days=18),
        )
        house.things[whose] |= {
            "asked_reader": row,
            "reader_act": {"pk": row.pk, "verb": "remind"},
        }
