"""What the office does with a charge: each step shows what it will do before it does it."""

import threading

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from payments import services
from payments.admin.actions import ACTIONS, Case, carry_out, seen
from payments.models import (
    Adjustment,
    Refund,
)
from scip.accounts.models import Role, User
from scip.audit.models import Entry
from scip.requirements import Refusal
from tests import world
from tests.payments.office import DAY, act_on, bank, do

pytestmark = pytest.mark.django_db


def test_showing_what_will_happen_changes_nothing(office, staff, charge):
    bank(charge, staff)
    before = (Refund.objects.count(), Adjustment.objects.count(), Entry.objects.count())
    page = office.post(act_on(charge, "return"), {"cents": "100.50", "reason": "Kindness"})
    (refund,) = page.context["foreseen"].refunds
    assert refund.amount_cents == 10_050
    assert "USD 100.50 goes on the list of money to send back by hand" in page.content.decode()
    assert before == (Refund.objects.count(), Adjustment.objects.count(), Entry.objects.count())


def test_money_beyond_what_is_owed_goes_back_with_a_correction(office, staff, charge):
    bank(charge, staff)
    shown, done = do(office, charge, "return", cents="100", reason="Two sessions fell out")
    assert [row[1:] for row in shown.context["foreseen"].rows] == [
        (289_500, 279_500),
        (289_500, 279_500),
        (0, 0),
    ]
    assert "The refund is written down." in done.content.decode()
    refund, line = Refund.objects.get(), charge.adjustments.get()
    assert (refund.amount_cents, refund.requested_by, refund.reason) == (
        10_000,
        staff,
        "Two sessions fell out",
    )
    assert (line.kind, line.amount_cents) == ("correction", -10_000)


def test_more_than_was_received_is_refused_and_what_was_typed_stays(
    office, staff, participant, make_charge
):
    charge = make_charge(participant, amount_cents=10_000)
    bank(charge, staff)
    page = office.post(act_on(charge, "return"), {"cents": "100.01", "reason": "Too much"})
    html = page.content.decode()
    assert "Please give an amount of at most USD 100" in html
    assert "whoever manages the Stripe account" in html
    assert 'value="100.01"' in html
    assert "foreseen" not in page.context
    assert Refund.objects.count() == 0


def test_what_came_on_a_charge_that_is_still_due_stays_until_the_rest_is_waived(staff, charge):
    bank(charge, staff, 10_000)
    with pytest.raises(Refusal, match="USD 2,795 is still due here"):
        services.return_money(charge, cents=10_000, by=staff, reason="Paid by mistake")
    assert not ACTIONS["return"].is_open(Case.of(charge))
    services.adjust_charge(charge, kind="waiver", cents=-279_500, reason="Agreed", by=staff)
    services.return_money(charge, cents=10_000, by=staff, reason="Paid by mistake")
    assert services.balance(charge).owed_cents == services.balance(charge).held_cents == 0


@pytest.mark.parametrize(
    ("change", "cents", "kind"),
    [
        ("waiver", -20_000, "waiver"),
        ("less", -20_000, "correction"),
        ("more", 20_000, "correction"),
    ],
)
def test_waiving_and_correcting(office, charge, change, cents, kind):
    do(office, charge, "adjust", change=change, cents="200", reason="As agreed")
    line = charge.adjustments.get()
    assert (line.kind, line.amount_cents, line.reason) == (kind, cents, "As agreed")


def test_an_action_without_a_reason_is_asked_for_it(office, charge):
    page = office.post(act_on(charge, "adjust"), {"change": "waiver", "cents": "1", "confirm": "1"})
    assert page.context["form"].errors["reason"]
    assert charge.adjustments.count() == 0


def test_instalments_are_proposed_even_and_agreed(office, charge):
    page = office.get(act_on(charge, "instalments") + "?parts=3")
    fields = page.context["form"].fields
    assert [fields[f"cents_{number}"].initial for number in (1, 2, 3)] == [96_500] * 3
    first = charge.due_at.astimezone(charge.user.zone).date()
    values = {
        "parts": "2",
        "cents_1": "1000",
        "cents_2": "1895",
        "due_2": (first + 40 * DAY).isoformat(),
    }
    short = office.post(act_on(charge, "instalments"), values | {"cents_2": "1000"})
    assert "Together these come to USD 2,000, and USD 2,895 is owed." in short.content.decode()
    shown, _done = do(office, charge, "instalments", **values)
    assert [part.amount_cents for part in shown.context["foreseen"].parts] == [189_500]
    later = charge.later_parts.get()
    assert later.due_at.astimezone(charge.user.zone).date() == first + 40 * DAY
    assert services.balance(charge).owed_cents == 100_000


def test_more_time_ends_with_the_day_of_the_payer(office, participant, make_charge):
    participant.time_zone = "Asia/Tokyo"
    participant.save()
    charge = make_charge(participant)
    do(office, charge, "extend", due_on="2031-03-01", reason="Ill")
    charge.refresh_from_db()
    assert charge.due_at.isoformat() == "2031-03-01T14:59:00+00:00"


def test_a_refund_by_hand_is_recorded_or_called_off(office, staff, charge):
    bank(charge, staff)
    first, second = (
        services.return_money(charge, cents=cents, by=staff, reason="So")[0]
        for cents in (1_000, 2_000)
    )
    do(office, charge, "returned", refund=str(first.pk), reference="BANK 9")
    do(office, charge, "call-off", refund=str(second.pk), reason="They would rather stay")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.reference, first.done_by) == ("done", "BANK 9", staff)
    assert second.state == "cancelled"
    again = office.post(act_on(charge, "returned"), {"refund": str(first.pk), "reference": "X"})
    assert again.context["form"].errors["refund"]


def test_cancelling_shows_the_terms_and_staff_may_deviate(office, staff, charge):
    bank(charge, staff)
    page = office.get(act_on(charge, "cancel"))
    assert (page.context["plan"].percent, page.context["plan"].back_cents) == (100, 289_500)
    assert "the terms give 100 %" in page.content.decode()
    shown, _done = do(office, charge, "cancel", reason="Agreed by telephone", refund_cents="2000")
    assert [item.amount_cents for item in shown.context["foreseen"].refunds] == [200_000]
    charge.refresh_from_db()
    assert charge.cancelled_by == staff
    assert charge.refunds.get().amount_cents == 200_000
    assert services.balance(charge).owed_cents == 89_500


def test_a_charge_that_changed_meanwhile_is_shown_again_and_not_acted_on(office, staff, charge):
    bank(charge, staff)
    values = {"cents": "100", "reason": "Kindness"}
    shown = office.post(act_on(charge, "return"), values)
    services.return_money(charge, cents=10_000, by=staff, reason="Kindness")
    confirmed = values | {"confirm": "1", "seen": shown.context["seen"]}
    page = office.post(act_on(charge, "return"), confirmed)
    assert "Nothing was done a second time" in page.content.decode()
    assert page.context["foreseen"].rows[0][1:] == (279_500, 269_500)
    assert Refund.objects.count() == 1
    again = values | {"confirm": "1", "seen": page.context["seen"]}
    office.post(act_on(charge, "return"), again)
    assert Refund.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_of_the_office_who_press_at_once_send_the_money_back_once(make_charge):
    people = [world.make_user(f"office{number}@example.com", Role.STAFF) for number in (1, 2)]
    charge = make_charge(world.make_user("payer@example.com"))
    bank(charge, people[0])
    as_seen, outcomes, start = seen(charge), [], threading.Barrier(2)

    def press(by: User) -> None:
        action = ACTIONS["return"]
        form = action.form(
            {"cents": "100", "reason": "Kindness"},
            charge=charge,
            standing=services.balance(charge),
        )
        assert form.is_valid()
        start.wait()
        try:
            carry_out(action, charge, form, as_seen=as_seen, by=by, now=timezone.now())
            outcomes.append("done")
        except Refusal:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[by]) for by in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]
    assert [row.amount_cents for row in Refund.objects.all()] == [10_000]
    assert services.balance(charge).held_cents == 279_500


@pytest.mark.parametrize("verb", [*ACTIONS, "unknown"])
def test_actions_are_the_offices_alone(
    as_user, aid_decider, facilitator, participant, charge, verb
):
    for user, statuses in ((aid_decider, {403}), (facilitator, {302}), (participant, {302})):
        for method in ("get", "post"):
            assert getattr(as_user(user), method)(act_on(charge, verb)).status_code in statuses
    assert charge.adjustments.count() == 0


def test_an_action_that_does_not_exist_is_not_found(office, charge):
    assert office.get(act_on(charge, "give-it-all-away")).status_code == 404
    gone = reverse("admin:payments_charge_act", args=[999_999, "adjust"])
    assert office.get(gone).status_code == 404


def test_before_money_is_recorded_the_receipt_is_announced(office, charge):
    typed = {"method": "bank", "reference": "T 1", "amount": "1000", "received_on": "2026-01-02"}
    page = office.post(act_on(charge, "offline"), typed)
    text = page.content.decode()
    assert "A numbered receipt is made, and goes to Paulo Participant by letter." in text
    assert "No letter goes out" not in text
    assert not charge.payments.exists()


def test_before_a_refund_is_recorded_the_credit_note_is_announced(office, staff, charge):
    bank(charge, staff)
    (refund,) = services.return_money(charge, cents=1_000, by=staff, reason="So")
    page = office.post(act_on(charge, "returned"), {"refund": str(refund.pk), "reference": "B 9"})
    assert "A numbered credit note is made, and goes to" in page.content.decode()
