"""The books: what was booked stays, every line balances, and the sums explain themselves."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from payments import services
from payments.models import Adjustment, Charge, DisputeStep, LedgerLine, Payment, Receipt, Refund
from scip.accounts.models import User
from scip.requirements import Refusal
from tests.payments.disputes import disputed, go_on
from tests.payments.test_charges import bank
from tests.world import make_user


def balances() -> dict[str, int]:
    """Debits less credits per account, in cents; accounts that are even are left out."""
    sums: dict[str, int] = defaultdict(int)
    for line in LedgerLine.objects.all():
        sums[line.debit] += line.amount_cents
        sums[line.credit] -= line.amount_cents
    return {account: cents for account, cents in sums.items() if cents}


def test_a_paid_charge_moves_from_what_is_owed_to_the_bank(charge, staff):
    assert balances() == {"receivable": 289_500, "income": -289_500}
    bank(charge, 289_500, by=staff)
    assert balances() == {"bank": 289_500, "income": -289_500}


def test_every_line_leads_to_its_person_and_charge(charge, staff):
    bank(charge, 289_500, by=staff)
    services.cancel_charge(charge, by=staff, reason="Moved", refund_cents=289_500)
    services.record_returned(charge.refunds.get(), reference="T-9", by=staff)
    lines = LedgerLine.objects.order_by("posted_at", "line")
    assert {line.kind for line in lines} == {"charge", "payment", "adjustment", "refund"}
    assert {(line.charge_id, line.user_id) for line in lines} == {(charge.pk, charge.user_id)}
    assert balances() == {}


def test_a_lost_dispute_makes_the_amount_due_again(charge, staff):
    payment = bank(charge, 289_500, by=staff)
    disputed(payment, "open", "lost")
    assert services.balance(charge).due_cents == 289_500
    assert {line.kind for line in LedgerLine.objects.filter(charge=charge)} >= {
        "dispute",
        "dispute_lost",
    }
    assert balances()["receivable"] == 289_500


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["won"], {"bank": 289_500, "income": -289_500}),
        (["lost"], {"bank": 289_500, "stripe": -289_500}),
        (["lost", "won"], {"bank": 289_500, "income": -289_500}),
        (["won", "lost"], {"bank": 289_500, "stripe": -289_500}),
        (["won", "lost", "won"], {"bank": 289_500, "income": -289_500}),
        (["won", "open", "lost", "won", "lost"], {"bank": 289_500, "stripe": -289_500}),
        (["closed", "open", "won"], {"bank": 289_500, "income": -289_500}),
    ],
)
def test_a_case_decided_again_and_again_keeps_every_line(charge, staff, steps, expected):
    """The lines of earlier decisions stay; the accounts end as after the last one."""
    payment = bank(charge, 289_500, by=staff)
    start = timezone.now()
    dispute = disputed(payment, "open", now=start)
    seen: list[dict] = []
    for days, step in enumerate(steps, 1):
        go_on(dispute, step, now=start + timedelta(days=days))
        lines = list(
            LedgerLine.objects.filter(kind__startswith="dispute").order_by("line").values()
        )
        assert all(line in lines for line in seen), "a line was changed"
        seen = lines
    state = steps[-1]
    sums = balances()
    if state == "lost":
        assert sums.pop("receivable") == 289_500
        assert sums.pop("income") == -289_500
    assert sums == expected
    kinds = LedgerLine.objects.filter(charge=charge).values_list("kind", flat=True)
    decided = [step for step in steps if step != "open"]
    assert len([kind for kind in kinds if kind.startswith("dispute_")]) == len(decided)


def test_a_refund_that_did_not_arrive_is_booked_back(charge, staff):
    bank(charge, 289_500, by=staff)
    services.cancel_charge(charge, by=staff, reason="Moved", refund_cents=289_500)
    refund = charge.refunds.get()
    services.record_returned(refund, reference="T-9", by=staff)
    Refund.objects.filter(pk=refund.pk).update(state="failed", failed_at=timezone.now())
    assert balances() == {"bank": 289_500, "receivable": -289_500}
    assert services.balance(charge).to_return_cents == 289_500


def test_one_reads_only_one_s_own_lines(charge, staff, participant):
    stranger = make_user("stranger@example.org")
    assert LedgerLine.objects.visible_to(participant).count() == 1
    assert LedgerLine.objects.visible_to(staff).count() == 1
    assert LedgerLine.objects.visible_to(stranger).count() == 0


CHANGES = {
    Charge: {"amount_cents": 1, "currency": "EUR", "purpose": "other", "refund_steps": []},
    Payment: {"amount_cents": 1, "currency": "EUR", "reference": "x"},
    Adjustment: {"amount_cents": -1, "reason": "other"},
    Refund: {"amount_cents": 1, "reason": "other"},
    Receipt: {"number": 99, "facts": {}},
    DisputeStep: {"amount_cents": 1, "after": "won", "happened_at": timezone.now()},
}


@pytest.fixture
def booked(charge: Charge, staff: User) -> Charge:
    payment = bank(charge, 289_500, by=staff)
    services.cancel_charge(charge, by=staff, reason="Moved", refund_cents=100_000)
    disputed(payment, "open", cents=100)
    return charge


@pytest.mark.parametrize("model", CHANGES, ids=lambda model: model.__name__)
def test_what_was_booked_stays(booked, model):
    for field, value in CHANGES[model].items():
        with pytest.raises(IntegrityError, match="is booked"), transaction.atomic():
            model.objects.update(**{field: value})
    with (
        connection.cursor() as cursor,
        pytest.raises(IntegrityError, match="is booked"),
        transaction.atomic(),
    ):
        cursor.execute(f"delete from {model._meta.db_table}")


def test_more_than_was_paid_cannot_go_back(charge, staff):
    payment = bank(charge, 1000, by=staff)
    with pytest.raises(IntegrityError, match="More would go back"), transaction.atomic():
        Refund.objects.create(
            charge=charge,
            payment=payment,
            amount_cents=1001,
            currency="USD",
            reason="Too much",
            state="done",
        )


def test_a_refund_stays_with_its_payment(charge, staff, participant, make_charge):
    payment = bank(charge, 1000, by=staff)
    other = make_charge(participant)
    with pytest.raises(IntegrityError, match="not of its payment"), transaction.atomic():
        Refund.objects.create(
            charge=other, payment=payment, amount_cents=1, currency="USD", reason="Wrong"
        )


def test_nobody_owes_less_than_nothing(charge):
    with pytest.raises(IntegrityError, match="Less than nothing"), transaction.atomic():
        Adjustment.objects.create(
            charge=charge, kind="waiver", amount_cents=-289_501, reason="Too much"
        )
        connection.check_constraints()
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")


def test_adjusting_says_what_is_possible(charge, staff):
    services.adjust_charge(charge, kind="waiver", cents=-89_500, reason="Hardship", by=staff)
    assert services.balance(charge).owed_cents == 200_000
    with pytest.raises(Refusal, match="Only USD 2,000 is owed"):
        services.adjust_charge(charge, kind="waiver", cents=-200_001, reason="More", by=staff)
    with pytest.raises(Refusal, match="reason"):
        services.adjust_charge(charge, kind="waiver", cents=-1, reason=" ", by=staff)
    with pytest.raises(ValueError, match="by hand"):
        services.adjust_charge(charge, kind="aid", cents=-1, reason="Aid", by=staff)


def test_a_waiver_of_the_rest_settles(charge, staff):
    bank(charge, 200_000, by=staff)
    services.adjust_charge(charge, kind="waiver", cents=-89_500, reason="Hardship", by=staff)
    assert charge.settlement


# --- Instalments ------------------------------------------------------------------------

SPRING, SUMMER = datetime(2098, 4, 1, tzinfo=UTC), datetime(2098, 6, 1, tzinfo=UTC)


def test_instalments_are_charges_of_their_own_with_the_same_terms(charge, staff):
    first, second, third = services.agree_instalments(
        charge, later=[(96_500, SPRING), (96_500, SUMMER)], by=staff
    )
    assert [services.balance(part).due_cents for part in (first, second, third)] == [96_500] * 3
    assert second.description == "Learning cohort 1: tuition, instalment 2 of 3"
    assert (second.due_at, third.terms) == (SPRING, charge.terms)
    assert balances() == {"receivable": 289_500, "income": -289_500}


@pytest.mark.parametrize(
    ("later", "sentence"),
    [
        ([], "Two or three"),
        ([(1, SPRING), (1, SUMMER), (1, SUMMER + timedelta(days=30))], "Two or three"),
        ([(289_500, SPRING)], "Each instalment needs"),
        ([(0, SPRING)], "Each instalment needs"),
        ([(1, SUMMER), (1, SPRING)], "follow one another"),
    ],
)
def test_instalments_that_make_no_sense_are_refused(charge, staff, later, sentence):
    with pytest.raises(Refusal, match=sentence):
        services.agree_instalments(charge, later=later, by=staff)
    assert Charge.objects.count() == 1


def test_instalments_are_agreed_before_anything_is_paid(charge, staff):
    bank(charge, 1000, by=staff)
    with pytest.raises(Refusal, match="before anything is paid"):
        services.agree_instalments(charge, later=[(1000, SPRING)], by=staff)


def test_instalments_are_agreed_once(charge, staff):
    _first, second = services.agree_instalments(charge, later=[(1000, SPRING)], by=staff)
    for part in (charge, second):
        with pytest.raises(Refusal, match="already"):
            services.agree_instalments(part, later=[(1, SUMMER)], by=staff)


def test_the_database_wants_instalments_to_add_up(charge, participant, make_charge):
    with pytest.raises(IntegrityError, match="do not add up"), transaction.atomic():
        Charge.objects.create(
            user=participant,
            purpose="tuition_level_a",
            description="More",
            amount_cents=1,
            due_at=SPRING,
            part_of=charge,
            part_number=2,
        )
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
