"""The statement: every line in words, sums that agree with the ledger, instalments together."""

from datetime import timedelta

import pytest
from django.db.models import Sum
from django.utils import timezone

from payments import services
from payments.models import Charge, Dispute, LedgerLine, MoneyMove, Payment
from payments.queries import statement, statement_totals
from payments.services.returned import after_failed
from scip.states import lock, move
from tests.payments.disputes import disputed

KINDS = ("inquiry", "open", "won", "lost", "closed")


@pytest.fixture
def mine(participant, as_user):
    return as_user(participant)


def pay(charge, staff, cents, method="bank"):
    payment, _is_new = services.record_payment(
        charge,
        amount_cents=cents,
        currency=charge.currency,
        method=method,
        reference=f"{method} {charge.pk}",
        received_at=timezone.now(),
        by=staff,
    )
    return payment


def in_dispute(payment, state="open") -> Dispute:
    steps = {"inquiry": [], "open": ["open"], "closed": ["closed"]}
    return disputed(payment, *steps.get(state, ["open", state]))


def read(client, address="/payments/") -> str:
    return " ".join(client.get(address).content.decode().split())


def test_a_gift_and_its_thanks(mine, participant, make_charge):
    charge = make_charge(participant, amount_cents=319_500, gift_cents=30_000)
    for address in ("/payments/", f"/payments/{charge.pk}/"):
        assert "USD 300 of it goes to the aid fund" in read(mine, address)


def test_a_refund_by_hand_from_its_wish_to_its_credit_note(mine, charge, staff):
    pay(charge, staff, 289_500)
    (refund,) = services.return_money(charge, cents=100_000, by=staff, reason="Illness")
    assert "the office sends it by hand (bank transfer)" in read(mine)
    services.record_returned(refund, reference="B 1", by=staff)
    assert "The credit note is being prepared" in read(mine)
    services.make_credit_note(refund.credit_note.pk)
    page = read(mine)
    assert "Sent back to you on" in page
    assert f'href="/payments/credit-notes/{refund.credit_note.pk}/"' in page
    assert "Credit note C-" in page


def test_a_refund_by_stripe_is_on_its_way(mine, charge, staff):
    pay(charge, staff, 289_500, "stripe")
    services.return_money(charge, cents=100_000, by=staff, reason="Illness")
    assert "to the card or account that you paid with" in read(mine)


def test_a_refund_that_was_called_off(mine, charge, staff):
    pay(charge, staff, 289_500)
    (refund,) = services.return_money(charge, cents=100_000, by=staff, reason="Illness")
    services.call_off_refund(refund, by=staff, reason="Stays after all")
    assert "not sent" in read(mine)
    assert "<s>USD 1,000</s>" in read(mine)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("inquiry", "Nothing was taken back."),
        ("open", "Your bank holds this money while it looks into the payment"),
        ("won", "That is cleared up"),
        ("closed", "That is cleared up"),
        ("lost", "Taken back by your bank on"),
    ],
)
def test_a_dispute_in_kind_words(mine, charge, staff, state, says):
    in_dispute(pay(charge, staff, 289_500, "stripe"), state)
    for address in ("/payments/", f"/payments/{charge.pk}/"):
        assert says in read(mine, address)


def test_a_cancelled_charge_says_what_stays_and_what_comes_back(mine, charge, staff):
    pay(charge, staff, 289_500)
    services.cancel_charge(charge, by=staff, reason="Changed plans", refund_cents=200_000)
    page = read(mine)
    assert "what stays paid</dt><dd>USD 895</dd>" in page
    assert "Changed plans" in page
    assert "Still due</dt><dd>USD 0</dd>" in page
    assert "what goes back to you and what stays" in read(mine, f"/payments/{charge.pk}/")


def test_instalments_stand_together_and_lead_to_each_other(mine, charge, staff, make_charge):
    due = timezone.now() + timedelta(days=40)
    first, second = services.agree_instalments(charge, later=[(100_000, due)], by=staff)
    newer = make_charge(charge.user, description="Newer")
    lines = statement(charge.user)
    assert [line.charge.pk for line in lines] == [newer.pk, first.pk, second.pk]
    page = read(mine, f"/payments/{first.pk}/")
    assert f'href="/payments/{second.pk}/">Instalment 2' in page
    assert "Instalment 1, this page" in page
    assert "Paying in parts can be agreed" not in page
    assert "Paying in parts can be agreed" in read(mine, f"/payments/{newer.pk}/")
    pay(first, staff, 189_500)
    assert "paid, thank you" in read(mine, f"/payments/{second.pk}/")


def test_the_sums_agree_with_the_ledger(charge, staff, make_charge, participant):
    """What is due, less what is to go back, is the balance of the receivables account."""
    pay(charge, staff, 289_500)
    (refund,) = services.return_money(charge, cents=100_000, by=staff, reason="Illness")
    services.record_returned(refund, reference="B 1", by=staff)
    late = make_charge(participant, description="Later")
    in_dispute(pay(late, staff, 50_000, "stripe"), "lost")
    pay(make_charge(participant, currency="EUR", amount_cents=5_000), staff, 5_500)
    lines = statement(participant)
    standing = {
        row.currency: row.due_cents
        - sum(
            line.balance.to_return_cents for line in lines if line.charge.currency == row.currency
        )
        for row in statement_totals(lines)
    }
    assert standing == {"EUR": -500, "USD": 289_500}
    for currency, cents in standing.items():
        booked = LedgerLine.objects.filter(user=participant, currency=currency)
        debit, credit = (
            booked.filter(**{side: "receivable"}).aggregate(total=Sum("amount_cents"))["total"] or 0
            for side in ("debit", "credit")
        )
        assert debit - credit == cents


def everything(charge: Charge, later: Charge, staff, number: int) -> None:
    """A charge with a line of every sort, and a later one to which some of its money moved."""
    payment = pay(charge, staff, 289_500)
    for cents in (1_000, 2_000, 3_000):
        (refund,) = services.return_money(charge, cents=cents, by=staff, reason="Why")
        if cents > 1_000:
            services.record_returned(refund, reference=f"B {charge.pk} {cents}", by=staff)
        if cents > 2_000:
            refund = lock(refund)
            move(refund, "failed", by=None)
            after_failed(refund, now=timezone.now())
    for state in KINDS[: number + 1]:
        in_dispute(payment, state)
    Charge.objects.filter(pk=charge.pk).update(moved_to=later)
    MoneyMove.objects.create(
        from_charge=charge, to_charge=later, amount_cents=500, currency="USD", reason="Why"
    )


@pytest.mark.parametrize("rows", [1, 3])
def test_the_same_queries_for_any_number_of_charges_and_lines(
    mine, participant, staff, make_charge, rows, django_assert_num_queries
):
    for number in range(rows):
        everything(make_charge(participant), make_charge(participant), staff, number)
    mine.get("/payments/")
    with django_assert_num_queries(10):
        mine.get("/payments/")


def test_money_in_another_currency_is_said(mine, charge, staff):
    Payment.objects.create(
        charge=charge,
        amount_cents=100,
        currency="EUR",
        method="bank",
        reference="E 1",
        received_at=timezone.now(),
    )
    assert "It came in another currency" in read(mine)
