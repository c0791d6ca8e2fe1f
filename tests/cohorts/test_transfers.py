"""Exchanging a place: seats, money, marks, letters, races."""

import base64
import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from cohorts.calendar_files import CONTENT_TYPE, REMOVING_TYPE
from cohorts.models import (
    AbsenceException,
    Application,
    Attendance,
    Cohort,
    Enrolment,
    Seat,
    Transfer,
)
from cohorts.queries.cancelling import money_back
from cohorts.queries.roster import attendance_evidence, roster_of
from cohorts.queries.transfers import exchange_with, exchanges
from cohorts.requirements.attendance import attendance_tally
from cohorts.services.aid import grant_aid
from cohorts.services.applications import put_on_waiting_list
from cohorts.services.attendance import mark_attendance, mark_everyone
from cohorts.services.cancellation import (
    AmountChanged,
    cancel_cohort,
    cancel_place,
    close_application,
)
from cohorts.services.due import sweep_offers
from cohorts.services.offers import accept_offer, offer_place
from cohorts.services.opening import generate_sessions
from cohorts.services.places import take_seat
from cohorts.services.transfers import (
    ExchangeChanged,
    carry_out_transfer,
    decline_transfer,
    request_transfer,
    withdraw_transfer,
)
from payments.models import LedgerLine, MoneyMove, Refund, Settlement
from payments.reports import cross_checks
from payments.services import (
    balance,
    dispatch_settlement,
    fund_balance,
    plan_cancellation,
    record_offline_payment,
)
from scip.mail.models import Letter
from scip.requirements import Refusal
from scip.states import IllegalMove, lock
from tests import world
from tests.cohorts import admission as make
from tests.cohorts import meeting
from tests.payments.disputes import disputed
from tests.races import at_once

pytestmark = pytest.mark.django_db
PRICE = 289_500


@pytest.fixture
def spring(edition):
    return opened(title="Spring cohort", capacity=2)


@pytest.fixture
def autumn(spring):
    return opened(
        title="Autumn cohort",
        capacity=1,
        starts_on=timezone.localdate() + timedelta(days=200),
    )


@pytest.fixture
def paid(spring, staff):
    """A confirmed place in the spring cohort, paid by transfer."""
    return confirmed(spring, staff)


def opened(**fields) -> Cohort:
    cohort = world.make_cohort(**fields)
    generate_sessions(cohort)
    return cohort


def confirmed(cohort, staff, reference="T-1") -> Enrolment:
    enrolment = make.accepted(cohort, staff)
    make.pay(enrolment, staff, reference=reference)
    dispatch_settlement(Settlement.objects.get(charge=enrolment.charge).pk)
    enrolment.refresh_from_db()
    assert enrolment.state == "confirmed"
    return enrolment


def price_of(cohort, cents, kind="standard") -> None:
    cohort.tiers.filter(kind=kind).update(amount_cents=cents)


def ask(enrolment, target, **fields) -> Transfer:
    return request_transfer(
        enrolment, target, reason="A new job", **{"by": enrolment.user} | fields
    )


def carry_out(transfer, staff, **fields) -> Enrolment:
    """As the office does it on the page it sees."""
    plan = exchange_with(transfer.enrolment, transfer.target, by=staff, now=timezone.now())
    shown = {
        "expected_due_cents": plan.money.due_cents if plan else 0,
        "expected_back_cents": plan.money.back_cents if plan else 0,
    }
    done = carry_out_transfer(transfer, by=staff, **shown | fields)
    assert done.arrival is not None
    return done.arrival


def letters_to(user) -> list[str]:
    rows = Letter.objects.filter(to_user=user).order_by("pk")
    return [row.dedupe_key.split(":", 2)[-1] for row in rows if "transfer" in row.dedupe_key]


# --- Done ---------------------------------------------------------------------------------


def test_a_deferral_takes_seat_money_and_letter_along(paid, autumn, staff):
    transfer = ask(paid, autumn)
    assert (transfer.kind, transfer.state, letters_to(paid.user)) == ("deferral", "requested", [])
    arrival = carry_out(transfer, staff)
    paid.refresh_from_db()
    transfer.refresh_from_db()
    assert (paid.state, arrival.state, transfer.state) == ("withdrawn", "confirmed", "done")
    assert list(Seat.objects.values_list("cohort", "application")) == [
        (autumn.pk, arrival.application_id)
    ]
    assert arrival.promise_reason == ""
    assert balance(arrival.charge).is_settled
    assert (balance(paid.charge).owed_cents, balance(paid.charge).held_cents) == (0, 0)
    assert not Refund.objects.exists()
    letter = Letter.objects.get(dedupe_key=f"transfer:{transfer.pk}:done")
    assert "You have moved from Spring cohort to Autumn cohort" in letter.text
    assert "USD 2,895 that you had paid pays for the new place" in letter.text
    files = [(item["name"], item["content_type"]) for item in letter.attachments]
    assert files == [("sessions.ics", CONTENT_TYPE), ("earlier-sessions.ics", REMOVING_TYPE)]
    gone = base64.b64decode(letter.attachments[1]["content"])
    for uid in paid.cohort.sessions.values_list("uid", flat=True):
        assert f"UID:{uid}".encode() in gone
    assert "takes the sessions of your earlier place out" in letter.text
    # The settlement that comes with it confirms nothing a second time.
    dispatch_settlement(Settlement.objects.get(charge=arrival.charge).pk)
    assert not Letter.objects.filter(dedupe_key=f"enrolment:{arrival.pk}:confirmed").exists()
    assert Settlement.objects.get(charge=arrival.charge).flag == ""


def test_a_second_click_changes_nothing(paid, autumn, staff):
    transfer = ask(paid, autumn)
    assert ask(paid, autumn) == transfer
    arrival = carry_out(transfer, staff)
    again = carry_out_transfer(transfer, by=staff, expected_due_cents=5, expected_back_cents=5)
    assert (again.arrival, MoneyMove.objects.count()) == (arrival, 1)


def test_a_dearer_place_is_confirmed_on_the_office_s_word(paid, autumn, staff):
    price_of(autumn, PRICE + 50_000)
    arrival = carry_out(ask(paid, autumn), staff)
    assert (arrival.state, arrival.promised_by) == ("confirmed", staff)
    assert arrival.promise_reason == "Confirmed in Spring cohort; USD 500 is still due here."
    assert balance(arrival.charge).due_cents == 50_000
    sweep_offers(arrival.pay_by + timedelta(days=1))
    arrival.refresh_from_db()
    assert arrival.state == "confirmed"


def test_what_a_cheaper_place_leaves_goes_back(paid, autumn, staff):
    price_of(autumn, PRICE - 50_000)
    carry_out(ask(paid, autumn), staff)
    refund = Refund.objects.get()
    assert (refund.amount_cents, refund.charge) == (50_000, paid.charge)
    assert "USD 500 is more than the new place costs" in Letter.objects.latest("pk").text


def test_an_unpaid_place_stays_unpaid_and_lapses_as_any_other(spring, autumn, staff):
    enrolment = make.accepted(spring, staff)
    arrival = carry_out(ask(enrolment, autumn), staff)
    assert (arrival.state, balance(arrival.charge).due_cents) == ("awaiting_payment", PRICE)
    sweep_offers(arrival.pay_by + timedelta(hours=1))
    arrival.refresh_from_db()
    assert arrival.state == "lapsed"


def test_a_place_with_moved_money_never_lapses_by_itself(spring, autumn, staff):
    enrolment = make.accepted(spring, staff)
    record_offline_payment(
        enrolment.charge,
        method="bank",
        reference="T-1",
        amount_cents=100_000,
        received_at=timezone.now(),
        by=staff,
    )
    arrival = carry_out(ask(enrolment, autumn), staff)
    sweep_offers(arrival.pay_by + timedelta(days=1))
    arrival.refresh_from_db()
    assert (arrival.state, balance(arrival.charge).held_cents) == ("awaiting_payment", 100_000)


def test_whoever_was_early_stays_early(paid, autumn, staff):
    Application.objects.filter(pk=paid.application_id).update(tier="early_bird")
    paid.offer.__class__.objects.filter(pk=paid.offer_id).update(tier="early_bird")
    plan = exchange_with(Enrolment.objects.get(pk=paid.pk), autumn, by=staff, now=timezone.now())
    assert (plan.tier.kind, plan.money.back_cents) == ("early_bird", PRICE - 259_500)
    autumn.tiers.filter(kind="early_bird").update(until=timezone.localdate() - timedelta(days=9))
    plan = exchange_with(Enrolment.objects.get(pk=paid.pk), autumn, by=staff, now=timezone.now())
    assert plan.tier.kind == "standard"


def test_aid_goes_along_and_back_to_the_fund_when_the_new_place_is_cancelled(
    spring, autumn, staff, edition
):
    make.fill_fund(staff, PRICE)
    aid_person = world.make_user("aid@example.org", "aid")
    application = make.sent(
        spring, aid={"kind": "supported", "statement": "A hard year", "affordable_cents": None}
    )
    grant_aid(application.aid_request, cents=100_000, by=aid_person)
    application.refresh_from_db()
    offer = offer_place(application, tier="standard", by=staff)
    enrolment = accept_offer(offer, by=application.user)
    make.pay(enrolment, staff)
    dispatch_settlement(Settlement.objects.get(charge=enrolment.charge).pk)
    enrolment.refresh_from_db()
    assert fund_balance() == PRICE - 100_000
    arrival = carry_out(ask(enrolment, autumn), staff)
    assert (fund_balance(), balance(arrival.charge).due_cents) == (PRICE - 100_000, 0)
    assert not Refund.objects.exists()
    back = plan_cancellation(arrival.charge).back_cents
    assert back == PRICE - 100_000
    cancel_place(arrival, by=arrival.user, expected_back_cents=back)
    assert fund_balance() == PRICE
    assert Refund.objects.get().charge == enrolment.charge
    assert all(check.holds for check in cross_checks())


def test_a_cancelled_target_sends_everything_home(paid, autumn, staff):
    arrival = carry_out(ask(paid, autumn), staff)
    cancel_cohort(autumn, by=staff, reason="Our teacher fell ill.")
    close_application(arrival.application_id)
    refund = Refund.objects.get()
    assert (refund.amount_cents, refund.charge) == (PRICE, paid.charge)
    assert balance(arrival.charge).held_cents == balance(paid.charge).held_cents == 0
    assert not LedgerLine.objects.filter(text="Our teacher fell ill.", kind="payment").exists()


def test_the_office_is_not_told_that_brought_money_goes_back_while_a_bank_holds_it(
    paid, autumn, staff
):
    arrival = carry_out(ask(paid, autumn), staff)
    assert money_back(autumn) == (("USD 2,895",), ())
    disputed(paid.charge.payments.get(), "open", cents=100_000)
    assert money_back(autumn) == (("USD 1,895",), ("USD 1,000",))
    plan = plan_cancellation(arrival.charge, refund_cents=289_500)
    assert (plan.sent_cents, plan.waits_cents) == (189_500, 100_000)


def test_the_freed_seat_goes_to_the_waiting_list(paid, autumn, staff, spring):
    other = confirmed(spring, staff, "T-2")
    waiting = put_on_waiting_list(make.sent(spring), by=staff)
    carry_out(ask(other, autumn), staff)
    waiting.refresh_from_db()
    assert waiting.state == "offered"


# --- Attendance ---------------------------------------------------------------------------


def running(title, weeks, **fields) -> Cohort:
    """A cohort whose session number ``weeks`` was held three days ago."""
    starts_on = timezone.localdate() - timedelta(days=3, weeks=weeks - 1)
    return meeting.make_running(title=title, starts_on=starts_on, **fields)


def test_marks_come_along_and_every_page_agrees(edition, staff):
    old, new = running("Spring cohort", 2), running("Other cohort", 2, last_session_to_join=4)
    person = make.make_applicant()
    enrolment = meeting.enrol(person, old)
    make.pay(enrolment, staff)
    meeting.mark(enrolment, 1, late_minutes=5)
    meeting.mark(enrolment, 2, "absent")
    session = old.sessions.get(number=2)
    exception = AbsenceException.objects.create(
        enrolment=enrolment, session=session, reason="Ill", decision_reason="Made up"
    )
    AbsenceException.objects.filter(pk=exception.pk).update(state="accepted")
    for cohort in (old, new):
        meeting.lead(cohort, f"lead{cohort.pk}@example.com")
    transfer = ask(enrolment, new)
    assert transfer.kind == "move"
    arrival = carry_out(transfer, staff)
    rows = Attendance.objects.filter(enrolment=arrival).order_by("session__number")
    assert [(row.mark, row.late_minutes, row.carried_from.session.cohort) for row in rows] == [
        ("present", 5, old),
        ("absent", 0, old),
    ]
    evidence = attendance_evidence([arrival.pk])[arrival.pk]
    tally = attendance_tally(evidence, as_of=timezone.now())
    assert (tally.attended, tally.excepted, tally.missed, tally.ahead) == (1, 1, 0, 10)
    assert roster_of(new, as_of=timezone.now()).rows[0].tally == tally
    assert [row.enrolment for row in roster_of(old, as_of=timezone.now()).rows] == []
    told = Letter.objects.filter(subject__contains=str(person)).values_list("subject", flat=True)
    assert sorted(told) == [
        f"{person} has moved on from Spring cohort",
        f"{person} joins Other cohort",
    ]
    # A mark that came along is not the new facilitator's to change; an absence there is.
    leader = new.facilitators.get()
    with pytest.raises(Refusal, match="brought this mark along"):
        mark_attendance(arrival, new.sessions.get(number=1), mark="absent", by=leader)
    assert mark_everyone(new.sessions.get(number=1), by=leader) == 0


def test_what_was_over_there_and_never_attended_is_an_absence(edition, staff):
    old, new = running("Spring cohort", 1), running("Other cohort", 2)
    person = make.make_applicant()
    enrolment = meeting.enrol(person, old)
    meeting.mark(enrolment, 1)
    arrival = carry_out(ask(enrolment, new), staff)
    marks = Attendance.objects.filter(enrolment=arrival).order_by("session__number")
    assert [(row.mark, row.carried_from_id is None) for row in marks] == [
        ("present", False),
        ("absent", True),
    ]


# --- Refused ------------------------------------------------------------------------------


def test_what_stands_in_the_way_is_said_and_nothing_happens(paid, autumn, staff, spring):
    with pytest.raises(Refusal, match="A sentence about why"):
        request_transfer(paid, autumn, reason=" ", by=paid.user)
    draft = world.make_cohort(state="draft")
    with pytest.raises(Refusal, match="cannot move there"):
        ask(paid, draft)
    with pytest.raises(Refusal, match="cannot move there"):
        ask(paid, opened(level="B"))
    with pytest.raises(Refusal, match="cannot move there"):
        ask(paid, spring)
    make.draft(autumn, paid.user)
    with pytest.raises(Refusal, match="an application or a place there already"):
        ask(paid, autumn)
    assert not Transfer.objects.exists()


def test_one_wish_at_a_time(paid, autumn):
    ask(paid, autumn)
    with pytest.raises(Refusal, match="another one already"):
        ask(paid, opened(title="Third"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Transfer.objects.create(enrolment=paid, target=autumn, kind="move", reason="-")


def test_a_wish_taken_back_or_declined_stays_so(paid, autumn, staff):
    transfer = withdraw_transfer(ask(paid, autumn), by=paid.user)
    assert withdraw_transfer(transfer, by=paid.user).state == "withdrawn"
    with pytest.raises(IllegalMove):
        carry_out(transfer, staff)
    assert not MoneyMove.objects.exists()
    second = ask(paid, autumn)
    with pytest.raises(Refusal, match="kind words"):
        decline_transfer(second, reason=" ", by=staff)
    decline_transfer(second, reason="The group is full of beginners.", by=staff)
    letter = Letter.objects.latest("pk")
    assert "The group is full of beginners." in letter.text
    assert "stays exactly as it is" in letter.text
    with pytest.raises(IllegalMove):
        withdraw_transfer(second, by=paid.user)


def test_other_amounts_than_shown_are_shown_again(paid, autumn, staff):
    transfer = ask(paid, autumn)
    price_of(autumn, PRICE + 100)
    with pytest.raises(ExchangeChanged):
        carry_out(transfer, staff, expected_due_cents=0)
    assert carry_out(transfer, staff).state == "confirmed"


def test_nobody_moves_themselves(spring, autumn, staff):
    mine = make.accepted(
        spring, world.make_user("other@example.org", "staff"), make.make_applicant("me@example.org")
    )
    world.RoleGrant.objects.create(user=mine.user, role="staff", since="2020-01-01")
    transfer = ask(mine, autumn)
    with pytest.raises(Refusal, match="colleague"):
        carry_out(transfer, mine.user)


def test_a_place_that_is_over_is_not_exchanged(paid, autumn, staff):
    transfer = ask(paid, autumn)
    cancel_place(paid, by=paid.user, expected_back_cents=plan_cancellation(paid.charge).back_cents)
    assert list(Transfer.objects.waiting()) == []
    with pytest.raises(Refusal, match="over"):
        carry_out(transfer, staff)


def test_the_choice_takes_the_same_queries_for_one_and_three(
    paid, autumn, staff, django_assert_num_queries
):
    for count in (1, 3):
        while len(exchanges(paid, by=paid.user, now=timezone.now())) < count:
            opened(title=f"Cohort {count} {Cohort.objects.count()}")
        rows = Enrolment.objects.select_related("cohort", "charge", "user", "offer", "application")
        fresh = rows.get(pk=paid.pk)
        with django_assert_num_queries(17):
            exchanges(fresh, by=fresh.user, now=timezone.now())


# --- Races --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_last_seat_there_is_taken_once(paid, autumn, staff, spring):
    other = confirmed(spring, staff, "T-2")
    wishes = [ask(row, autumn) for row in (paid, other)]
    shown = {"expected_due_cents": 0, "expected_back_cents": 0}
    results = at_once(
        *(lambda wish=wish: carry_out_transfer(wish, by=staff, **shown) for wish in wishes)
    )
    assert sorted(type(result).__name__ for result in results) == ["NoneType", "Refusal"]
    assert Seat.objects.filter(cohort=autumn).count() == 1
    assert MoneyMove.objects.count() == 1
    states = sorted(Enrolment.objects.filter(cohort=spring).values_list("state", flat=True))
    assert states == ["confirmed", "withdrawn"]


@pytest.mark.django_db(transaction=True)
def test_two_who_swap_cohorts_do_not_wait_for_each_other_forever(paid, autumn, staff, spring):
    """Each takes the locks of both cohorts; the order is the same for both."""
    Cohort.objects.filter(pk=autumn.pk).update(capacity=2)
    other = confirmed(autumn, staff, "T-2")
    there, back = ask(paid, autumn), ask(other, spring)
    shown = {"expected_due_cents": 0, "expected_back_cents": 0}
    results = at_once(
        lambda: carry_out_transfer(there, by=staff, **shown),
        lambda: carry_out_transfer(back, by=staff, **shown),
    )
    assert results == [None, None]


@pytest.mark.django_db(transaction=True)
def test_stepping_back_waits_for_a_bank_that_takes_brought_money_back(paid, autumn, staff):
    """Whoever needs a charge and those before it locks the earliest first."""
    arrival = carry_out(ask(paid, autumn), staff)
    held = threading.Event()

    def bank_decides():
        with transaction.atomic():
            lock(paid.charge)
            held.set()
            threading.Event().wait(1)  # the other one stands before a lock meanwhile
            disputed(paid.charge.payments.get(), "open", "lost")

    def step_back():
        held.wait(5)
        cancel_place(arrival, by=paid.user, expected_back_cents=PRICE)

    assert [type(error) for error in at_once(bank_decides, step_back)] == [
        type(None),
        AmountChanged,
    ]


@pytest.mark.django_db(transaction=True)
def test_taken_back_while_it_is_carried_out_ends_one_way(paid, autumn, staff):
    wish = ask(paid, autumn)
    shown = {"expected_due_cents": 0, "expected_back_cents": 0}
    results = at_once(
        lambda: carry_out_transfer(wish, by=staff, **shown),
        lambda: withdraw_transfer(wish, by=paid.user),
    )
    wish.refresh_from_db()
    paid.refresh_from_db()
    assert sum(result is None for result in results) == 1
    assert (wish.state, paid.state, MoneyMove.objects.count()) in [
        ("done", "withdrawn", 1),
        ("withdrawn", "confirmed", 0),
    ]


def test_a_seat_there_that_somebody_else_took_is_refused(paid, autumn, staff):
    wish = ask(paid, autumn)
    with transaction.atomic():
        take_seat(make.sent(autumn), autumn, by=staff, now=timezone.now())
    with pytest.raises(Refusal, match="Every place there is taken"):
        carry_out(wish, staff)
