"""Preparing a cohort and opening it: figures from the Edition, prices, sessions."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.models import Cohort, PriceTier, Session, SkippedDay
from cohorts.schedule import session_times
from scip.audit.services import record
from scip.credentials.models import Level
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.states import lock, move

# Figures with the same name on the Edition and on the cohort.
THRESHOLDS = (
    "attendance_percent",
    "present_percent",
    "offer_days",
    "waiting_list_offer_hours",
    "payment_hours",
    "msc_required_for",
)


def figures_of(edition: Edition, level: str = Level.A) -> dict[str, Any]:
    """What a new cohort of this level takes over from the Edition; each can be changed while
    the cohort is a draft."""
    figures: dict[str, Any] = {name: getattr(edition, name) for name in THRESHOLDS}
    if level == Level.B:
        return figures | {
            "session_count": edition.level_b_sessions,
            "session_minutes": edition.level_b_session_minutes,
            "capacity": edition.level_b_capacity,
        }
    return figures | {
        "session_count": edition.level_a_sessions,
        "session_minutes": edition.level_a_session_minutes,
    }


def draft_cohort(*, edition: Edition, by: Any, level: str = Level.A, **fields: Any) -> Cohort:
    """A draft with the Edition's figures; ``fields`` win over them. Written to the log."""
    values = figures_of(edition, level) | fields
    with transaction.atomic():
        cohort = Cohort.objects.create(edition=edition, level=level, **values)
        record("cohort.drafted", cohort, by=by)
    return cohort


def copy_cohort(cohort: Cohort, *, by: Any, now: datetime | None = None) -> Cohort:
    """A draft like ``cohort``, a year later on the same weekday, with its prices and people
    who lead it; no sessions, no applications."""
    weeks = timedelta(weeks=52)
    source = Cohort.objects.get(pk=cohort.pk)
    facilitators = list(source.facilitators.all())
    with transaction.atomic():
        copy = Cohort(
            **{
                field.name: getattr(source, field.name)
                for field in Cohort._meta.concrete_fields
                if field.name not in {"id", "state", "opened_at", "cancelled_at", "slug", "title"}
            }
        )
        copy.title = _("{title} (copy)").format(title=source.title[:110])
        copy.slug = free_slug(source.slug)
        copy.starts_on = source.starts_on + weeks
        copy.applications_open_at = source.applications_open_at + weeks
        copy.applications_close_at = source.applications_close_at + weeks
        if source.msc_due_on:
            copy.msc_due_on = source.msc_due_on + weeks
        copy.save()
        copy.facilitators.set(facilitators)
        for tier in source.tiers.all():
            copy.tiers.create(
                kind=tier.kind,
                amount_cents=tier.amount_cents,
                currency=tier.currency,
                until=tier.until + weeks if tier.until else None,
            )
        record("cohort.copied", copy, by=by, source=source.pk)
    return copy


def free_slug(slug: str) -> str:
    """``slug`` with the first number behind it that no cohort uses."""
    base = slug[:110]
    taken = set(Cohort.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def planned_times(cohort: Cohort) -> list[tuple[datetime, datetime]]:
    """Start and end of every session as the cohort's own figures give them, in UTC."""
    skipped = SkippedDay.objects.filter(cohort=cohort).values_list("day", flat=True)
    return session_times(
        starts_on=cohort.starts_on,
        starts_at=cohort.starts_at,
        zone=cohort.zone,
        count=cohort.session_count,
        minutes=cohort.session_minutes,
        skipped=set(skipped),
    )


def generate_sessions(cohort: Cohort) -> list[Session]:
    """The cohort's sessions, numbered from 1: made now, or those that exist already.

    Calendar identities must stay, so existing sessions are never made anew; they are moved
    with `cohorts.services.sessions.reschedule_session`.
    """
    with transaction.atomic():
        lock(cohort)
        existing = list(Session.objects.filter(cohort=cohort))
        if existing:
            return existing
        return Session.objects.bulk_create(
            [
                Session(cohort=cohort, number=number, starts_at=start, ends_at=end)
                for number, (start, end) in enumerate(planned_times(cohort), start=1)
            ]
        )


def copy_prices(cohort: Cohort) -> None:
    """The Edition's prices, for a cohort that has none of its own."""
    if PriceTier.objects.filter(cohort=cohort).exists():
        return
    edition = cohort.edition
    early_until = cohort.starts_on - timedelta(days=edition.early_bird_days)
    early, standard = edition.level_a_early_bird_cents, edition.level_a_standard_cents
    if cohort.level == Level.B:
        early, standard = edition.level_b_early_bird_cents, edition.level_b_standard_cents
    tiers = [
        PriceTier(kind=PriceTier.Kind.EARLY_BIRD, amount_cents=early, until=early_until),
        PriceTier(kind=PriceTier.Kind.STANDARD, amount_cents=standard),
    ]
    if cohort.level == Level.A:
        lend_a_hand = edition.level_a_lend_a_hand_cents
        tiers.append(PriceTier(kind=PriceTier.Kind.LEND_A_HAND, amount_cents=lend_a_hand))
    for tier in tiers:
        tier.cohort = cohort
        tier.currency = edition.currency
    PriceTier.objects.bulk_create(tiers)


def open_cohort(cohort: Cohort, *, by: Any, now: datetime | None = None) -> Cohort:
    """Publish a draft: prices and sessions exist from then on and are promised.

    Thresholds were taken from the Edition when the draft was made and may have been changed
    on it since; prices are copied where the cohort has none. Raises Refusal for a cohort
    without a link to meet, or one whose first session is not ahead.
    """
    now = now or timezone.now()
    with transaction.atomic():
        cohort = lock(cohort)
        if cohort.state == Cohort.State.DRAFT:
            refuse_unready(cohort, now)
            copy_prices(cohort)
            generate_sessions(cohort)
            cohort.opened_at = now
            cohort.save(update_fields=["opened_at"])
        move(cohort, Cohort.State.OPEN, by=by, now=now)
    return cohort


def refuse_unready(cohort: Cohort, now: datetime) -> None:
    """Raise Refusal when something that participants rely on is missing."""
    if not cohort.join_url:
        raise Refusal(
            _(
                "This cohort has no link to meet yet. Add it, then open the cohort; "
                "everything else is kept."
            )
        )
    if PriceTier.objects.filter(cohort=cohort).exists() and not (
        PriceTier.objects.filter(cohort=cohort, kind=PriceTier.Kind.STANDARD).exists()
    ):
        raise Refusal(
            _(
                "This cohort has prices, but no standard one, which aid and the waiting list "
                "count from. Add it, then open the cohort; everything else is kept."
            )
        )
    if cohort.session_minutes < 1:
        raise Refusal(_("Say how many minutes a session lasts, then open the cohort."))
    if SkippedDay.objects.filter(cohort=cohort, day=cohort.starts_on).exists():
        raise Refusal(
            _(
                "The start date is one of the days off. Choose the day of the first session, "
                "then open the cohort; everything else is kept."
            )
        )
    first = planned_times(cohort)
    if not first or first[0][0] <= now:
        raise Refusal(
            _(
                "The first session would lie in the past. Choose a later start date, then open "
                "the cohort; everything else is kept."
            )
        )
