"""Letters about money that goes back: one per act, by every way, in the person's words and zone."""

import pytest

from payments import services
from payments.models import Refund
from scip.mail.models import Letter
from tests.world import utc

NOW = utc(2027, 3, 2, 9)


def pay(charge, staff, cents, method="bank"):
    return services.record_payment(
        charge,
        amount_cents=cents,
        currency="USD",
        method=method,
        reference=f"{method} {charge.pk}",
        received_at=NOW,
        by=staff,
        now=NOW,
    )


def coming() -> list[Letter]:
    return list(Letter.objects.filter(subject__contains="on its way back").order_by("pk"))


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("stripe", "USD 2,895 back to the card or account that you paid with online"),
        ("bank", "USD 2,895 by bank transfer, to the account that it came from"),
        ("cheque", "USD 2,895 by cheque"),
    ],
)
def test_it_says_by_which_way(charge, staff, method, says):
    pay(charge, staff, 289_500, method)
    services.return_money(charge, cents=289_500, by=staff, reason="Illness")
    (letter,) = coming()
    assert says in letter.text
    assert letter.subject == "USD 2,895 is on its way back to you"
    assert "Illness" not in letter.text
    assert "Dear Paulo" in letter.text


def test_one_cancellation_is_one_letter_with_all_instalments(charge, staff):
    (first, later) = services.agree_instalments(
        charge, later=[(100_000, utc(2027, 4, 1))], by=staff, now=NOW
    )
    pay(first, staff, 189_500)
    pay(later, staff, 100_000, "stripe")
    services.cancel_charge(charge, by=charge.user, reason="Changed plans", now=NOW)
    assert Refund.objects.count() == 2
    (letter,) = coming()
    assert letter.subject == "USD 2,895 is on its way back to you"
    assert "USD 1,895 by bank transfer" in letter.text
    assert "USD 1,000 back to the card" in letter.text


def test_a_caller_that_tells_it_itself_brings_no_second_letter(charge, staff):
    pay(charge, staff, 289_500)
    services.cancel_charge(charge, by=staff, reason="Changed plans", is_told=True, now=NOW)
    assert Refund.objects.count() == 1
    assert coming() == []


def test_nothing_that_comes_back_is_no_letter(charge, staff):
    services.cancel_charge(charge, by=staff, reason="Changed plans", now=NOW)
    assert coming() == []


def test_two_returns_are_two_letters(charge, staff):
    pay(charge, staff, 289_500)
    for cents in (10_000, 20_000):
        services.return_money(charge, cents=cents, by=staff, reason="Kindness")
    assert [letter.subject.split(" is")[0] for letter in coming()] == ["USD 100", "USD 200"]
