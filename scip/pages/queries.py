"""What the public pages read, in few queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise

from cohorts.models import Cohort, PriceTier
from cohorts.schedule import session_times
from scip.credentials.models import Level
from scip.pages.models import FaqEntry


@dataclass(frozen=True, slots=True)
class Price:
    """A price of a cohort as the public reads it; ``until`` is a day in the cohort's zone."""

    kind: str
    label: str | Promise
    cents: int
    currency: str
    until: date | None
    has_ended: bool


@dataclass(frozen=True, slots=True)
class CohortCard:
    """A cohort ahead, with everything its card says. Moments are shown in the viewer's zone."""

    cohort: Cohort
    prices: tuple[Price, ...]
    first_starts_at: datetime
    first_ends_at: datetime
    last_ends_at: datetime
    places_left: int
    is_accepting: bool
    opens_later: bool

    @property
    def lowest(self) -> Price | None:
        """The lowest price that still holds."""
        return next((price for price in self.prices if not price.has_ended), None)

    @property
    def early_bird(self) -> Price | None:
        """The early-bird price while its date has not passed."""
        return next(
            (
                price
                for price in self.prices
                if price.kind == PriceTier.Kind.EARLY_BIRD and not price.has_ended
            ),
            None,
        )

    @property
    def standard(self) -> Price | None:
        return next((p for p in self.prices if p.kind == PriceTier.Kind.STANDARD), None)

    @property
    def weekday_and_hours(self) -> str:
        """``Tuesdays, 18:00–21:00`` in the viewer's zone (the active one)."""
        start = timezone.localtime(self.first_starts_at)
        end = timezone.localtime(self.first_ends_at)
        return f"{date_format(start, 'l')}, {start:%H:%M}–{end:%H:%M}"


def cohorts_ahead(user: Any, now: datetime | None = None, limit: int = 12) -> list[CohortCard]:
    """Level A cohorts that take applications or will, by start: one query, prices included."""
    now = now or timezone.now()
    tiers = PriceTier.objects.filter(cohort=OuterRef("pk")).order_by("amount_cents", "kind")
    cohorts = (
        Cohort.objects.visible_to(user)
        .filter(level=Level.A, state=Cohort.State.OPEN, starts_on__gte=now.date())
        .annotate(
            seats_taken=Count("seats"),
            price_rows=ArraySubquery(
                tiers.values(
                    row=JSONObject(
                        kind="kind", cents="amount_cents", currency="currency", until="until"
                    )
                )
            ),
        )
        .order_by("starts_on", "id")[:limit]
    )
    return [card_of(cohort, now) for cohort in cohorts]


def card_of(cohort: Any, now: datetime) -> CohortCard:
    """A card from a cohort annotated by `cohorts_ahead`; the first session is what was promised
    at opening, so holidays later in the series do not matter here."""
    times = session_times(
        starts_on=cohort.starts_on,
        starts_at=cohort.starts_at,
        zone=cohort.zone,
        count=cohort.session_count,
        minutes=cohort.session_minutes,
    )
    today = now.astimezone(cohort.zone).date()
    return CohortCard(
        cohort=cohort,
        prices=tuple(price_of(row, today) for row in cohort.price_rows),
        first_starts_at=times[0][0],
        first_ends_at=times[0][0] + timedelta(minutes=cohort.session_minutes),
        last_ends_at=times[-1][1],
        places_left=max(cohort.capacity - cohort.seats_taken, 0),
        is_accepting=cohort.is_accepting(now),
        opens_later=now < cohort.applications_open_at,
    )


def price_of(row: dict[str, Any], today: date) -> Price:
    until = date.fromisoformat(row["until"]) if row["until"] else None
    return Price(
        kind=row["kind"],
        label=PriceTier.Kind(row["kind"]).label,
        cents=row["cents"],
        currency=row["currency"],
        until=until,
        has_ended=until is not None and until < today,
    )


def grouped(entries: Iterable[FaqEntry]) -> list[tuple[str, str | Promise, list[FaqEntry]]]:
    """Questions as (topic's code, its name, entries), topics in the order of `FaqEntry.Topic`."""
    order = {topic.value: place for place, topic in enumerate(FaqEntry.Topic)}
    ordered = sorted(entries, key=lambda entry: (order[entry.topic], entry.position, entry.pk))
    return [
        (topic, FaqEntry.Topic(topic).label, list(group))
        for topic, group in groupby(ordered, key=lambda entry: entry.topic)
    ]
