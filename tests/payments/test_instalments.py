"""A plan of instalments: its days follow one another, whatever is moved; its papers show the whole."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import services
from payments.models import Charge
from scip.formats import day
from scip.requirements import Refusal
from tests.payments.test_charges import bank

DAY = timedelta(days=1)


@pytest.fixture
def parts(charge: Charge, staff) -> list[Charge]:
    """Three parts a month apart, the first due in three days."""
    later = [(100_000, charge.due_at + 30 * DAY), (89_500, charge.due_at + 60 * DAY)]
    return services.agree_instalments(charge, later=later, by=staff)


def written(charge: Charge) -> str:
    return day(charge.due_at.astimezone(charge.user.zone).date())


def move(charge: Charge, due_at, staff) -> None:
    services.extend_due(charge, due_at=due_at, by=staff, reason="Ill")


@pytest.mark.parametrize(("number", "other"), [(0, 1), (0, 2), (1, 2)])
def test_more_time_does_not_pass_over_a_later_instalment(parts, staff, number, other):
    before = parts[number].due_at
    with pytest.raises(Refusal, match="The instalment after this one is due on") as refused:
        move(parts[number], parts[other].due_at, staff)
    assert written(parts[number + 1]) in str(refused.value.sentence)
    parts[number].refresh_from_db()
    assert parts[number].due_at == before


def test_more_time_does_not_come_before_an_earlier_instalment(parts, staff):
    with pytest.raises(Refusal, match="The instalment before this one is due on"):
        move(parts[1], parts[0].due_at, staff)


def test_between_its_neighbours_a_day_moves_freely(parts, staff):
    move(parts[2], parts[2].due_at + 30 * DAY, staff)
    move(parts[1], parts[1].due_at + 30 * DAY, staff)
    move(parts[0], parts[1].due_at - DAY, staff)
    days = list(Charge.objects.order_by("pk").values_list("due_at", flat=True))
    assert days == sorted(set(days))


def test_what_is_paid_or_cancelled_is_nobodys_neighbour(parts, staff):
    bank(parts[0], 100_000, by=staff)
    move(parts[1], timezone.now() + DAY, staff)
    services.cancel_charge(parts[2], by=staff, reason="Agreed")
    move(parts[1], parts[2].due_at + DAY, staff)
    parts[1].refresh_from_db()
    assert parts[1].due_at == parts[2].due_at + DAY


def test_the_office_reads_the_sentence_and_keeps_what_it_typed(parts, staff, as_user):
    address = f"/admin/payments/charge/{parts[0].pk}/act/extend/"
    far = (parts[1].due_at + DAY).date().isoformat()
    page = as_user(staff).post(address, {"due_on": far, "reason": "Ill"}).content.decode()
    assert f"The instalment after this one is due on {written(parts[1])}." in page
    assert f'value="{far}"' in page
