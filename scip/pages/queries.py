"""What the public pages read, in few queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise

from cohorts.models import Cohort, PriceTier
from cohorts.queries.admission import coming_cohorts, tiers_of
from scip.pages.models import FaqEntry
from scip.policy.models import Edition

QUESTIONS_ON_HOME = 6


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
    """Cohorts that have not begun, soonest first: one query, prices and places included."""
    now = now or timezone.now()
    return [card_of(cohort, now) for cohort in coming_cohorts(user, now)[:limit]]


def card_of(cohort: Any, now: datetime) -> CohortCard:
    """A card from one of the `coming_cohorts`."""
    return CohortCard(
        cohort=cohort,
        prices=tuple(price_of(tier, now) for tier in tiers_of(cohort)),
        first_starts_at=cohort.first_session_at,
        first_ends_at=cohort.first_session_at + timedelta(minutes=cohort.session_minutes),
        places_left=max(cohort.places_left, 0),
        is_accepting=cohort.is_accepting(now),
        opens_later=now < cohort.applications_open_at,
    )


def price_of(tier: PriceTier, now: datetime) -> Price:
    """A price as the public reads it; whether it still holds is the tier's own rule."""
    return Price(
        kind=tier.kind,
        label=tier.get_kind_display(),
        cents=tier.amount_cents,
        currency=tier.currency,
        until=tier.until,
        has_ended=not tier.holds(now),
    )


def first_page_edition(user: Any) -> Any:
    """The edition in force, annotated with ``questions``: those that stand on the first page, as
    ``pages/_faq_entry.html`` reads them. One query."""
    entries = FaqEntry.objects.visible_to(user).shown().filter(is_on_home=True)
    columns = JSONObject(
        pk="pk",
        question="question",
        answer="answer",
        link_path="link_path",
        link_label="link_label",
    )
    questions = ArraySubquery(entries.values(row=columns)[:QUESTIONS_ON_HOME])
    return Edition.objects.visible_to(user).annotate(questions=questions).in_force()


def by_price(cards: Iterable[CohortCard]) -> list[list[CohortCard]]:
    """Cohorts with the same prices together, so that a page says each price once."""
    groups: dict[tuple[tuple[str, int, str], ...], list[CohortCard]] = {}
    for card in cards:
        key = tuple((price.kind, price.cents, price.currency) for price in card.prices)
        groups.setdefault(key, []).append(card)
    return list(groups.values())


def grouped(entries: Iterable[FaqEntry]) -> list[tuple[str, str | Promise, list[FaqEntry]]]:
    """Questions as (topic's code, its name, entries), topics in the order of `FaqEntry.Topic`."""
    order = {topic.value: place for place, topic in enumerate(FaqEntry.Topic)}
    ordered = sorted(entries, key=lambda entry: (order[entry.topic], entry.position, entry.pk))
    return [
        (topic, FaqEntry.Topic(topic).label, list(group))
        for topic, group in groupby(ordered, key=lambda entry: entry.topic)
    ]
