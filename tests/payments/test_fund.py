"""The aid fund: nothing is promised twice, and what people gave is told as a total."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connections, transaction

from payments import services
from payments.models import FundEntry
from scip.requirements import Refusal
from tests.payments.test_charges import bank
from tests.world import make_user


def test_a_surplus_reaches_the_fund_once_its_charge_is_settled(participant, staff, make_charge):
    charge = make_charge(participant, amount_cents=319_500, gift_cents=30_000)
    bank(charge, 200_000, by=staff)
    assert services.fund_balance() == 0
    bank(charge, 119_500, "T-2", by=staff)
    bank(charge, 100, "T-3", by=staff)
    assert services.fund_balance() == services.given_so_far() == 30_000
    assert FundEntry.objects.count() == 1


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


def test_currencies_do_not_mix(participant, staff):
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
