"""A plan of instalments: its days follow one another, whatever is moved; its papers show the whole."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import services
from payments.models import Charge
from payments.services import invoices
from scip.formats import day
from scip.requirements import Refusal
from tests.payments.test_charges import bank
from tests.payments.test_invoices import text_of

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


def test_what_earlier_money_pays_for_in_part_is_not_divided(charge, staff, as_user, make_charge):
    bank(charge, 100_000, by=staff)
    to = make_charge(charge.user, description="Autumn: tuition")
    services.replace_charge(charge, to, by=staff, reason="Moved to autumn")
    with pytest.raises(Refusal, match="Money from an earlier place pays for a part"):
        services.agree_instalments(to, later=[(1_000, to.due_at + 30 * DAY)], by=staff)
    page = as_user(staff).get(f"/admin/payments/charge/{to.pk}/change/").content.decode()
    assert "so it is not divided into instalments" in page
    assert "/act/instalments/" not in page


# --- The invoice of a part ---------------------------------------------------------------

PAYER = {"payer": "Clinic by the River", "address": "12 Mill Lane\nPorto", "country": "PT"}


def invoice_text(part: Charge) -> str:
    made = services.make_invoice(part, payer=PAYER, by=part.user)
    return text_of(invoices.render(made))


def test_an_invoice_of_a_part_shows_the_whole_the_part_and_what_remains(parts, staff):
    bank(parts[0], 100_000, by=staff)
    text = invoice_text(parts[1])
    assert "THE WHOLE PLAN" in text
    plan = text.split("THE WHOLE PLAN")[1].split("HOW TO PAY")[0]
    assert "paid" in plan.split("2, this invoice")[0]
    this = plan.split("2, this invoice")[1]
    assert this.count("USD 1,000") == 2
    assert "USD 895 remains after this invoice USD 2,895" in this


def test_an_invoice_of_the_first_part_counts_the_others_as_remaining(parts):
    text = invoice_text(parts[0])
    assert "1, this invoice" in text
    assert "USD 1,895 remains after this invoice USD 2,895" in text


def test_an_invoice_of_an_undivided_charge_has_no_plan(charge):
    assert "WHOLE PLAN" not in invoice_text(charge)
