"""Excerpts as lists."""

from typing import Any

from django.db.models import Prefetch, QuerySet

from certification.portfolio.models import Excerpt, OfficeAccess, Opening
from certification.portfolio.queries.portfolios import Desk
from scip.vault.models import Arrival


def excerpts_of(desk: Desk) -> list[Excerpt]:
    """One's own, each with what others opened and what the office said for it; three queries."""
    others = Opening.objects.exclude(opened_by=desk.candidacy.user)
    rows = Excerpt.objects.written_by(desk.candidacy.user).filter(portfolio=desk.portfolio)
    return list(
        rows.select_related("document", "case", "seen_by", "receipt").prefetch_related(
            Prefetch("openings", others.select_related("opened_by")),
            Prefetch("office_accesses", OfficeAccess.objects.select_related("opened_by")),
        )
    )


def evidence_of(desk: Desk) -> list[Excerpt]:
    """One's own excerpts that count, with what they show; two queries."""
    rows = Excerpt.objects.written_by(desk.candidacy.user).filter(portfolio=desk.portfolio)
    return [row for row in rows.prefetch_related("competencies") if row.is_evidence]


def excerpts_shown_to(user: Any) -> list[Excerpt]:
    """Those of one's candidates, for a supervisor of today; one query."""
    rows = Excerpt.objects.shown_to(user).select_related("portfolio__candidacy__user", "document")
    return list(rows.order_by("portfolio__candidacy__user__name", "attested_at"))


def coming_of(user: Any) -> QuerySet[Arrival]:
    """Files that the person began to send and didn't hand in yet."""
    return Arrival.objects.visible_to(user).unfinished().filter(purpose=Excerpt.PURPOSE)
