"""Where somebody could move, and what it would mean: read only, for pages, letters and guards."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from cohorts.models import (
    AbsenceException,
    Application,
    Cohort,
    Enrolment,
    PriceTier,
    Session,
    Transfer,
)
from cohorts.queries.admission import asks_level_a, entry_from, level_a_evidence, with_places
from cohorts.queries.cancelling import is_money_on_its_way
from cohorts.queries.roster import attendance_evidence, session_evidence
from cohorts.requirements.admission import LevelAEvidence, entry_findings
from cohorts.requirements.attendance import (
    AttendanceEvidence,
    SessionEvidence,
    attendance_tally,
)
from cohorts.requirements.transfers import (
    Carried,
    Series,
    TransferEvidence,
    carried_sessions,
    holding_up,
    kept_finding,
    transfer_findings,
)
from payments.models import Adjustment
from payments.queries import Balance
from payments.services import Transferral, reckon, reliefs_of, shares_of, standings_of
from scip.accounts.models import User
from scip.accounts.queries import prerequisite_evidence
from scip.accounts.requirements import PrerequisiteEvidence
from scip.requirements import Assessment, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What exchanging a place for one in ``target`` would mean at one moment.

    ``tier`` is the price that would hold there (None: it has none), ``gift_cents`` its part for
    the aid fund; ``money`` says what moves, what goes back and what is due.
    """

    target: Cohort
    kind: Transfer.Kind
    tier: PriceTier
    gift_cents: int
    relief_cents: int
    money: Transferral
    old: Series
    carried: tuple[Carried, ...]
    findings: Assessment
    begins_at: datetime
    ends_at: datetime
    places_left: int
    waiting: int

    @property
    def holding_up(self) -> tuple[Finding, ...]:
        return holding_up(self.findings)

    @property
    def is_possible(self) -> bool:
        return not self.holding_up

    @property
    def kept(self) -> str:
        """What happens to attendance, in words."""
        return str(self.findings["attendance"].found)


@dataclass(frozen=True)
class Origin:
    """A place with everything about it and its person that an exchange looks at, read once."""

    enrolment: Enrolment
    now: datetime

    @cached_property
    def attendance(self) -> AttendanceEvidence:
        return attendance_evidence([self.enrolment.pk])[self.enrolment.pk]

    @cached_property
    def series(self) -> Series:
        return series_of(self.enrolment.cohort, self.attendance.sessions)

    @cached_property
    def ends_at(self) -> datetime:
        """The end of the last session; of a series without sessions this moment."""
        ends = [item.ends_at for item in self.attendance.sessions if not item.is_cancelled]
        return max(ends, default=self.now)

    @cached_property
    def standings(self) -> list[Balance]:
        return standings_of(self.enrolment.charge)

    @cached_property
    def reliefs(self) -> list[Adjustment]:
        return reliefs_of(self.enrolment.charge)

    @cached_property
    def cohorts_taken(self) -> frozenset[int]:
        """Cohorts in which the person has an application or a place that is alive."""
        rows = Application.objects.filter(
            user=self.enrolment.user_id, state__in=Application.ALIVE
        ).values_list("cohort_id", flat=True)
        return frozenset(rows)

    @cached_property
    def money_on_its_way(self) -> bool:
        return is_money_on_its_way(self.enrolment)

    @cached_property
    def exceptions_with_office(self) -> bool:
        state = AbsenceException.State
        return AbsenceException.objects.filter(
            enrolment=self.enrolment, state__in=[state.REQUESTED, state.MADE_UP]
        ).exists()

    def entry_to(self, target: Cohort) -> tuple[Finding, ...]:
        """The findings of admission that a place there needs; no query after the first time."""
        level_a = self._level_a if asks_level_a(target) else None
        evidence = entry_from(target, self._prerequisites, level_a)
        return entry_findings(evidence, as_of=self.now)

    @cached_property
    def _prerequisites(self) -> PrerequisiteEvidence:
        return prerequisite_evidence([self.enrolment.user_id])[self.enrolment.user_id]

    @cached_property
    def _level_a(self) -> LevelAEvidence:
        return level_a_evidence([self.enrolment.user_id])[self.enrolment.user_id]


def series_of(cohort: Cohort, sessions: Iterable[SessionEvidence]) -> Series:
    """A cohort's sessions as the rule looks at them."""
    return Series(
        level=cohort.level,
        session_minutes=cohort.session_minutes,
        present_percent=cohort.present_percent,
        sessions=tuple(sessions),
    )


def targets(user: User, origin: Enrolment) -> QuerySet[Cohort]:
    """Other cohorts of the same level that take people in or run, soonest first, with prices,
    sessions, leaders, places left and how many wait for one."""
    waiting = (
        Application.objects.waiting_list()
        .filter(cohort=OuterRef("pk"))
        .order_by()
        .values("cohort")
        .annotate(count=Count("pk"))
        .values("count")
    )
    rows = Cohort.objects.visible_to(user).filter(
        level=origin.cohort.level, state__in=[Cohort.State.OPEN, Cohort.State.RUNNING]
    )
    return (
        with_places(rows.exclude(pk=origin.cohort_id))
        .annotate(waiting=Coalesce(Subquery(waiting), 0))
        .select_related("edition")
        .prefetch_related(
            "tiers", "facilitators", Prefetch("sessions", Session.objects.order_by("number"))
        )
        .order_by("starts_on", "id")
    )


def exchanges(enrolment: Enrolment, *, by: User, now: datetime) -> list[Exchange]:
    """Where this place could move as ``by`` sees it, what it means, and what stands in the way
    there; cohorts that have no price are left out. A fixed number of queries."""
    origin = Origin(enrolment, now)
    return [
        found
        for cohort in targets(by, enrolment)
        if (found := exchange_for(origin, cohort)) is not None
    ]


def exchange_with(
    enrolment: Enrolment, target: Cohort, *, by: User, now: datetime
) -> Exchange | None:
    """The same for one cohort; None if one cannot move there at all."""
    cohort = targets(by, enrolment).filter(pk=target.pk).first()
    return exchange_for(Origin(enrolment, now), cohort) if cohort is not None else None


def exchange_for(origin: Origin, target: Cohort) -> Exchange | None:
    """What moving from a place to a cohort of `targets` means; None where there is no price."""
    now, offer = origin.now, origin.enrolment.offer
    sent_at = origin.enrolment.application.submitted_at or now
    tier = tier_there(target, offer.tier, sent_at)
    if tier is None:
        return None
    relief = sum(shares_of(origin.reliefs, tier.amount_cents))
    price = tier.amount_cents - relief
    new = series_of(target, (session_evidence(row, None, None) for row in target.sessions.all()))
    carried = carried_sessions(origin.series, new, joined_at=now)
    standing = [item for item in new.sessions if not item.is_cancelled]
    begins_at = min((item.starts_at for item in standing), default=target.first_session_at)
    attendance = kept_finding(
        origin.series,
        new,
        old_title=origin.enrolment.cohort.title,
        joined_at=now,
        is_reachable=is_reachable(target, new, carried, now),
    )
    evidence = TransferEvidence(
        is_held=origin.enrolment.state in Enrolment.HELD,
        is_running=target.state in (Cohort.State.OPEN, Cohort.State.RUNNING),
        places_left=target.places_left,  # type: ignore[attr-defined]
        begins_at=begins_at,
        begun=sum(item.starts_at <= now for item in standing),
        last_session_to_join=target.last_session_to_join,
        entry=origin.entry_to(target),
        is_there_already=target.pk in origin.cohorts_taken,
        leads_there=any(
            leader.pk == origin.enrolment.user_id for leader in target.facilitators.all()
        ),
        same_currency=tier.currency == offer.currency,
        money_on_its_way=origin.money_on_its_way,
        exceptions_with_office=origin.exceptions_with_office,
        attendance=attendance,
    )
    is_later = begins_at > origin.ends_at
    return Exchange(
        target=target,
        kind=Transfer.Kind.DEFERRAL if is_later else Transfer.Kind.MOVE,
        tier=tier,
        gift_cents=0 if relief else gift_in(target, tier),
        relief_cents=relief,
        money=reckon(origin.standings, price_cents=price, currency=tier.currency),
        old=origin.series,
        carried=carried,
        findings=transfer_findings(evidence),
        begins_at=begins_at,
        ends_at=max((item.ends_at for item in standing), default=begins_at),
        places_left=target.places_left,  # type: ignore[attr-defined]
        waiting=target.waiting,  # type: ignore[attr-defined]
    )


def tier_there(target: Cohort, kind: str, sent_at: datetime) -> PriceTier | None:
    """The price a person keeps: of the same kind if it holds there, else the standard one.

    Early bird looks at the day on which the complete application was first sent, wherever that
    was: whoever was early stays early.
    """
    tiers = {tier.kind: tier for tier in target.tiers.all()}
    for tier in tiers.values():
        tier.cohort = target
    same = tiers.get(kind)
    return same if same and same.holds(sent_at) else tiers.get(PriceTier.Kind.STANDARD)


def gift_in(target: Cohort, tier: PriceTier) -> int:
    """What "Lend a Hand" pays there beyond the standard price, in cents."""
    usual = [row.amount_cents for row in target.tiers.all() if row.kind == PriceTier.Kind.STANDARD]
    if tier.kind != PriceTier.Kind.LEND_A_HAND or not usual:
        return 0
    return max(tier.amount_cents - usual[0], 0)


def is_reachable(target: Cohort, new: Series, carried: Iterable[Carried], now: datetime) -> bool:
    """Could the attendance that is needed there still be reached by attending?"""
    origins = {item.number: item.origin for item in carried}
    sessions = []
    for item in new.sessions:
        origin = origins.get(item.number)
        marked = replace(item, mark="absent") if item.number in origins else item
        if origin is not None:
            marked = replace(
                item,
                mark=origin.mark,
                late_minutes=origin.late_minutes,
                early_minutes=origin.early_minutes,
                exception=origin.exception,
            )
        sessions.append(marked)
    evidence = AttendanceEvidence(
        attendance_percent=target.attendance_percent,
        present_percent=target.present_percent,
        sessions=tuple(sessions),
    )
    return attendance_tally(evidence, as_of=now).is_reachable
