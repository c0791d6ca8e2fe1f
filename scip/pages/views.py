"""The public site: what the programme is, what it asks and costs, and who teaches it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cohorts.queries.admission import COMING_ROWS
from cohorts.requirements.attendance import sessions_needed
from payments.models import FundEntry
from payments.services import given_so_far
from scip.formats import money
from scip.pages.costs import path_cost
from scip.pages.guide import process_guide
from scip.pages.models import FacultyMember, FaqEntry
from scip.pages.queries import (
    CohortCard,
    by_price,
    cohorts_ahead,
    first_page_edition,
    grouped,
)
from scip.pages.structured import course, organisation, questions
from scip.pdf.papers import Paper
from scip.policy.models import Edition
from scip.publishing import data_block, meta_of, published
from scip.unchanged import kept_while_unchanged

COHORTS_ON_HOME = 3


def figures(edition: Edition) -> dict[str, Any]:
    """Figures of the Edition that pages name, worked out where they are not columns."""
    return {
        "edition": edition,
        "level_a_hours": edition.level_a_sessions * edition.level_a_session_minutes // 60,
        "level_a_session_hours": edition.level_a_session_minutes / 60,
        "level_a_needed": sessions_needed(edition.level_a_sessions, edition.attendance_percent),
        "level_b_hours": edition.level_b_sessions * edition.level_b_session_minutes // 60,
        "level_b_session_hours": edition.level_b_session_minutes / 60,
        "level_b_needed": sessions_needed(edition.level_b_sessions, edition.attendance_percent),
        "applications_are_open": edition.applications_open_on is not None
        and edition.applications_open_on <= timezone.localdate(),
        "msc_before_a": edition.msc_required_for == Edition.MscRequiredFor.LEVEL_A,
        "retreat_before_registration": edition.retreat_required_for
        == Edition.RetreatRequiredFor.REGISTRATION,
    }


def three_levels(edition: Edition) -> list[dict[str, Any]]:
    """The public pathway figure: what each level is, without anybody's position."""
    return [
        {
            "letter": "A",
            "name": _("Learn"),
            "note": _("{count} live weeks in a cohort").format(count=edition.level_a_sessions),
            "state": "",
            "url": "/program/#level-a",
        },
        {
            "letter": "B",
            "name": _("Consult"),
            "note": _("{count} weeks on one theme").format(count=edition.level_b_sessions),
            "state": "",
            "url": "/program/#level-b",
        },
        {
            "letter": "C",
            "name": _("Certify"),
            "note": _("{count} sessions of supervision").format(
                count=edition.all_supervision_sessions
            ),
            "state": "",
            "url": "/program/#level-c",
        },
    ]


def cost_of_path(edition: Edition, cards: list[CohortCard]) -> dict[str, Any]:
    """The worked total, with the next cohort's own standard price where there is one."""
    standard = next(
        (
            card.standard.cents
            for card in cards
            if card.standard and card.standard.currency == edition.currency
        ),
        None,
    )
    return {"cost": path_cost(edition, standard)}


@published
@kept_while_unchanged(
    *COMING_ROWS,
    Edition.objects.all,
    FacultyMember.objects.all,
    FaqEntry.objects.all,
)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    edition = first_page_edition(request.user)
    cards = cohorts_ahead(request.user, limit=COHORTS_ON_HOME)
    context = {
        **figures(edition),
        **cost_of_path(edition, cards),
        "meta": meta_of(
            request,
            _("Self-compassion in psychotherapy, learned live"),
            _(
                "Live training, consultation and certification in self-compassion for mental-health "
                "clinicians: next cohorts, honest costs, and how the three levels fit together."
            ),
            data_block(organisation(edition), course(edition, cards)),
        ),
        "cards": cards,
        "levels": three_levels(edition),
        "faculty": FacultyMember.objects.visible_to(request.user).shown()[:8],
        "entries": edition.questions,
    }
    return render(request, "pages/home.html", context)


@published
@kept_while_unchanged(Edition.objects.all)
@require_safe
def program(request: HttpRequest) -> HttpResponse:
    edition = Edition.objects.visible_to(request.user).in_force()
    context = {
        **figures(edition),
        "meta": meta_of(
            request,
            _("The programme: Levels A, B and C"),
            _(
                "What each level of Self-Compassion in Psychotherapy teaches and asks: sessions, "
                "attendance, prerequisites, supervision, competencies and the portfolio."
            ),
            data_block(organisation(edition), course(edition, [])),
        ),
        "levels": three_levels(edition),
    }
    return render(request, "pages/program.html", context)


@published
@kept_while_unchanged(FacultyMember.objects.all)
@require_safe
def faculty(request: HttpRequest) -> HttpResponse:
    context = {
        "meta": meta_of(
            request,
            _("Faculty"),
            _("The people who teach Self-Compassion in Psychotherapy, and how they teach it."),
        ),
        "faculty": FacultyMember.objects.visible_to(request.user).shown(),
    }
    return render(request, "pages/faculty.html", context)


@published
@kept_while_unchanged(*COMING_ROWS, Edition.objects.all, FundEntry.objects.all)
@require_safe
def fees(request: HttpRequest) -> HttpResponse:
    edition = Edition.objects.visible_to(request.user).in_force()
    cards = cohorts_ahead(request.user)
    context = {
        **figures(edition),
        **cost_of_path(edition, cards),
        "meta": meta_of(
            request,
            _("Fees and support"),
            _(
                "Every fee on the way from Level A to certification, what goes to CMSC and what "
                "goes to your supervisor, refunds, supported places and scholarships."
            ),
        ),
        "price_groups": by_price(cards),
        "given_cents": given_so_far(edition.currency),
    }
    return render(request, "pages/fees.html", context)


@published
@kept_while_unchanged(FaqEntry.objects.all)
@require_safe
def faq(request: HttpRequest) -> HttpResponse:
    entries = list(FaqEntry.objects.visible_to(request.user).shown())
    context = {
        "meta": meta_of(
            request,
            _("Questions people ask"),
            _("Answers about the programme, applying, fees, attendance and certification."),
            data_block(questions(entries)) if entries else None,
        ),
        "groups": grouped(entries),
    }
    return render(request, "pages/faq.html", context)


@published
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    context = {
        "meta": meta_of(
            request,
            _("Privacy"),
            _("What we keep about you, why, who can see it, and how to have it corrected."),
        ),
        "contact_address": settings.STAFF_EMAIL,
        "session_days": settings.SESSION_COOKIE_AGE // 86_400,
    }
    return render(request, "pages/privacy.html", context)


@published
@kept_while_unchanged(Edition.objects.all)
@require_safe
def certification(request: HttpRequest) -> HttpResponse:
    edition = Edition.objects.visible_to(request.user).in_force()
    context = {
        **figures(edition),
        "meta": meta_of(
            request,
            _("Certification (Level C)"),
            _(
                "How certification in Self-Compassion in Psychotherapy works: who can register, "
                "five stages, fees of {total} in all, and the process guide."
            ).format(total=money(edition.certification_total_cents, edition.currency)),
        ),
        "cost": path_cost(edition),
    }
    return render(request, "pages/certification.html", context)


@published
@require_safe
def process_guide_pdf(request: HttpRequest) -> HttpResponse:
    """The process guide; ``?paper=letter`` for US Letter, A4 otherwise."""
    edition = Edition.objects.visible_to(request.user).in_force()
    paper = Paper.LETTER if request.GET.get("paper") == Paper.LETTER.value else Paper.A4
    return HttpResponse(
        process_guide(edition, paper),
        content_type="application/pdf",
        headers={"Content-Disposition": 'inline; filename="scip-process-guide.pdf"'},
    )
