"""A life-cycle machine: people do everything the services let them, in any order and at any time.

It knows nothing of the services' guards. After each step it looks at the rows and asks what must
hold whatever happened: seats within capacity, places backed by money, aid or a promise, credentials
backed by attendance, evidence and a place.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cohorts.models import Application, Attendance, Cohort, Enrolment, Offer, Seat, Session
from cohorts.services.aid import grant_aid, request_aid
from cohorts.services.applications import (
    decline_application,
    put_on_waiting_list,
    withdraw_application,
)
from cohorts.services.attendance import mark_attendance
from cohorts.services.due import sweep_offers
from cohorts.services.offers import (
    accept_offer,
    decline_offer,
    offer_place,
    take_back_offer,
)
from cohorts.services.opening import generate_sessions
from cohorts.services.places import promise_place
from cohorts.services.sessions import cancel_session, follow_calendar
from payments.models import Payment, Settlement
from payments.services import dispatch_settlement, record_offline_payment
from scip.accounts.models import Prerequisite, Role
from scip.credentials.models import Completion, Credential
from scip.requirements import Refusal
from scip.states import IllegalMove
from tests import world
from tests.cohorts import admission

CAPACITY, PEOPLE, SESSIONS = 2, 4, 3
PRICE = 289_500
TAKING_PART = ["confirmed", "completed", "not_completed"]
picks = st.integers(0, PEOPLE - 1)
sessions = st.integers(1, SESSIONS)
portions = st.sampled_from([PRICE, PRICE, PRICE // 2, PRICE + 100])
waits = st.sampled_from(
    [
        timedelta(hours=1),
        timedelta(days=1),
        timedelta(days=4),
        timedelta(days=11),
        timedelta(days=30),
    ]
)


class LifeCycle(RuleBasedStateMachine):
    """Four people, two seats, three sessions, one office; the clock only goes forward."""

    steps: ClassVar[int] = 0
    reached: ClassVar[set[str]] = set()

    @initialize()
    def open_the_world(self) -> None:
        """Everything happens in a transaction that is rolled back at the end."""
        self.world = transaction.atomic()
        self.world.__enter__()
        self.now = timezone.now()
        self.office = world.make_user("office@example.com", Role.STAFF)
        self.aid = world.make_user("aid@example.com", Role.AID)
        admission.fill_fund(self.office, cents=10_000_000)
        self.cohort = world.make_cohort(
            capacity=CAPACITY,
            session_count=SESSIONS,
            starts_on=timezone.localdate() + timedelta(days=20),
            applications_close_at=self.now + timedelta(days=19),
        )
        generate_sessions(self.cohort)
        self.people = [admission.make_applicant(f"p{n}@example.com") for n in range(PEOPLE)]
        self.payments = 0

    def teardown(self) -> None:
        if hasattr(self, "world"):
            transaction.set_rollback(True)
            self.world.__exit__(None, None, None)

    # -- what people do -----------------------------------------------------------------

    def attempt(self, act: Callable[[], Any], name: str = "") -> None:
        """Refusals in words and illegal moves are answers; anything else is a failure."""
        type(self).steps += 1
        try:
            with transaction.atomic():
                act()
        except (Refusal, IllegalMove):
            return
        if name:
            self.reached.add(name)

    def application(self, person: int) -> Application | None:
        user = self.people[person]
        return Application.objects.filter(user=user).order_by("-pk").first()

    def offer(self, person: int) -> Offer | None:
        user = self.people[person]
        return Offer.objects.filter(application__user=user).order_by("-pk").first()

    def place(self, person: int) -> Enrolment | None:
        return Enrolment.objects.filter(user=self.people[person]).order_by("-pk").first()

    @rule(person=picks)
    def apply(self, person: int) -> None:
        self.attempt(lambda: admission.sent(self.cohort, self.people[person], now=self.now), "sent")

    @rule(person=picks, cents=st.sampled_from([100_000, PRICE]))
    def ask_and_get_aid(self, person: int, cents: int) -> None:
        if found := self.application(person):

            def act() -> None:
                asked = request_aid(found, kind="supported", statement="Please", now=self.now)
                grant_aid(asked, cents=cents, by=self.aid, now=self.now)

            self.attempt(act, "aid granted")

    @rule(person=picks, reason=st.sampled_from(["", "Returns after a birth"]))
    def offer_a_place(self, person: int, reason: str) -> None:
        if found := self.application(person):
            self.attempt(
                lambda: offer_place(
                    found, tier="standard", by=self.office, order_reason=reason, now=self.now
                ),
                "offered",
            )

    @rule(person=picks)
    def wait_in_line(self, person: int) -> None:
        if found := self.application(person):
            self.attempt(
                lambda: put_on_waiting_list(found, by=self.office, now=self.now), "waiting"
            )

    @rule(person=picks)
    def decline_kindly(self, person: int) -> None:
        if found := self.application(person):
            self.attempt(
                lambda: decline_application(found, note="Soon", by=self.office, now=self.now)
            )

    @rule(person=picks)
    def withdraw(self, person: int) -> None:
        if found := self.application(person):
            self.attempt(lambda: withdraw_application(found, now=self.now), "withdrawn")

    @rule(person=picks)
    def accept(self, person: int) -> None:
        if found := self.offer(person):
            self.attempt(
                lambda: accept_offer(found, by=self.people[person], now=self.now), "accepted"
            )

    @rule(person=picks)
    def say_no(self, person: int) -> None:
        if found := self.offer(person):
            self.attempt(lambda: decline_offer(found, by=self.people[person], now=self.now))

    @rule(person=picks)
    def take_back(self, person: int) -> None:
        if found := self.offer(person):
            self.attempt(lambda: take_back_offer(found, by=self.office, now=self.now))

    @rule(person=picks, cents=portions)
    def pay(self, person: int, cents: int) -> None:
        if found := self.place(person):
            self.payments += 1

            def act() -> None:
                record_offline_payment(
                    found.charge,
                    method="bank",
                    reference=f"T-{self.payments}",
                    amount_cents=cents,
                    received_at=self.now,
                    by=self.office,
                    now=self.now,
                )

            self.attempt(act, "paid")

    @rule(person=picks)
    def promise(self, person: int) -> None:
        if found := self.place(person):
            self.attempt(
                lambda: promise_place(found, by=self.office, reason="A letter", now=self.now),
                "promised",
            )

    @rule(person=picks, kind=st.sampled_from(["insurance", "standing"]))
    def let_evidence_expire(self, person: int, kind: str) -> None:
        type(self).steps += 1
        Prerequisite.objects.filter(user=self.people[person], kind=kind).update(
            expires_on=self.now.date() - timedelta(days=1)
        )

    @rule(person=picks)
    def renew_evidence(self, person: int) -> None:
        type(self).steps += 1
        Prerequisite.objects.filter(user=self.people[person]).exclude(expires_on=None).update(
            expires_on=self.now.date() + timedelta(days=300)
        )

    # -- what time and workers do -------------------------------------------------------

    @rule(wait=waits)
    def let_time_pass(self, wait: timedelta) -> None:
        type(self).steps += 1
        self.now += wait

    @rule()
    def worker_runs(self) -> None:
        type(self).steps += 1
        for settlement in Settlement.objects.filter(claimed_at=None):
            dispatch_settlement(settlement.pk, now=self.now)

    @rule()
    def beat_runs(self) -> None:
        type(self).steps += 1
        sweep_offers(self.now)
        follow_calendar(self.now)

    # -- the cohort meets ---------------------------------------------------------------

    @rule(
        person=picks,
        number=sessions,
        mark=st.sampled_from(["present", "present", "present", "absent", ""]),
        late=st.sampled_from([0, 0, 10, 90]),
    )
    def mark(self, person: int, number: int, mark: str, late: int) -> None:
        if found := self.place(person):
            session = Session.objects.get(cohort=self.cohort, number=number)
            self.attempt(
                lambda: mark_attendance(
                    found, session, mark=mark, late_minutes=late, by=self.office, now=self.now
                ),
                "marked",
            )

    @rule(number=sessions)
    def call_off(self, number: int) -> None:
        session = Session.objects.get(cohort=self.cohort, number=number)
        self.attempt(lambda: cancel_session(session, by=self.office, now=self.now))

    @rule(count=st.integers(1, CAPACITY))
    def go_the_whole_way(self, count: int) -> None:
        """The straight path, so that its end is reached often enough to be tested."""
        for person in range(count):
            self.renew_evidence(person)
            self.apply(person)
            self.offer_a_place(person, "Asked for by the office")
            self.accept(person)
            self.pay(person, PRICE)
        self.worker_runs()
        for session in Session.objects.filter(cohort=self.cohort).order_by("number"):
            self.now = max(self.now, session.ends_at + timedelta(minutes=1))
            for person in range(count):
                self.mark(person, session.number, "present", 0)
            self.beat_runs()

    # -- what must hold -----------------------------------------------------------------

    def look(self) -> None:
        """All invariants at once, for the controls."""
        self.seats_are_within_capacity()
        self.a_firm_place_is_backed()
        self.no_money_is_lost()
        self.a_credential_has_all_its_evidence()

    @invariant()
    def seats_are_within_capacity(self) -> None:
        if not hasattr(self, "cohort"):
            return
        held = Seat.objects.filter(cohort=self.cohort)
        assert held.count() <= CAPACITY
        holders = set(held.values_list("application", flat=True))
        in_line = Application.objects.filter(state__in=["offered", "accepted"])
        assert holders == set(in_line.values_list("pk", flat=True))
        alive = Enrolment.objects.exclude(state__in=["lapsed", "withdrawn"])
        assert alive.count() <= CAPACITY
        twice = alive.order_by().values("user").annotate(count=Count("pk")).filter(count__gt=1)
        assert not twice.exists()

    @invariant()
    def a_firm_place_is_backed(self) -> None:
        """By a settled charge, by aid for all of it, or by a promise with a name and a reason."""
        for place in Enrolment.objects.filter(state__in=TAKING_PART).select_related(
            "offer", "charge"
        ):
            paid = place.charge.payments.aggregate(sum=Sum("amount_cents"))["sum"] or 0
            is_paid = paid >= place.offer.list_cents - place.offer.aid_cents
            is_settled = Settlement.objects.filter(charge=place.charge_id).exists()
            is_promised = bool(place.promised_at and place.promised_by_id and place.promise_reason)
            assert (is_paid and is_settled) or is_promised, place.pk
            self.reached.add("confirmed")

    @invariant()
    def no_money_is_lost(self) -> None:
        if hasattr(self, "cohort"):
            settled_without = Settlement.objects.filter(
                flag="", claimed_at__isnull=False, charge__enrolment__state="lapsed"
            )
            assert not settled_without.exists()
            assert Payment.objects.count() <= self.payments

    @invariant()
    def a_credential_has_all_its_evidence(self) -> None:
        """Counted here anew from the marks, not by the rule that issued it."""
        for credential in Credential.objects.all():
            completion = Completion.objects.get(user=credential.user_id, level="A")
            place = Enrolment.objects.get(pk=completion.facts["enrolment"])
            assert place.state == "completed"
            assert place.user_id == credential.user_id
            held = Session.objects.filter(cohort=place.cohort_id).exclude(state="cancelled")
            assert held.count() > 0
            assert all(session.ends_at <= self.now for session in held)
            there = 0
            for mark in Attendance.objects.filter(
                enrolment=place, mark="present", session__in=held
            ).select_related("session"):
                missed = mark.late_minutes + mark.early_minutes
                there += (mark.session.minutes - missed) * 5 >= mark.session.minutes * 4
            assert there * 5 >= held.count() * 4, (there, held.count())
            self.reached.add("credential")


def confirm_carelessly(life: LifeCycle) -> None:
    """A service that confirms a place which nobody has paid."""
    life.apply(0)
    life.offer_a_place(0, "")
    life.accept(0)
    Enrolment.objects.update(state="confirmed", confirmed_at=life.now)


def squeeze_in(life: LifeCycle) -> None:
    """A service that makes room where there is none."""
    Cohort.objects.update(capacity=CAPACITY + 1)
    for person in range(CAPACITY + 1):
        life.apply(person)
        life.offer_a_place(person, "")


def keep_a_seat(life: LifeCycle) -> None:
    """A service that ends an offer and forgets its seat."""
    life.apply(0)
    life.offer_a_place(0, "")
    Application.objects.update(state="withdrawn")


def certify_without_marks(life: LifeCycle) -> None:
    """A credential whose marks say that the person was not there."""
    life.go_the_whole_way(1)
    Attendance.objects.update(mark="absent")


CARELESS = (confirm_carelessly, squeeze_in, keep_a_seat, certify_without_marks)


def is_noticed(act: Callable[[LifeCycle], None]) -> bool:
    """The control: does a look at the rows notice what careless code did?"""
    life = LifeCycle()
    life.open_the_world()
    try:
        act(life)
        life.look()
    except AssertionError:
        return True
    finally:
        life.teardown()
    return False
