"""The aid fund: nothing is promised twice, and what people gave is told as a total."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connections, transaction

from payments import services
from payments.models import FundEntry
from scip.requirements import Refusal
from tests.payments.test_charges import bank
from tests.payments.test_ledger import SPRING, SUMMER
from tests.world import make_user


def test_a_surplus_reaches_the_fund_once_its_charge_is_settled(participant, staff, make_charge):
    charge = make_charge(participant, amount_cents=319_500, gift_cents=30_000)
    bank(charge, 200_000, by=staff)
    assert services.fund_balance() == 0
    bank(charge, 119_500, "T-2", by=staff)
    bank(charge, 100, "T-3", by=staff)
    assert services.fund_balance() == services.given_so_far() == 30_000
    assert FundEntry.objects.count() == 1


def test_money_that_came_after_cancelling_is_no_gift(participant, staff, make_charge):
    charge = make_charge(participant, amount_cents=319_500, gift_cents=30_000)
    services.cancel_charge(charge, by=staff, reason="Not paid in time")
    bank(charge, 319_500, by=staff)
    assert services.balance(charge).to_return_cents == 319_500
    assert services.fund_balance() == services.given_so_far() == 0


@pytest.mark.parametrize(("waived", "gift"), [(10_000, 20_000), (30_000, 0), (319_500, 0)])
def test_what_is_waived_is_taken_off_the_gift_first(participant, staff, make_charge, waived, gift):
    charge = make_charge(participant, amount_cents=319_500, gift_cents=30_000)
    services.adjust_charge(charge, kind="waiver", cents=-waived, reason="Kindness", by=staff)
    if waived < 319_500:
        bank(charge, 319_500 - waived, by=staff)
    assert services.fund_balance() == gift


def test_a_gift_leaves_the_fund_as_its_payer_gets_money_back(participant, staff, make_charge):
    charge = make_charge(participant, amount_cents=319_500, gift_cents=30_000)
    bank(charge, 319_500, by=staff)
    held = []
    for cents in (10_000, 5_000):
        services.return_money(charge, cents=cents, by=staff, reason="Change of mind")
        held.append(services.fund_balance())
    services.adjust_charge(charge, kind="correction", cents=-5_000, reason="Asked", by=staff)
    services.cancel_charge(charge, by=staff, reason="Moved", refund_cents=154_750)
    held.append(services.fund_balance())
    for cents in (1_000, services.balance(charge).held_cents - 1_000):
        services.return_money(charge, cents=cents, by=staff, reason="Illness")
        held.append(services.fund_balance())
    # Of 3,045 nobody owed 50; of the rest a half came back, and a half of the gift with it.
    assert held == [20_000, 15_000, 5_000, 4_000, 0]
    assert services.given_so_far() == 0


def test_a_gift_comes_with_the_last_instalment(participant, staff, make_charge):
    charge = make_charge(participant, amount_cents=319_500, gift_cents=30_000)
    later = [(106_500, SPRING), (106_500, SUMMER)]
    parts = services.agree_instalments(charge, later=later, by=staff)
    for number, part in enumerate(parts, start=1):
        assert services.fund_balance() == 0
        bank(part, 106_500, f"T-{number}", by=staff)
    assert services.fund_balance() == 30_000
    assert FundEntry.objects.get().charge == charge


def test_grants_lower_the_balance_and_not_what_was_given(participant, staff):
    services.add_gift(cents=30_000, currency="USD", reason="A friend", by=staff)
    services.set_aside(cents=10_000, currency="USD", user=participant, reason="Aid", by=staff)
    assert (services.fund_balance(), services.given_so_far()) == (20_000, 30_000)


def test_the_fund_gives_no_more_than_it_holds(participant, staff):
    services.add_gift(cents=30_000, currency="USD", reason="A friend", by=staff)
    with pytest.raises(Refusal, match="The aid fund holds USD 300"):
        services.set_aside(cents=30_001, currency="USD", user=participant, reason="Aid", by=staff)


@pytest.mark.parametrize(("cents", "reason"), [(0, "A friend"), (-1, "A friend"), (1, " ")])
def test_a_gift_has_an_amount_and_a_reason(staff, cents, reason):
    with pytest.raises(Refusal, match="amount"):
        services.add_gift(cents=cents, currency="USD", reason=reason, by=staff)


def test_a_gift_in_a_currency_without_prices_is_refused(staff, charge):
    with pytest.raises(Refusal, match="No place is priced in EUR"):
        services.add_gift(cents=30_000, currency="EUR", reason="A friend", by=staff)
    assert not FundEntry.objects.exists()


def test_currencies_do_not_mix(participant, staff, make_charge):
    make_charge(participant, currency="EUR")
    services.add_gift(cents=30_000, currency="EUR", reason="A friend", by=staff)
    assert (services.fund_balance("EUR"), services.fund_balance("USD")) == (30_000, 0)


def test_the_sign_belongs_to_the_kind(staff):
    gift = services.add_gift(cents=1, currency="USD", reason="A friend", by=staff)
    with pytest.raises(IntegrityError), transaction.atomic():
        FundEntry.objects.create(fund=gift.fund, kind="gift", amount_cents=-1, reason="x")


def test_only_the_office_and_the_deciders_see_movements(participant, staff):
    services.add_gift(cents=1, currency="USD", reason="A friend", by=staff)
    decider = make_user("decider@example.org", "aid")
    counts = [FundEntry.objects.visible_to(user).count() for user in (participant, staff, decider)]
    assert counts == [0, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_two_grants_never_share_the_last_money():
    staff = make_user("office@example.org", "staff")
    people = [make_user(f"person{number}@example.org") for number in range(4)]
    services.add_gift(cents=30_000, currency="USD", reason="A friend", by=staff)

    def grant(user) -> bool:
        try:
            services.set_aside(cents=20_000, currency="USD", user=user, reason="Aid", by=staff)
        except Refusal:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(grant, people)) == [False, False, False, True]
    assert services.fund_balance() == 10_000
