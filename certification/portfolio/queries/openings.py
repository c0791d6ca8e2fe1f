"""Who looked at what, as its candidate reads it."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from certification.portfolio.models import CaseStudy, Excerpt, OfficeAccess, Opening

# As long as a recording plays: turning back to the page within it is one reading.
ONE_READING = timedelta(hours=3)


def openings_of(thing: Excerpt | CaseStudy) -> QuerySet[Opening]:
    """Who else opened it, the latest first; one query."""
    rows = thing.openings.exclude(opened_by=thing.portfolio.candidacy.user)
    return rows.select_related("opened_by")


def office_accesses_of(thing: Excerpt | CaseStudy) -> QuerySet[OfficeAccess]:
    """What the office opened of it, with its reasons; one query."""
    return thing.office_accesses.select_related("opened_by")


def is_being_read(case: CaseStudy, user: Any, *, now: datetime) -> bool:
    """Did somebody open it within the last hours, so that the page shows it? For the office only
    by an act that still runs; one query, for the office two."""
    rows = Opening.objects.filter(case=case, opened_by=user, opened_at__gt=now - ONE_READING)
    by_office = OfficeAccess.objects.running(user).filter(case=case)
    return rows.filter(Q(access=None) | Q(access__in=by_office)).exists()


def openings_for(user: Any) -> QuerySet[Opening]:
    """Everything that others opened of somebody's portfolios, the latest first; one query."""
    mine = Opening.objects.visible_to(user).exclude(opened_by=user)
    return mine.select_related("opened_by", "excerpt", "case")


def office_accesses_for(user: Any) -> QuerySet[OfficeAccess]:
    """Every act of the office in somebody's portfolios, the latest first; one query."""
    rows = OfficeAccess.objects.visible_to(user).filter(portfolio__candidacy__user=user)
    return rows.select_related("opened_by")
