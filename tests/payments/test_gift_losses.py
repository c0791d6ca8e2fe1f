"""A bank takes the money of a gift back: it leaves the aid fund in the lost share, and comes
again with the money."""

from datetime import UTC, datetime

import pytest

from payments import services
from payments.models import FundEntry
from payments.reports import cross_checks
from tests.payments.disputes import disputed, go_on
from tests.payments.test_charges import bank
from tests.payments.test_ledger import SPRING, balances

AFTER = datetime(2099, 2, 1, tzinfo=UTC)
BETWEEN = datetime(2099, 1, 5, tzinfo=UTC)
PRICE, GIFT = 319_500, 30_000


@pytest.fixture
def lend(participant, make_charge):
    return make_charge(participant, amount_cents=PRICE, gift_cents=GIFT)


def held() -> int:
    """What the fund holds; by rows and by the ledger's lines it is the same."""
    assert all(check.holds for check in cross_checks())
    assert services.given_so_far() == services.fund_balance()
    return services.fund_balance()


def test_a_lost_payment_takes_its_gift_out_of_the_fund(lend, staff):
    disputed(bank(lend, PRICE, by=staff), "open", "lost")
    assert held() == 0
    assert [(row.kind, row.amount_cents) for row in FundEntry.objects.order_by("pk")] == [
        ("surplus", GIFT),
        ("surplus_lost", -GIFT),
    ]
    assert "aid_fund" not in balances()


def test_an_undecided_case_leaves_it_there(lend, staff):
    disputed(bank(lend, PRICE, by=staff), "open")
    assert held() == GIFT


def test_a_part_that_is_lost_takes_its_share(lend, staff):
    disputed(bank(lend, PRICE, by=staff), "open", "lost", cents=PRICE // 3)
    assert held() == GIFT - GIFT // 3


def test_each_turn_of_a_case_is_followed(lend, staff):
    dispute = disputed(bank(lend, PRICE, by=staff), "open", "won")
    seen = [held()]
    for step in ("lost", "won", "lost"):
        go_on(dispute, step)
        seen.append(held())
    assert seen == [GIFT, 0, GIFT, 0]


def test_what_is_paid_anew_brings_the_gift_again_bit_by_bit(lend, staff):
    disputed(bank(lend, PRICE, by=staff), "open", "lost")
    bank(lend, PRICE // 3, "T-2", by=staff)
    assert held() == GIFT // 3
    bank(lend, PRICE - PRICE // 3, "T-3", by=staff)
    assert held() == GIFT
    assert not services.balance(lend).due_cents


def test_of_two_instalments_the_lost_one_takes_its_share(lend, staff):
    first, second = services.agree_instalments(lend, later=[(PRICE // 3, SPRING)], by=staff)
    bank(first, PRICE - PRICE // 3, by=staff)
    payment = bank(second, PRICE // 3, "T-2", by=staff)
    assert held() == GIFT
    disputed(payment, "open", "lost")
    assert held() == GIFT - GIFT // 3


def test_of_a_cancelled_place_what_is_lost_takes_the_gift_that_stayed(lend, staff):
    payment = bank(lend, PRICE, by=staff)
    services.cancel_charge(lend, by=staff, reason="Withdrawn", now=BETWEEN)
    assert held() == GIFT // 2
    disputed(payment, "open", "lost", cents=PRICE // 2)
    assert held() == 0


def test_a_place_cancelled_after_the_loss_leaves_no_gift(lend, staff):
    disputed(bank(lend, PRICE, by=staff), "open", "lost")
    services.cancel_charge(lend, by=staff, reason="Withdrawn", now=AFTER)
    assert held() == 0


def test_a_gift_that_is_waived_meanwhile_does_not_come_again(lend, staff):
    dispute = disputed(bank(lend, PRICE, by=staff), "open", "lost")
    services.adjust_charge(lend, kind="waiver", cents=-GIFT, reason="Kindness", by=staff)
    assert held() == 0
    bank(lend, PRICE - GIFT, "T-2", by=staff)
    assert held() == 0
    go_on(dispute, "won")
    assert held() == 0


def test_a_case_that_is_won_settles_what_waited_for_it(charge, staff):
    dispute = disputed(bank(charge, 100_000, by=staff), "open", "lost")
    bank(charge, 189_500, "T-2", by=staff)
    assert not hasattr(charge, "settlement")
    go_on(dispute, "won")
    charge.refresh_from_db()
    assert services.balance(charge).is_settled
    assert charge.settlement.settled_at


def test_a_cancelled_charge_is_not_settled_by_a_case_that_is_won(charge, staff):
    dispute = disputed(bank(charge, 100_000, by=staff), "open", "lost")
    services.cancel_charge(charge, by=staff, reason="Withdrawn", now=AFTER)
    go_on(dispute, "won")
    charge.refresh_from_db()
    assert not hasattr(charge, "settlement")
    assert services.balance(charge).to_return_cents == 100_000
