"""What happens between two looks: a colleague, a payer or a bank is quicker."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from payments import services
from payments.admin.actions import ACTIONS, carry_out, seen
from payments.models import Charge, Payment, Refund
from payments.reports import cross_checks
from payments.waiting import disputes
from scip.accounts.models import Role, User
from scip.requirements import Refusal
from scip.states import lock
from tests import world
from tests.payments.conftest import Till
from tests.payments.disputes import disputed
from tests.payments.office import act_on, bank, do
from tests.races import at_once, tally

pytestmark = pytest.mark.django_db


def in_two(charge: Charge, staff: User) -> Charge:
    """The charge divided; returns the later instalment."""
    due = charge.due_at + timedelta(days=30)
    return services.agree_instalments(charge, later=[(100_000, due)], by=staff)[1]


def test_a_later_instalment_that_was_paid_meanwhile_is_shown_before_it_goes_back(
    office, staff, charge
):
    later = in_two(charge, staff)
    values = {"reason": "Stepped back", "refund_cents": ""}
    shown = office.post(act_on(charge, "cancel"), values)
    bank(later, staff, 100_000)
    confirmed = values | {"confirm": "1", "seen": shown.context["seen"]}
    page = office.post(act_on(charge, "cancel"), confirmed)
    assert "Nothing was done a second time" in page.content.decode()
    assert [row.amount_cents for row in page.context["foreseen"].refunds] == [100_000]
    assert not Refund.objects.exists()
    office.post(act_on(charge, "cancel"), confirmed | {"seen": page.context["seen"]})
    assert Refund.objects.get().amount_cents == 100_000


def test_money_of_an_earlier_place_that_would_go_back_is_shown_too(
    office, staff, charge, make_charge
):
    bank(charge, staff)
    to = make_charge(charge.user, description="Autumn: tuition")
    services.replace_charge(charge, to, by=staff, reason="Moved to autumn")
    shown, _done = do(office, to, "cancel", reason="Stepped back", refund_cents="")
    assert [row.amount_cents for row in shown.context["foreseen"].refunds] == [289_500]
    assert Refund.objects.get().charge == charge


def test_what_was_flagged_after_the_page_was_shown_keeps_waiting(office, staff, charge):
    bank(charge, staff, 289_600)  # more than was owed: flagged
    page = office.get(act_on(charge, "looked"))
    shown_at = page.context["form"]["shown_at"].initial
    assert f'value="{shown_at}"' in page.content.decode()
    late = disputed(charge.payments.get(), "open", cents=100)
    type(late).objects.filter(pk=late.pk).update(
        flag="open", flagged_at=timezone.now(), looked_at=None
    )
    office.post(act_on(charge, "looked"), {"note": "Sent back", "shown_at": shown_at})
    assert charge.payments.get().looked_by == staff
    assert list(disputes(timezone.now())) == [late]
    office.post(act_on(charge, "looked"), {"note": "Answered", "shown_at": shown_at + 10**9})
    assert list(disputes(timezone.now())) == []


# --- at the same moment, by two connections --------------------------------------------------


@pytest.fixture
def two_of_the_office() -> list[User]:
    return [world.make_user(f"office{number}@example.com", Role.STAFF) for number in (1, 2)]


def press(verb: str, charge: Charge, by: User, **values: Any) -> Any:
    """Somebody of the office who has seen the charge as it is now, about to confirm."""
    action, as_seen = ACTIONS[verb], seen(charge)
    form = action.form(values, charge=charge, standing=services.balance(charge))
    assert form.is_valid(), form.errors
    return lambda: carry_out(action, charge, form, as_seen=as_seen, by=by, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_one_refund_is_sent_or_called_off_never_both(make_charge, two_of_the_office):
    first, second = two_of_the_office
    charge = make_charge(world.make_user("payer@example.com"))
    bank(charge, first)
    (refund,) = services.return_money(charge, cents=10_000, by=first, reason="Kindness")
    assert tally(
        press("returned", charge, first, refund=str(refund.pk), reference="BANK 1"),
        press("call-off", charge, second, refund=str(refund.pk), reason="They stay"),
    ) == {"done": 1, "refused": 1}
    refund.refresh_from_db()
    is_sent = refund.state == "done"
    assert refund.state in {"done", "cancelled"}
    assert hasattr(refund, "credit_note") is is_sent
    assert services.balance(charge).refunded_cents == (10_000 if is_sent else 0)


@pytest.mark.django_db(transaction=True)
def test_a_transfer_recorded_while_the_payer_pays_online_keeps_both(
    make_charge, two_of_the_office, owner
):
    charge = make_charge(world.make_user("payer@example.com"))
    checkout = Till(charge).pay()
    transfer = press(
        "offline",
        charge,
        two_of_the_office[0],
        method="bank",
        reference="T-1",
        amount="2895",
        received_on=timezone.localdate().isoformat(),
    )
    results = at_once(transfer, lambda: services.ask_stripe(checkout))
    # Whoever of the office came second was shown it and would record the transfer again.
    assert all(error is None or isinstance(error, Refusal) for error in results)
    if results[0] is not None:
        bank(charge, two_of_the_office[0], reference="T-1")
    paid = Payment.objects.filter(charge=charge)
    assert sorted(paid.values_list("method", "flag")) in (
        [("bank", ""), ("stripe", "overpaid")],
        [("bank", "overpaid"), ("stripe", "")],
    )
    standing = services.balance(charge)
    assert (standing.due_cents, standing.to_return_cents) == (0, 289_500)
    assert len(set(paid.values_list("receipt__number", flat=True))) == 2
    assert owner == [charge]
    assert all(check.holds for check in cross_checks())


@pytest.mark.django_db(transaction=True)
def test_cancelling_waits_for_stripes_news_about_an_earlier_place(make_charge, two_of_the_office):
    """News locks the earlier charge first, then the later one; so does the office."""
    staff = two_of_the_office[0]
    charge = make_charge(world.make_user("payer@example.com"))
    bank(charge, staff)
    to = make_charge(charge.user, description="Autumn: tuition")
    services.replace_charge(charge, to, by=staff, reason="Moved to autumn")
    cancel = press("cancel", to, staff, reason="Stepped back")
    errors: list[Exception] = []

    def run() -> None:
        try:
            cancel()
        except (DatabaseError, Refusal) as error:
            errors.append(error)
        finally:
            connection.close()

    office = threading.Thread(target=run)
    try:
        with transaction.atomic():
            lock(charge)
            office.start()
            until_somebody_waits()
            lock(to)
    finally:
        office.join()
    assert errors == []
    assert Refund.objects.get().amount_cents == 289_500


def until_somebody_waits() -> None:
    """Return once another connection of this database waits for a lock."""
    with connection.cursor() as cursor:
        for _look in range(200):
            # Within a transaction one look would be remembered.
            cursor.execute("select pg_stat_clear_snapshot()")
            cursor.execute(
                "select count(*) from pg_stat_activity"
                " where datname = current_database() and wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.05)
    raise AssertionError("nobody waited")
