"""The process guide of an edition: rendered once, then kept until the edition changes."""

import hashlib

from django.conf import settings
from django.core.cache import cache

from scip.pdf.guides import GuideFigures, render_process_guide
from scip.pdf.papers import Paper
from scip.policy.models import Edition

A_WEEK = 7 * 24 * 3600


def figures_of(edition: Edition) -> GuideFigures:
    """What the guide quotes, from this edition alone."""
    return GuideFigures(
        edition=edition.name,
        effective_on=edition.in_force_from,
        currency=edition.currency,
        level_a_sessions=edition.level_a_sessions,
        level_a_hours=edition.level_a_sessions * edition.level_a_session_minutes // 60,
        level_b_sessions=edition.level_b_sessions,
        level_b_hours=edition.level_b_sessions * edition.level_b_session_minutes // 60,
        attendance_percent=edition.attendance_percent,
        integrated_sessions=edition.client_sessions,
        integrated_clients=edition.clients,
        retreat_days_min=edition.retreat_min_days,
        retreat_days_max=edition.retreat_max_days,
        assessment_sessions=edition.assessment_sessions,
        supervision_sessions=edition.supervision_sessions,
        closing_sessions=edition.closing_sessions,
        session_minutes_min=edition.supervision_minutes,
        case_studies=edition.case_studies,
        reviewers=edition.reviewers,
        review_days=edition.review_days,
        resubmission_months=edition.resubmission_months,
        appeal_days=edition.appeal_days,
        appeal_panel=edition.appeal_panel,
        excerpt_days=edition.excerpt_days,
        registration_fee_cents=edition.registration_fee_cents,
        session_fee_cents=edition.supervision_fee_cents,
        review_fee_cents=edition.review_fee_cents,
        rereview_fee_cents=edition.re_review_fee_cents,
    )


def process_guide(edition: Edition, paper: Paper) -> bytes:
    """The guide as PDF. Side effect: kept in the cache under the figures it quotes, so an
    edited edition never shows an old guide."""
    figures = figures_of(edition)
    said = f"{figures!r}|{edition.organisation}|{settings.STAFF_EMAIL}|{paper.value}"
    key = f"process-guide:{hashlib.sha256(said.encode()).hexdigest()}"
    kept: bytes | None = cache.get(key)
    if kept is None:
        kept = render_process_guide(
            figures, organisation=edition.organisation, contact=settings.STAFF_EMAIL, paper=paper
        )
        cache.set(key, kept, timeout=A_WEEK)
    return kept
