"""Exchanges that cross: whoever agrees first has the place, the others find their question ended."""

import pytest
from django.db.models import Count

from consultations.models import Presentation, Swap
from consultations.services import rota
from tests.consultations.test_rota import BEFORE, make_group
from tests.races import tally

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_place_asked_of_several_changes_hands_once():
    """One person asks three others for their places with the same own one; all agree at once."""
    found, people, leader = make_group(8)
    rota.lay_out_rota(found, by=leader, now=BEFORE)
    mine = Presentation.objects.filter(enrolment=people[0]).order_by("session__number").first()
    taken = Presentation.objects.filter(enrolment=people[0]).values("session")
    theirs = list(
        Presentation.objects.exclude(session__in=taken)
        .exclude(enrolment__presentations__session=mine.session)
        .order_by("pk")[:3]
    )
    assert len(theirs) == 3
    before = {row.pk: row.enrolment_id for row in theirs}
    swaps = [rota.ask_to_swap(mine, row, by=people[0].user, now=BEFORE) for row in theirs]
    outcomes = tally(
        *[
            lambda swap=swap, row=row: rota.agree_to_swap(swap, by=row.enrolment.user, now=BEFORE)
            for swap, row in zip(swaps, theirs, strict=True)
        ]
    )
    assert outcomes == {"done": 1, "refused": 2}
    states = Swap.objects.values("state").annotate(n=Count("pk")).values_list("state", "n")
    assert dict(states) == {"agreed": 1, "withdrawn": 2}
    agreed = Swap.objects.get(state="agreed")
    mine.refresh_from_db()
    after = dict(Presentation.objects.filter(pk__in=before).values_list("pk", "enrolment_id"))
    moved = {pk for pk in before if after[pk] != before[pk]}
    assert moved == {agreed.asked_id}
    assert (mine.enrolment_id, after[agreed.asked_id]) == (before[agreed.asked_id], people[0].pk)
