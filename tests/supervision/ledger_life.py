"""A machine of supervision: two supervisors, a candidate and the office do whatever the services let
them, in any order. After each step it looks at the rows and asks what must hold whatever happened.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any, ClassVar

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from certification.candidacy.services import end_leave, take_leave
from certification.candidacy.services.leaves import follow_leaves
from scip.accounts.models import Role
from scip.requirements import Refusal
from scip.states import IllegalMove
from supervision.models import Agreement, SupervisionSession
from supervision.queries.agreements import text_hash
from supervision.queries.sessions import evidence_of
from supervision.requirements.ledger import Phase, counted, ledger_findings
from supervision.services import agreements, sessions
from supervision.services.losses import follow_losses, settle_unanswered
from tests import world
from tests.supervision.pair import START, held, make_pair

Kind = SupervisionSession.Kind
State = SupervisionSession.State
FACTS = (
    "agreement_id",
    "kind",
    "started_at",
    "ends_at",
    "logged_by_id",
    "logged_at",
    "corrects_id",
)
OVER = {"completed", "ended", "discarded"}
TEXT = {"goals": "On.", "schedule": "Weekly.", "rate_cents": 18_000, "payment_plan": "Blocks."}

kinds = st.sampled_from(list(Kind))
lengths = st.sampled_from([30, 60, 60, 90])
people = st.sampled_from(["candidate", "guide", "second", "office"])
picks = st.integers(0, 30)
back = st.integers(1, 12)


class LedgerLife(RuleBasedStateMachine):
    """The clock only goes forward; what was once written is remembered and looked for."""

    steps: ClassVar[int] = 0
    reached: ClassVar[set[str]] = set()

    @initialize()
    def open_the_world(self) -> None:
        """Everything happens in a transaction that is rolled back at the end."""
        self.world = transaction.atomic()
        self.world.__enter__()
        self.pair = make_pair()
        second = world.make_supervisor(world.make_user("second@example.com", name="Sol"))
        self.guides = (self.pair.supervisor, second)
        self.who = {
            "candidate": self.pair.candidate,
            "guide": self.pair.guide,
            "second": second.user,
            "office": world.make_user("office@example.com", Role.STAFF),
        }
        self.now = START + timedelta(days=22)
        self.seen: dict[int, tuple[Any, ...]] = {}
        self.confirmed: dict[int, tuple[Any, ...]] = {}
        self.over: dict[int, str] = {}

    def teardown(self) -> None:
        if hasattr(self, "world"):
            transaction.set_rollback(True)
            self.world.__exit__(None, None, None)

    # -- what people do -----------------------------------------------------------------

    def attempt(self, name: str, act: Callable[[], Any]) -> None:
        """Refusals in words and illegal moves are answers; anything else is a failure."""
        type(self).steps += 1
        try:
            with transaction.atomic():
                act()
        except (Refusal, IllegalMove):
            return
        self.reached.add(name)

    def agreement(self, pick: int) -> Agreement:
        rows = list(Agreement.objects.select_related("candidacy", "supervisor").order_by("pk"))
        return rows[-1 - pick % len(rows)]

    def session(self, pick: int) -> SupervisionSession | None:
        rows = list(SupervisionSession.objects.order_by("pk"))
        return rows[-1 - pick % len(rows)] if rows else None

    def said(self, kind: str, minutes: int, hours: int) -> sessions.Held:
        return held(kind, self.now - timedelta(hours=hours, minutes=minutes), minutes)

    @rule(pick=picks, who=people, kind=kinds, minutes=lengths, hours=back)
    def log(self, pick: int, who: str, kind: str, minutes: int, hours: int) -> None:
        agreement, said = self.agreement(pick), self.said(kind, minutes, hours)
        by = self.who[who]
        if who == "office":
            self.attempt(
                "entered by the office",
                lambda: sessions.log_for_two(agreement, said, by=by, reason="So.", now=self.now),
            )
        else:
            self.attempt(
                "logged", lambda: sessions.log_session(agreement, said, by=by, now=self.now)
            )

    @rule(pick=picks, who=people)
    def confirm(self, pick: int, who: str) -> None:
        if row := self.session(pick):
            self.attempt(
                "confirmed",
                lambda: sessions.confirm_session(row, by=self.who[who], now=self.now),
            )

    @rule(kind=kinds, minutes=lengths)
    def both_agree(self, kind: str, minutes: int) -> None:
        """The usual way: logged by the one, confirmed by the other; a day goes by."""

        def act() -> None:
            agreement = self.agreement(0)
            said = self.said(kind, minutes, 1)
            row = sessions.log_session(agreement, said, by=agreement.supervisor.user, now=self.now)
            sessions.confirm_session(row, by=self.pair.candidate, now=self.now)

        self.attempt("both agree", act)
        self.now += timedelta(days=1)

    @rule(pick=picks, who=people)
    def dispute(self, pick: int, who: str) -> None:
        if row := self.session(pick):
            self.attempt(
                "disputed",
                lambda: sessions.dispute_session(row, by=self.who[who], reason="No.", now=self.now),
            )

    @rule(pick=picks, who=people)
    def withdraw(self, pick: int, who: str) -> None:
        if row := self.session(pick):
            self.attempt(
                "withdrawn",
                lambda: sessions.withdraw_session(row, by=self.who[who], now=self.now),
            )

    @rule(pick=picks, who=people, kind=kinds, minutes=lengths, hours=back)
    def correct(self, pick: int, who: str, kind: str, minutes: int, hours: int) -> None:
        if row := self.session(pick):
            said, by = self.said(kind, minutes, hours), self.who[who]
            self.attempt(
                "corrected",
                lambda: sessions.correct_session(row, said, by=by, reason="So.", now=self.now),
            )

    @rule(pick=picks, by_office=st.booleans(), who=people, is_held=st.booleans())
    def settle(self, pick: int, by_office: bool, who: str, is_held: bool) -> None:
        # Most rows are not in dispute: picked at random, one that is would hardly ever be met.
        disputed = SupervisionSession.objects.filter(state=State.DISPUTED).first()
        if row := disputed or self.session(pick):
            act = sessions.settle_dispute if disputed else settle_unanswered
            by = self.who["office" if by_office else who]
            self.attempt(
                "settled", lambda: act(row, by=by, is_held=is_held, reason="So.", now=self.now)
            )

    @rule(pick=picks, who=people)
    def end(self, pick: int, who: str) -> None:
        agreement, by = self.agreement(pick), self.who[who]
        self.attempt(
            "ended",
            lambda: agreements.end_agreement(agreement, by=by, reason="So.", now=self.now),
        )

    @rule(place=st.integers(0, 1))
    def sign(self, place: int) -> None:
        """A draft with one of the two supervisors, signed by both."""
        candidacy, guide = self.pair.candidacy, self.guides[place]

        def act() -> None:
            draft = agreements.draft_agreement(
                candidacy, guide, by=self.who["office"], now=self.now
            )
            version = agreements.propose_version(draft, by=guide.user, now=self.now, **TEXT)
            for user in (self.pair.candidate, guide.user):
                agreements.sign_version(
                    version,
                    by=user,
                    name_typed=user.name,
                    text_sha256=text_hash(version),
                    now=self.now,
                )

        self.attempt("signed", act)

    @rule(days=st.integers(1, 20))
    def rest(self, days: int) -> None:
        on = self.now.date()
        self.attempt(
            "on leave",
            lambda: take_leave(
                self.pair.candidacy,
                from_on=on,
                until_on=on + timedelta(days=days),
                by=self.pair.candidate,
                now=self.now,
            ),
        )

    @rule()
    def come_back(self) -> None:
        for leave in self.pair.candidacy.leaves.filter(ended_at=None):
            self.attempt(
                "back", lambda leave=leave: end_leave(leave, by=self.pair.candidate, now=self.now)
            )

    @rule(hours=st.sampled_from([1, 5, 24, 24 * 8, 24 * 22]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        follow_leaves(self.now)
        follow_losses(self.now)

    # -- what must hold -----------------------------------------------------------------

    @invariant()
    def nothing_is_overwritten_or_lost(self) -> None:
        rows = {row.pk: row for row in SupervisionSession.objects.all()}
        for pk, facts in self.seen.items():
            assert pk in rows, "an entry is gone"
            assert tuple(getattr(rows[pk], name) for name in FACTS) == facts
        for pk, who in self.confirmed.items():
            assert (rows[pk].confirmed_at, rows[pk].confirmed_by_id) == who
        self.seen = {pk: tuple(getattr(row, name) for name in FACTS) for pk, row in rows.items()}
        self.confirmed = {
            pk: (row.confirmed_at, row.confirmed_by_id)
            for pk, row in rows.items()
            if row.confirmed_at
        }

    @invariant()
    def nobody_confirms_their_own_and_the_office_only_what_waited_for_it(self) -> None:
        for row in SupervisionSession.objects.confirmed().select_related("supervisor"):
            pair = {self.pair.candidate.pk, row.supervisor.user_id}
            assert row.confirmed_by_id != row.logged_by_id
            assert row.confirmed_by_id in pair or row.office_reason
            assert row.logged_by_id in pair or row.office_reason

    @invariant()
    def one_agreement_is_active_and_what_is_over_stays_over(self) -> None:
        rows = list(Agreement.objects.all())
        assert sum(row.state == "active" for row in rows) <= 1
        states = {row.pk: row.state for row in rows}
        assert {pk: states.get(pk) for pk in self.over} == self.over
        self.over = {pk: state for pk, state in states.items() if state in OVER}

    @invariant()
    def what_counts_was_confirmed_and_long_enough(self) -> None:
        edition = self.pair.candidacy.edition
        evidence = evidence_of(self.pair.candidacy)
        found = [item.pk for phase in Phase for item in counted(evidence, phase, edition=edition)]
        assert len(found) == len(set(found))
        for row in SupervisionSession.objects.filter(pk__in=found):
            assert row.state == State.CONFIRMED
            assert row.minutes >= edition.supervision_minutes
        if Agreement.objects.filter(state="completed", ended_at=None).exists():
            closing = SupervisionSession.objects.filter(
                kind__in=[Kind.PORTFOLIO_REVIEW, Kind.EXIT_INTERVIEW],
                confirmed_at__isnull=False,
            )
            assert closing.count() >= edition.closing_sessions
            self.reached.add("completed")
        assert len(ledger_findings(evidence, edition=edition)) == 4

    @invariant()
    def a_corrected_entry_has_one_that_took_its_place(self) -> None:
        for row in SupervisionSession.objects.filter(state=State.REPLACED):
            took = row.corrections.filter(confirmed_at__isnull=False)
            assert took.count() == 1

    @invariant()
    def nobody_holds_two_sessions_at_once(self) -> None:
        rows = [
            row
            for row in SupervisionSession.objects.standing().order_by("supervisor", "started_at")
            if row.state == State.CONFIRMED or row.corrects_id is None
        ]
        for one, other in pairwise(rows):
            assert one.supervisor_id != other.supervisor_id or one.ends_at <= other.started_at


def lose_an_entry(life: LedgerLife) -> None:
    SupervisionSession.objects.all().delete()


def confirm_without_replacing(life: LedgerLife) -> None:
    SupervisionSession.objects.order_by("pk").filter(state="confirmed").update(state="replaced")


def wake_what_is_over(life: LedgerLife) -> None:
    Agreement.objects.filter(state="ended").update(state="completed")


def confirm_for_the_two(life: LedgerLife) -> None:
    SupervisionSession.objects.filter(state="confirmed").update(
        confirmed_by=life.who["office"], office_reason=""
    )


CARELESS = (lose_an_entry, confirm_without_replacing, wake_what_is_over, confirm_for_the_two)


def is_noticed(careless: Callable[[LedgerLife], None]) -> bool:
    """Is what careless code does to a ledger with one session and an ended agreement seen?"""
    life = LedgerLife()
    life.open_the_world()
    try:
        life.both_agree(Kind.ORIENTATION, 60)
        life.end(0, "candidate")
        look(life)
        careless(life)
        try:
            look(life)
        except AssertionError:
            return True
        return False
    finally:
        life.teardown()


def look(life: LedgerLife) -> None:
    """Every invariant once."""
    life.nothing_is_overwritten_or_lost()
    life.nobody_confirms_their_own_and_the_office_only_what_waited_for_it()
    life.one_agreement_is_active_and_what_is_over_stays_over()
    life.what_counts_was_confirmed_and_long_enough()
    life.a_corrected_entry_has_one_that_took_its_place()
    life.nobody_holds_two_sessions_at_once()
