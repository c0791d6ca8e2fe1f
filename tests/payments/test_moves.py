"""Money that follows a person to another charge: the facts, their guards, and the way home."""

from collections import defaultdict
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments import services
from payments.models import Adjustment, Charge, Dispute, FundEntry, LedgerLine, MoneyMove, Payment
from payments.models import Refund as RefundRow
from payments.reports import cross_checks, lines_of
from payments.services.moves import book_move
from payments.waiting import to_return
from tests.payments.conftest import TERMS
from tests.payments.disputes import disputed, go_on
from tests.payments.test_charges import bank
from tests.world import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("edition")]
OLD, NEW = 289_500, 319_500


@pytest.fixture
def paid(charge, staff):
    """Paid in full by one transfer."""
    bank(charge, OLD, by=staff)
    return charge


def replaced(charge, staff, make_charge, price=NEW, **fields):
    """The charge with another one in its place, both fresh."""
    to = make_charge(charge.user, amount_cents=price, description="Autumn: tuition", **fields)
    plan = services.replace_charge(charge, to, by=staff, reason="Moved to autumn")
    charge.refresh_from_db()
    return to, plan


def sums(*charges):
    """(owed, held, due) of each charge."""
    return [
        (row.owed_cents, row.held_cents, row.due_cents)
        for row in (services.balance(charge) for charge in charges)
    ]


def owed_by_lines():
    """What stands owed on each charge, from the ledger's lines alone."""
    found: dict[int, int] = defaultdict(int)
    for line in LedgerLine.objects.exclude(charge=None):
        found[line.charge_id] += line.amount_cents * (line.debit == "receivable")
        found[line.charge_id] -= line.amount_cents * (line.credit == "receivable")
    return found


def lose(payment, cents, staff):
    """The payer's bank takes a payment back."""
    return disputed(payment, "open", "lost", cents=cents)


def test_a_dearer_place_takes_all_and_asks_for_the_difference(paid, staff, make_charge):
    to, plan = replaced(paid, staff, make_charge)
    assert (plan.moved_cents, plan.back_cents, plan.due_cents) == (OLD, 0, 30_000)
    assert sums(paid, to) == [(0, 0, 0), (NEW, OLD, 30_000)]
    assert not RefundRow.objects.exists()
    lines = LedgerLine.objects.filter(kind="move").order_by("line")
    assert [(line.debit, line.credit, line.charge_id) for line in lines] == [
        ("moved", "receivable", to.pk),
        ("receivable", "moved", paid.pk),
    ]
    bank(to, 30_000, by=staff, reference="T-2")
    assert services.balance(to).is_settled
    assert Payment.objects.get(charge=to).receipt.facts["notes"] == [
        "USD 2,895 that you had paid before was moved to this place."
    ]


def test_what_a_cheaper_place_does_not_need_goes_back_by_the_payment(paid, staff, make_charge):
    to, plan = replaced(paid, staff, make_charge, price=259_500)
    refund = RefundRow.objects.get()
    assert (refund.charge, refund.amount_cents, refund.reason) == (paid, 30_000, "Moved to autumn")
    assert [way.cents for way in plan.ways] == [30_000]
    assert sums(paid, to) == [(0, 0, 0), (259_500, 259_500, 0)]
    assert services.balance(to).is_settled


def test_instalments_not_paid_end_and_the_rest_is_due_at_the_new_one(charge, staff, make_charge):
    first, second, third = services.agree_instalments(
        charge,
        later=[(100_000, charge.due_at + timedelta(days=n)) for n in (30, 60)],
        by=staff,
    )
    bank(first, 89_500, by=staff)
    bank(second, 100_000, by=staff, reference="T-2")
    to, plan = replaced(first, staff, make_charge, price=150_000)
    assert (plan.moved_cents, plan.back_cents, plan.due_cents) == (150_000, 39_500, 0)
    assert sums(first, second, third, to) == [(0, 0, 0)] * 3 + [(150_000, 150_000, 0)]
    assert list(MoneyMove.objects.order_by("pk").values_list("from_charge", "amount_cents")) == [
        (first.pk, 89_500),
        (second.pk, 60_500),
    ]
    assert RefundRow.objects.get().charge == second


def test_cancelling_later_brings_the_money_home_by_the_new_terms(paid, staff, make_charge):
    to, _plan = replaced(paid, staff, make_charge, price=OLD)
    last, _plan = replaced(to, staff, make_charge, price=NEW)
    done = services.cancel_charge(
        last, by=staff, reason="Stepped back", now=TERMS.steps[0].until + timedelta(days=1)
    )
    assert (done.percent, done.back_cents) == (50, OLD // 2)
    refund = RefundRow.objects.get()
    assert (refund.charge, refund.amount_cents) == (paid, OLD // 2)
    assert sums(paid, to, last) == [(0, 0, 0), (0, 0, 0), (OLD // 2, OLD // 2, 0)]
    services.record_returned(refund, reference="B-1", by=staff)
    assert refund.credit_note.facts["amount_cents"] == OLD // 2


def test_aid_and_a_gift_move_through_the_fund(staff, make_charge, participant):
    services.add_gift(cents=500_000, currency="USD", reason="A friend", by=staff)
    grant = services.set_aside(
        cents=100_000, currency="USD", user=participant, reason="Aid", by=staff
    )
    line = Adjustment(kind="aid", amount_cents=-100_000, reason="Aid", grant=grant)
    charge = make_charge(participant, gift_cents=10_000, adjustments=[line])
    bank(charge, OLD - 100_000, by=staff)
    assert services.fund_balance() == 410_000
    lines = services.pass_on_reliefs(
        charge, price_cents=80_000, by=staff, reason="Moved", now=timezone.now()
    )
    assert [row.amount_cents for row in lines] == [-80_000]
    assert services.fund_balance() == 430_000
    to, plan = replaced(
        charge, staff, make_charge, price=80_000, adjustments=lines, gift_cents=5_000
    )
    # The gift leaves with the old price and comes with the new one, which aid covers whole.
    assert (plan.back_cents, services.fund_balance()) == (OLD - 100_000, 425_000)
    assert [row.amount_cents for row in FundEntry.objects.filter(charge=charge)] == [
        10_000,
        -10_000,
    ]
    assert services.reliefs_of(charge) == []
    assert all(check.holds for check in cross_checks())
    assert to.adjustments.get().grant.amount_cents == -80_000


def test_a_waiver_stays_with_the_person_and_a_correction_does_not(charge, staff):
    for kind in ("waiver", "correction"):
        services.adjust_charge(charge, kind=kind, cents=-50_000, reason="Kind", by=staff)
    reliefs = services.reliefs_of(charge)
    assert [row.kind for row in reliefs] == ["waiver"]
    assert services.shares_of(reliefs, 30_000) == [30_000]


def test_money_that_comes_late_follows_as_far_as_it_is_due(charge, staff, make_charge):
    to, _plan = replaced(charge, staff, make_charge, price=100_000)
    payment = bank(charge, 100_000, by=staff)
    assert (payment.flag, sums(charge, to)) == ("", [(0, 0, 0), (100_000, 100_000, 0)])
    payment = bank(charge, 5_000, by=staff, reference="T-2")
    assert (payment.flag, sums(charge, to)) == ("overpaid", [(0, 5_000, 0), (100_000, 100_000, 0)])


def test_what_a_bank_takes_back_is_owed_where_the_money_went(paid, staff, make_charge):
    to, _plan = replaced(paid, staff, make_charge, price=OLD)
    last, _plan = replaced(to, staff, make_charge, price=OLD)
    dispute = lose(paid.payments.get(), OLD, staff)
    assert sums(paid, to, last) == [(0, 0, 0), (0, 0, 0), (OLD, 0, OLD)]
    go_on(dispute, "won")
    assert sums(paid, to, last) == [(0, 0, 0), (0, 0, 0), (OLD, OLD, 0)]


def test_money_owed_by_nobody_is_listed_where_it_moved_to(paid, staff, make_charge):
    to, _plan = replaced(paid, staff, make_charge, price=OLD)
    assert list(to_return(timezone.now())) == []
    services.adjust_charge(to, kind="waiver", cents=-1_000, reason="Kind", by=staff)
    assert list(to_return(timezone.now())) == [to]
    services.request_refund(to, cents=1_000, by=staff, reason="Kind")
    assert list(to_return(timezone.now())) == []
    assert RefundRow.objects.get().charge == paid


def test_nothing_of_a_move_is_ever_changed_and_only_what_is_there_moves(paid, staff, make_charge):
    to, _plan = replaced(paid, staff, make_charge, price=100_000)
    stranger = make_charge(make_user("stranger@example.org"))
    other = make_charge(paid.user)
    now = timezone.now()
    row = MoneyMove.objects.get()
    refused = [
        lambda: MoneyMove.objects.update(amount_cents=1),
        row.delete,
        lambda: Charge.objects.filter(pk=paid.pk).update(moved_to=other),
        *(
            lambda ends=ends, cents=cents: book_move(
                *ends, cents=cents, by=None, reason="-", now=now
            )
            for ends, cents in [
                ((paid, to), 1),  # nothing is left there
                ((to, paid), 100_001),  # more than came
                ((to, other), 1),  # not in its place
                ((to, stranger), 1),
                ((to, to), 1),
            ]
        ),
    ]
    for attempt in refused:
        with pytest.raises(IntegrityError), transaction.atomic():
            attempt()
    book_move(to, paid, cents=100_000, by=None, reason="-", now=now)


def test_both_charges_show_where_the_money_went(paid, staff, make_charge, client):
    to, _plan = replaced(paid, staff, make_charge, price=OLD)
    assert [line.what for line in lines_of(to)][:2] == ["Price", "Came from another charge"]
    assert sum(line.cents or 0 for line in lines_of(paid)) == 0
    client.force_login(paid.user)
    page = client.get("/payments/").content.decode()
    assert "from: Learning cohort 1: tuition" in page
    assert "to: Autumn: tuition" in page


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "old", "move", "cancel", "lose", "win", "fail", "waive"]),
        st.integers(0, 400_000),
    ),
    max_size=10,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_the_sums_hold_after_anything(participant, staff, make_charge, steps):
    with transaction.atomic():
        chain = [make_charge(participant)]
        for number, (verb, cents) in enumerate(steps, start=1):
            act(chain, verb, cents, number, staff, make_charge)
            check(chain)
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
        transaction.set_rollback(True)


def act(chain, verb, cents, number, staff, make_charge):
    """One thing that people, the office or a bank do; nothing where it makes no sense."""
    first, last = chain[0], chain[-1]
    last.refresh_from_db()
    standing = services.balance(last)
    match verb:
        case "pay" | "old" if cents:
            bank(last if verb == "pay" else first, cents, by=staff, reference=f"T-{number}")
        case "move" if last.cancelled_at is None:
            chain.append(replaced(last, staff, make_charge, price=cents)[0])
        case "cancel" if last.cancelled_at is None:
            share = min(max(cents, standing.to_return_cents), standing.held_cents)
            services.cancel_charge(last, by=staff, reason="Cancelled", refund_cents=share)
        case "waive" if last.cancelled_at is None and 0 < cents <= standing.owed_cents:
            services.adjust_charge(last, kind="waiver", cents=-cents, reason="Kind", by=staff)
        case "lose":
            payment = first.payments.filter(disputes=None, refunds=None).first()
            if payment is not None:
                lose(payment, payment.amount_cents, staff)
        case "win":
            for dispute in Dispute.objects.filter(state="lost"):
                go_on(dispute, "won")
        case "fail":
            RefundRow.objects.filter(state="requested").update(
                state="failed", failed_at=timezone.now()
            )


def check(chain):
    """Books and balances agree, charge by charge and over the person."""
    by_lines = owed_by_lines()
    standings = [services.balance(charge) for charge in chain]
    for charge, standing in zip(chain, standings, strict=True):
        charge.refresh_from_db()
        waits = sum(
            charge.refunds.filter(state__in=["requested", "sent"]).values_list(
                "amount_cents", flat=True
            )
        )
        assert by_lines[charge.pk] == standing.owed_cents - standing.held_cents - waits
        assert not charge.moved_to_id or (standing.owed_cents, standing.due_cents) == (0, 0)
        assert standing.held_cents >= 0
    assert sum(row.moved_cents for row in standings) == 0
    assert sum(row.held_cents for row in standings) == sum(
        row.paid_cents - row.refunded_cents - row.lost_cents for row in standings
    )
    assert all(item.holds for item in cross_checks())
