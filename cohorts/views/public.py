"""Cohorts as visitors see them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cohorts.models import Application, Cohort, SkippedDay
from cohorts.queries.admission import (
    COMING_ROWS,
    coming_cohorts,
    tiers_of,
    tuition_terms,
    with_places,
    with_tiers,
    with_weeks_off,
)
from cohorts.requirements.admission import tier_meaning
from scip.accounts.models import User
from scip.formats import day
from scip.policy.models import Edition
from scip.publishing import data_block, meta_of, published
from scip.unchanged import kept_while_unchanged


@dataclass(frozen=True, slots=True)
class Standing:
    """Where applications for a cohort stand, in a word or two."""

    text: str
    kind: str
    can_apply: bool


def standing_of(cohort: Any, now: datetime) -> Standing:
    """For a cohort annotated with ``places_left``."""
    if cohort.state == Cohort.State.RUNNING:
        return Standing(_("Under way"), "", can_apply=False)
    if cohort.state != Cohort.State.OPEN:
        return Standing(str(cohort.get_state_display()).capitalize(), "", can_apply=False)
    if now < cohort.applications_open_at:
        return Standing(_("Opens soon"), "later", can_apply=False)
    if not cohort.is_accepting(now):
        return Standing(_("Applications closed"), "", can_apply=False)
    if cohort.places_left <= 0:
        return Standing(_("Waiting list"), "waiting", can_apply=True)
    return Standing(_("Open for applications"), "met", can_apply=True)


def prices_of(cohort: Cohort, now: datetime) -> list[dict[str, Any]]:
    """For components/price_list.html; an early bird whose date passed is left out. The cohort is
    annotated by `with_tiers`."""
    prices: list[dict[str, Any]] = [
        {
            "name": tier.get_kind_display(),
            "cents": tier.amount_cents,
            "currency": tier.currency,
            "note": tier_meaning(tier.kind),
            "until": tier.until,
        }
        for tier in tiers_of(cohort)
        if tier.holds(now)
    ]
    prices.append(
        {
            "name": _("Supported places and scholarships"),
            "cents": None,
            "note": _("A few words in your application are enough to ask."),
        }
    )
    return prices


@published
@kept_while_unchanged(*COMING_ROWS)
@require_safe
def cohort_list(request: HttpRequest) -> HttpResponse:
    """Coming cohorts: dates in the visitor's zone, prices, places left, application time."""
    now = timezone.now()
    cohorts = [
        {
            "cohort": cohort,
            "begins_at": getattr(cohort, "opening_at", None) or cohort.first_session_at,
            "standing": standing_of(cohort, now),
            "prices": prices_of(cohort, now),
        }
        for cohort in coming_cohorts(request.user, now)[:50]
    ]
    meta = meta_of(
        request,
        _("Coming cohorts"),
        _(
            "Live online learning cohorts of Self-Compassion in Psychotherapy: dates in your "
            "time zone, prices, places left and when to apply."
        ),
    )
    return render(request, "cohorts/cohort_list.html", {"cohorts": cohorts, "meta": meta})


def leaders() -> QuerySet[User]:
    """Whoever facilitates: their names stand on cohorts' pages."""
    leading = Cohort.facilitators.through.objects.values("user")
    people: QuerySet[User] = User.objects.filter(pk__in=leading)
    return people


@published
@kept_while_unchanged(
    *COMING_ROWS,
    Edition.objects.all,
    SkippedDay.objects.all,
    Cohort.facilitators.through.objects.all,
    leaders,
)
@require_safe
def cohort_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One cohort: every date, holidays, prices, who leads it, whom it is for."""
    now = timezone.now()
    cohorts = with_tiers(with_weeks_off(with_places(Cohort.objects.visible_to(request.user))))
    cohorts = cohorts.select_related("edition")
    cohort: Any = get_object_or_404(cohorts.prefetch_related("sessions"), slug=slug)
    own = None
    if request.user.is_authenticated:
        own = (
            Application.objects.written_by(request.user)
            .filter(cohort=cohort, state__in=Application.ALIVE)
            .first()
        )
    prices = prices_of(cohort, now)
    context = {
        "cohort": cohort,
        "standing": standing_of(cohort, now),
        "prices": prices,
        "sessions": cohort.sessions.all(),
        "skipped_days": [
            {"day": date.fromisoformat(row["day"]), "reason": row["reason"]}
            for row in cohort.weeks_off
        ],
        "facilitators": cohort.facilitators.all(),
        "refund_terms": tuition_terms(cohort).sentences,
        "application": own,
        "meta": meta_of(
            request,
            cohort.title,
            _(
                "{title}: {count} live online sessions from {day}. Dates in your time zone, "
                "prices, places left and how to apply."
            ).format(title=cohort.title, count=cohort.session_count, day=day(cohort.starts_on)),
            course_data(cohort, now),
        ),
    }
    return render(request, "cohorts/cohort_detail.html", context)


def course_data(cohort: Cohort, now: datetime) -> SafeString:
    """schema.org facts for search engines: the course, its dates and prices."""
    address = settings.SITE_URL + reverse("cohorts:detail", args=[cohort.slug])
    offers = [
        {
            "@type": "Offer",
            "name": str(tier.get_kind_display()),
            "price": f"{tier.amount_cents / 100:.2f}",
            "priceCurrency": tier.currency,
            "category": "Paid",
            "url": address,
        }
        for tier in tiers_of(cohort)
        if tier.holds(now)
    ]
    return data_block(
        {
            "@type": "Course",
            "name": cohort.title,
            "description": cohort.summary or cohort.title,
            "url": address,
            "provider": {
                "@type": "Organization",
                "name": "Center for Mindful Self-Compassion",
                "url": settings.SITE_URL,
            },
            "offers": offers,
            "hasCourseInstance": {
                "@type": "CourseInstance",
                "courseMode": "Online",
                "startDate": cohort.begins_at.isoformat(),
                "courseWorkload": f"PT{cohort.contact_minutes}M",
            },
        }
    )
