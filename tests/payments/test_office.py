"""The office's side of a charge: what waits, every line, and each action with what it will do."""

import html
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from payments import services
from payments.admin.actions import ACTIONS, Case, carry_out, seen
from payments.models import (
    Adjustment,
    Charge,
    Dispute,
    FundEntry,
    LedgerLine,
    Payment,
    Refund,
    Settlement,
)
from payments.reports import account_of
from payments.waiting import KINDS, matters
from scip.accounts.models import Role, User
from scip.audit.models import Entry
from scip.requirements import Refusal
from tests import world

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
type MakeCharge = Callable[..., Charge]


@pytest.fixture
def office(as_user: Callable[[User], Client], staff: User) -> Client:
    return as_user(staff)


def act_on(charge: Charge, verb: str) -> str:
    return reverse("admin:payments_charge_act", args=[charge.pk, verb])


def bank(charge: Charge, staff: User, cents: int = 0, reference: str = "") -> Payment:
    return services.record_offline_payment(
        charge,
        method="bank",
        reference=reference or f"T {Payment.objects.count()}",
        amount_cents=cents or charge.amount_cents,
        received_at=timezone.now() - timedelta(minutes=1),
        by=staff,
    )


def do(office: Client, charge: Charge, verb: str, **values: Any) -> Any:
    """Fill in, look, confirm; returns the page that was shown and the one that followed."""
    shown = office.post(act_on(charge, verb), values)
    assert "foreseen" in shown.context, shown.context["form"].errors
    confirmed = values | {"confirm": "1", "seen": shown.context["seen"]}
    done = office.post(act_on(charge, verb), confirmed, follow=True)
    return shown, done


# --- The look-list -----------------------------------------------------------------------


def one_of_each(user: User, staff: User, make_charge: MakeCharge) -> dict[str, Charge]:
    """One charge for every kind of thing that waits, and a calm one."""
    now = timezone.now()
    calm = make_charge(user, description="Calm")
    bank(calm, staff)
    Settlement.objects.filter(charge=calm).update(claimed_at=now)
    found = {"overdue": make_charge(user, due_at=now - DAY)}
    odd = found["payments"] = make_charge(user)
    bank(odd, staff, odd.amount_cents + 100)
    lonely = found["settlements"] = make_charge(user)
    bank(lonely, staff)
    Settlement.objects.filter(charge=lonely).update(settled_at=now - DAY)
    asked = found["disputes"] = make_charge(user)
    payment = bank(asked, staff)
    Dispute.objects.create(
        charge=asked,
        payment=payment,
        reference=f"dp_{asked.pk}",
        amount_cents=100,
        currency="USD",
        state="open",
        open_at=now,
        answer_by=now + 5 * DAY,
    )
    sent = found["refunds"] = make_charge(user)
    bank(sent, staff)
    services.return_money(sent, cents=1_000, by=staff, reason="Kindness")
    spare = found["to_return"] = make_charge(user)
    bank(spare, staff)
    services.adjust_charge(spare, kind="waiver", cents=-5_000, reason="Kindness", by=staff)
    Settlement.objects.exclude(charge=lonely).update(claimed_at=now)
    return found


def test_everything_that_waits_is_listed_once_with_why_and_what_next(
    office, staff, participant, make_charge
):
    found = one_of_each(participant, staff, make_charge)
    listed = matters(staff, now=timezone.now())
    assert {(item.kind.code, item.charge.pk) for item in listed} == {
        (code, charge.pk) for code, charge in found.items()
    }
    assert len(listed) == len(KINDS)
    assert listed[0].kind.code == "disputes"  # has a deadline
    assert all(item.why and item.next_step for item in listed)
    page = office.get(reverse("admin:payments_charge_waiting")).content.decode()
    assert "Calm" not in page
    for words in ("The payer&#x27;s bank asks for USD 1 back.", "USD 50 is here that nobody owes."):
        assert words in page
    only = office.get(reverse("admin:payments_charge_waiting") + "?kind=refunds")
    assert [item.charge for item in only.context["page"]] == [found["refunds"]]
    assert "Send it, then record its reference." in only.content.decode()


def test_what_is_dealt_with_leaves_the_list(staff, participant, make_charge):
    found = one_of_each(participant, staff, make_charge)
    for charge in found.values():
        services.mark_looked_at(charge, by=staff, note="Seen")
    services.record_returned(found["refunds"].refunds.get(), reference="B 1", by=staff)
    services.request_refund(found["to_return"], cents=5_000, by=staff, reason="As agreed")
    services.extend_due(found["overdue"], due_at=timezone.now() + DAY, by=staff, reason="Ill")
    Settlement.objects.update(claimed_at=timezone.now())
    left = {(item.kind.code, item.charge.pk) for item in matters(staff, now=timezone.now())}
    # The surplus of the odd payment was only looked at; what was asked to be sent waits by hand;
    # a bank's question stays until somebody says it was answered.
    assert left == {
        ("to_return", found["payments"].pk),
        ("refunds", found["to_return"].pk),
        ("disputes", found["disputes"].pk),
    }


def test_an_instalment_that_is_late_waits_and_a_paid_or_cancelled_one_does_not(
    staff, participant, make_charge
):
    charge = make_charge(participant)
    now = timezone.now()
    _first, later = services.agree_instalments(
        charge, later=[(100_000, charge.due_at + 30 * DAY)], by=staff
    )
    in_a_while = later.due_at + DAY
    assert {item.charge.pk for item in matters(staff, now=in_a_while)} == {charge.pk, later.pk}
    bank(charge, staff, services.balance(charge).due_cents)
    services.cancel_charge(later, by=staff, reason="Agreed")
    late = [item for item in matters(staff, now=in_a_while) if item.kind.code == "overdue"]
    assert late == []
    assert matters(staff, now=now) == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_look_list_asks_once_per_kind(office, staff, participant, make_charge, count):
    for _number in range(count):
        one_of_each(participant, staff, make_charge)
    address = reverse("admin:payments_charge_waiting")
    office.get(address)
    with CaptureQueriesContext(connection) as queries:
        office.get(address)
    assert len(queries) == 5 + len(KINDS), "\n".join(query["sql"][:120] for query in queries)


# --- The charge's page -------------------------------------------------------------------


def test_every_line_is_there_and_adds_up(office, staff, participant, make_charge):
    found = one_of_each(participant, staff, make_charge)
    charge = found["refunds"]
    page = office.get(reverse("admin:payments_charge_change", args=[charge.pk]))
    lines = page.context["lines"]
    standing = services.balance(charge)
    assert sum(line.cents or 0 for line in lines) == standing.owed_cents - standing.held_cents == 0
    assert page.context["open_cents"] == 0
    html = page.content.decode()
    for words in ("USD 2,895", "T 4", "Kindness", "to be sent", "Stella Staff"):
        assert words in html, words


@pytest.mark.parametrize("count", [1, 3])
def test_the_charges_page_asks_the_same_for_any_number_of_lines(
    office, staff, participant, make_charge, count
):
    charge = make_charge(participant)
    bank(charge, staff)
    for number in range(count):
        bank(charge, staff, 1_000, f"Q {number}")
        services.adjust_charge(charge, kind="correction", cents=100, reason="So", by=staff)
        services.return_money(charge, cents=100, by=staff, reason="So")
    address = reverse("admin:payments_charge_change", args=[charge.pk])
    office.get(address)
    with CaptureQueriesContext(connection) as queries:
        office.get(address)
    assert len(queries) == 20, "\n".join(query["sql"][:120] for query in queries)


def test_only_what_makes_sense_is_offered(staff, charge):
    def offered() -> set[str]:
        case = Case.of(Charge.objects.get(pk=charge.pk))
        return {verb for verb, action in ACTIONS.items() if action.is_open(case)}

    assert offered() == {"offline", "adjust", "instalments", "extend", "cancel"}
    bank(charge, staff, charge.amount_cents + 100)
    assert offered() == {"looked", "offline", "adjust", "return", "cancel"}
    services.cancel_charge(charge, by=staff, reason="Agreed")
    assert offered() == {"looked", "offline", "returned", "call-off"}


# --- Actions -----------------------------------------------------------------------------


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


def test_money_that_a_bank_disputes_is_not_to_be_sent_back_twice(office, charge, staff):
    payment = bank(charge, staff)
    services.adjust_charge(charge, kind="waiver", cents=-10_000, reason="Kindness", by=staff)
    assert "is here that nobody owes" in matters_in(office)
    Dispute.objects.create(
        charge=charge,
        payment=payment,
        reference="dp_9",
        state="open",
        amount_cents=payment.amount_cents,
        currency="USD",
    )
    text = matters_in(office)
    assert "Wait for the dispute's end" in text
    assert "is here that nobody owes" not in text


def matters_in(office: Client) -> str:
    page = office.get(reverse("admin:payments_charge_waiting"), {"kind": "to_return"})
    return html.unescape(page.content.decode())


def test_the_office_reads_what_a_charge_is_for_in_words(office, charge):
    page = office.get(reverse("admin:payments_charge_change", args=[charge.pk])).content.decode()
    assert "purpose: Tuition, Level A." in page
    charges = office.get(reverse("admin:payments_charge_changelist")).content.decode()
    assert ">Tuition, Level A</a>" in charges
    other = office.get(reverse("admin:payments_charge_changelist"), {"purpose": "other"})
    assert other.context["cl"].result_count == 0


def test_a_gift_in_the_price_stands_among_the_lines(office, make_charge, participant, staff):
    charge = make_charge(participant, gift_cents=30_000)
    address = reverse("admin:payments_charge_change", args=[charge.pk])
    assert "goes on to the aid fund once it is settled" in office.get(address).content.decode()
    services.dispatch_settlement(bank(charge, staff).charge.settlement.pk)
    page = office.get(address)
    assert [line.note for line in page.context["lines"] if line.what.startswith("Aid fund")] == [
        "USD 300"
    ]
    assert "USD 300 of the price is the gift to the aid fund" in page.content.decode()


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
    do(office, charge, "extend", due_on="2099-03-01", reason="Ill")
    charge.refresh_from_db()
    assert charge.due_at.isoformat() == "2099-03-01T14:59:00+00:00"


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


# --- A person's statement ----------------------------------------------------------------


def test_a_persons_account_runs_to_what_the_charges_say(office, staff, participant, make_charge):
    one_of_each(participant, staff, make_charge)
    lines, owed = account_of(participant, by=staff)
    standings = [services.balance(row) for row in Charge.objects.filter(user=participant)]
    on_the_way = sum(
        row.amount_cents for row in Refund.objects.filter(state=Refund.State.REQUESTED)
    )
    assert owed["USD"] == sum(row.owed_cents - row.held_cents for row in standings) - on_the_way
    assert [item.owed_cents for item in lines if item.cents is not None][-1] == owed["USD"]
    page = office.get(reverse("admin:payments_charge_account", args=[participant.pk]))
    assert len(page.context["lines"]) == LedgerLine.objects.filter(user=participant).count()


def test_aid_shows_its_amount_and_never_its_reason(office, staff, participant, make_charge):
    services.add_gift(cents=100_000, currency="USD", reason="A foundation", by=staff)
    grant = services.set_aside(
        cents=50_000, currency="USD", user=participant, reason="Secret need", by=staff
    )
    line = Adjustment(
        kind="aid", amount_cents=-50_000, reason="Secret need", author=staff, grant=grant
    )
    make_charge(participant, adjustments=[line])
    html = office.get(
        reverse("admin:payments_charge_account", args=[participant.pk])
    ).content.decode()
    assert "Secret need" not in html
    assert "−USD 500" in html
    assert "(USD 500)" in html  # set aside: between our own accounts
    assert FundEntry.objects.count() == 2


@pytest.mark.parametrize("count", [1, 3])
def test_the_account_asks_the_same_for_any_length(office, staff, participant, make_charge, count):
    for _number in range(count):
        one_of_each(participant, staff, make_charge)
    address = reverse("admin:payments_charge_account", args=[participant.pk])
    office.get(address)
    with CaptureQueriesContext(connection) as queries:
        office.get(address)
    assert len(queries) == 14, "\n".join(query["sql"][:120] for query in queries)


def test_the_account_is_the_offices_alone(as_user, participant, aid_decider, facilitator):
    address = reverse("admin:payments_charge_account", args=[participant.pk])
    assert as_user(aid_decider).get(address).status_code == 403
    assert as_user(facilitator).get(address).status_code == 302
    assert as_user(participant).get(address).status_code == 302
