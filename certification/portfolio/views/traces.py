"""What leaves a trace: who opened what, and receipts for what was destroyed."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from certification.portfolio.queries.openings import office_accesses_for, openings_for
from certification.portfolio.queries.retention import receipts_of
from certification.portfolio.views.desk import crumbs
from scip.access import signed_in

PAGE = 50


@signed_in
@never_cache
@require_safe
def openings(request: HttpRequest) -> HttpResponse:
    """Everything that others opened in one's portfolio, and why the office did."""
    page = Paginator(openings_for(request.user), PAGE).get_page(request.GET.get("page"))
    context = {
        "openings": page.object_list,
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
        "accesses": office_accesses_for(request.user),
    }
    return render(request, "portfolio/openings.html", context)


@signed_in
@never_cache
@require_safe
def receipts(request: HttpRequest) -> HttpResponse:
    """Receipts for one's files that are gone."""
    context = {
        "receipts": receipts_of(request.user),
        "breadcrumb": crumbs((_("Receipts"), "")),
    }
    return render(request, "portfolio/receipts.html", context)
