"""Evidence for admission, places left, the waiting list, and lists of cohorts."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.models import (
    AidRequest,
    Application,
    Cohort,
    Enrolment,
    Offer,
    PriceTier,
    Seat,
    Session,
    SkippedDay,
)
from cohorts.requirements.admission import (
    AdmissionEvidence,
    EntryEvidence,
    LevelAEvidence,
    PriceEvidence,
    admission_findings,
    entry_findings,
    holding_up_a_place,
    refund_terms,
)
from payments.refund_terms import RefundTerms
from scip.accounts.models import User
from scip.accounts.queries import prerequisite_evidence
from scip.accounts.requirements import PrerequisiteEvidence
from scip.audit.models import Entry
from scip.credentials.models import Completion, Level
from scip.policy.models import Edition
from scip.requirements import Assessment, Finding

# What lists of coming cohorts read, for pages that are kept while it is unchanged.
COMING_ROWS = (
    Cohort.objects.all,
    PriceTier.objects.all,
    Seat.objects.all,
    Session.objects.all,
)


def with_places(cohorts: QuerySet[Cohort]) -> QuerySet[Cohort]:
    """Annotate ``places_left`` (never below 0 by the seats' own constraint) and
    ``opening_at``, the first session as it stands (None while a draft has none)."""
    standing = (
        Session.objects.filter(cohort=OuterRef("pk"))
        .exclude(state=Session.State.CANCELLED)
        .order_by("starts_at")
        .values("starts_at")
    )
    taken = (
        Seat.objects.filter(cohort=OuterRef("pk"))
        .order_by()
        .values("cohort")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return cohorts.annotate(
        places_left=F("capacity") - Coalesce(Subquery(taken, output_field=IntegerField()), 0),
        opening_at=Subquery(standing[:1]),
    )


def with_weeks_off(cohorts: QuerySet[Cohort]) -> QuerySet[Cohort]:
    """Annotate ``weeks_off``: the holidays as ``{"day": "2027-04-06", "reason": "Easter"}``."""
    days = SkippedDay.objects.filter(cohort=OuterRef("pk")).order_by("day")
    return cohorts.annotate(
        weeks_off=ArraySubquery(days.values(row=JSONObject(day="day", reason="reason")))
    )


def with_tiers(cohorts: QuerySet[Cohort]) -> QuerySet[Cohort]:
    """Annotate ``tier_rows``: the prices as `tiers_of` reads them, the lowest first."""
    tiers = PriceTier.objects.filter(cohort=OuterRef("pk")).order_by("amount_cents", "kind")
    columns = JSONObject(
        kind="kind", amount_cents="amount_cents", currency="currency", until="until"
    )
    return cohorts.annotate(tier_rows=ArraySubquery(tiers.values(row=columns)))


def tiers_of(cohort: Any) -> list[PriceTier]:
    """The prices of a cohort that `with_tiers` annotated."""
    return [
        PriceTier(
            cohort=cohort,
            kind=row["kind"],
            amount_cents=row["amount_cents"],
            currency=row["currency"],
            until=date.fromisoformat(row["until"]) if row["until"] else None,
        )
        for row in cohort.tier_rows
    ]


def coming_cohorts(user: Any, now: datetime | None = None) -> QuerySet[Cohort]:
    """Level A cohorts that have not begun, soonest first, with prices and places left."""
    now = now or timezone.now()
    cohorts = Cohort.objects.visible_to(user).filter(
        level=Level.A, state=Cohort.State.OPEN, starts_on__gte=(now - timedelta(days=1)).date()
    )
    return with_tiers(with_places(cohorts)).order_by("starts_on", "id")


def places_left(cohort: Cohort) -> int:
    """How many seats nobody holds."""
    return cohort.capacity - Seat.objects.filter(cohort=cohort).count()


def standing_sessions(cohort: Cohort) -> QuerySet[Session]:
    """The sessions that take place, in the order of their dates."""
    rows = Session.objects.filter(cohort=cohort).exclude(state=Session.State.CANCELLED)
    return rows.order_by("starts_at", "id")


def waiting_position(application: Application) -> int | None:
    """1 for the next in line; None when not on the waiting list."""
    if application.state != Application.State.WAITING_LIST:
        return None
    ahead = Application.objects.waiting_list().filter(
        cohort_id=application.cohort_id, waiting_rank__lt=application.waiting_rank
    )
    return ahead.count() + 1


def missing_in_profile(user: User) -> tuple[str, ...]:
    """What an application needs to know about the person and the profile does not say."""
    facts = {
        _("your name"): user.name,
        _("profession"): user.profession,
        _("country"): user.country,
    }
    return tuple(label for label, value in facts.items() if not value)


def missing_words(application: Application) -> tuple[str, ...]:
    """The written parts that are empty. What would help one take part is optional."""
    return tuple(
        str(Application._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        for name in ("motivation", "practice", "experience")
        if not getattr(application, name).strip()
    )


def admission_evidence(
    applications: Iterable[Application], *, now: datetime
) -> dict[int, AdmissionEvidence]:
    """Evidence by application id. Applications come with user and cohort (select_related).

    Two queries (prices, aid requests) beside those of `entry_evidence`.
    """
    rows = list(applications)
    entries = entry_evidence(rows)
    tiers: dict[tuple[int, str], PriceTier] = {}
    for tier in PriceTier.objects.filter(cohort__in={row.cohort_id for row in rows}):
        tiers[tier.cohort_id, tier.kind] = tier
    asks = set(
        AidRequest.objects.filter(application__in=rows)
        .exclude(state=AidRequest.State.WITHDRAWN)
        .values_list("application_id", flat=True)
    )
    return {
        row.pk: evidence_from(
            row,
            entry=entries[row.pk],
            tier=tiers.get((row.cohort_id, row.tier)),
            asks_for_aid=row.pk in asks,
            now=now,
        )
        for row in rows
    }


def entry_evidence(applications: Collection[Application]) -> dict[int, EntryEvidence]:
    """What their places depend on, by application id; they come with their cohort. One query, and
    two more where a group of Level B is among them."""
    people = prerequisite_evidence([row.user_id for row in applications])
    level_a = level_a_evidence([row.user_id for row in applications if asks_level_a(row.cohort)])
    return {
        row.pk: entry_from(row.cohort, people[row.user_id], level_a.get(row.user_id))
        for row in applications
    }


def entry_from(
    cohort: Cohort, prerequisites: PrerequisiteEvidence, level_a: LevelAEvidence | None
) -> EntryEvidence:
    """What a place in this cohort depends on, from rows that are already here; no query."""
    # Where MSC is asked for Level B only, it may follow.
    may_follow = cohort.msc_required_for == Edition.MscRequiredFor.LEVEL_B
    return EntryEvidence(
        prerequisites=prerequisites,
        msc_due_on=cohort.msc_due_on if may_follow else None,
        level_a=level_a if asks_level_a(cohort) else None,
    )


def asks_level_a(cohort: Cohort) -> bool:
    """Does a place in it rest on Level A?"""
    return cohort.level == Level.B


def level_a_evidence(user_ids: Collection[int]) -> dict[int, LevelAEvidence]:
    """What is on record about Level A, by person; two queries, none for nobody."""
    if not user_ids:
        return {}
    done = dict(
        Completion.objects.filter(user__in=user_ids, level=Level.A).values_list(
            "user_id", "completed_on"
        )
    )
    under_way = dict(
        Enrolment.objects.filter(
            user__in=user_ids, cohort__level=Level.A, state=Enrolment.State.CONFIRMED
        ).values_list("user_id", "cohort__title")
    )
    return {
        pk: LevelAEvidence(completed_on=done.get(pk), under_way=under_way.get(pk, ""))
        for pk in user_ids
    }


def evidence_from(
    row: Application,
    *,
    entry: EntryEvidence,
    tier: PriceTier | None,
    asks_for_aid: bool,
    now: datetime,
) -> AdmissionEvidence:
    """Evidence of one application from rows that are already here; no query."""
    cohort = row.cohort
    if tier is not None:
        tier.cohort = cohort
    return AdmissionEvidence(
        application_id=row.pk,
        entry=entry,
        missing_profile=missing_in_profile(row.user),
        missing_words=missing_words(row),
        attends_live=row.attends_live,
        price=price_evidence(tier, row.submitted_at or now) if tier else None,
        asks_for_aid=asks_for_aid,
        is_sent=row.submitted_at is not None,
        is_accepting=cohort.is_accepting(now),
        opens_at=cohort.applications_open_at,
        closes_at=cohort.applications_close_at,
    )


def price_evidence(tier: PriceTier, at: datetime) -> PriceEvidence:
    """A price as it stands for somebody who sends the complete application at ``at``."""
    return PriceEvidence(
        kind=tier.kind,
        label=tier.get_kind_display(),
        amount_cents=tier.amount_cents,
        currency=tier.currency,
        holds=tier.holds(at),
    )


def assess(application: Application, *, now: datetime) -> Assessment:
    """The findings of one application, as they stand at ``now``."""
    evidence = admission_evidence([application], now=now)[application.pk]
    return admission_findings(evidence, as_of=now)


def missing_for_a_place(application: Application, *, now: datetime) -> tuple[Finding, ...]:
    """What keeps a place from being offered or accepted at ``now``; the queries of
    `entry_evidence`."""
    evidence = entry_evidence([application])[application.pk]
    return holding_up_a_place(entry_findings(evidence, as_of=now))


def tuition_terms(cohort: Cohort) -> RefundTerms:
    """Refund terms of a cohort's tuition, from its Edition."""
    return refund_terms(
        starts_at=cohort.first_session_at,
        zone=cohort.time_zone,
        full_refund_days=cohort.edition.full_refund_days,
        half_refund_days=cohort.edition.half_refund_days,
    )


@dataclass(frozen=True, slots=True)
class AidOutcome:
    """What the office may know of an aid request: that it exists and how it ended."""

    kind: str
    state: str
    state_label: str
    granted_cents: int

    @property
    def is_open(self) -> bool:
        return self.state in {AidRequest.State.DRAFT, AidRequest.State.REQUESTED}

    @property
    def is_granted(self) -> bool:
        return self.state == AidRequest.State.GRANTED


def aid_outcome(application: Application) -> AidOutcome | None:
    """The outcome of the aid request; its statement is never read here."""
    row = (
        AidRequest.objects.filter(application=application)
        .exclude(state=AidRequest.State.WITHDRAWN)
        .values("kind", "state", "granted_cents")
        .first()
    )
    if row is None:
        return None
    return AidOutcome(
        kind=str(AidRequest.Kind(row["kind"]).label),
        state=row["state"],
        state_label=str(AidRequest.State(row["state"]).label),
        granted_cents=(row["granted_cents"] or 0)
        if row["state"] == AidRequest.State.GRANTED
        else 0,
    )


def history(application: Application) -> list[Entry]:
    """What happened with an application and its offers and places, newest first."""
    offers = Offer.objects.filter(application=application).values_list("pk", flat=True)
    places = Enrolment.objects.filter(application=application).values_list("pk", flat=True)
    about = Q(object_type="cohorts.application", object_id=str(application.pk))
    about |= Q(object_type="cohorts.offer", object_id__in=[str(pk) for pk in offers])
    about |= Q(object_type="cohorts.enrolment", object_id__in=[str(pk) for pk in places])
    return list(Entry.objects.filter(about).order_by("-id")[:200])
