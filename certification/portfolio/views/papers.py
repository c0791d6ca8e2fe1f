"""Case studies on paper, and those shown to a supervisor."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from certification.portfolio import services
from certification.portfolio.models import CasePaper, CaseStudy, Writing
from certification.portfolio.queries.excerpts import excerpts_shown_to
from certification.portfolio.queries.papers import length_of, printed_case, printed_text
from certification.portfolio.queries.portfolios import Desk, shown_to
from certification.portfolio.views.desk import at_the_desk, crumbs, person
from certification.portfolio.views.writing import KINDS
from scip.access import signed_in
from scip.pdf.case_studies import PrintedCase, render_case_studies
from scip.pdf.papers import paper_for_country
from scip.requirements import Refusal
from scip.vault.serving import mint_token, serve

# What is drawn while somebody waits. Beyond it a page takes minutes.
LONGEST_PAPER = 200_000


@signed_in
@never_cache
@require_safe
@at_the_desk
def cases_paper(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All case studies in one document: asked for, watched, fetched. A piece of the page for htmx,
    which looks again by itself while it is drawn."""
    rows = CasePaper.objects.visible_to(request.user).filter(portfolio=desk.portfolio)
    paper = rows.select_related("document").first()
    written = CaseStudy.objects.written_by(request.user).filter(portfolio=desk.portfolio)
    context = {
        "paper": paper,
        "has_changed": paper is not None
        and paper.made_at is not None
        and written.filter(saved_at__gt=paper.begun_at).exists(),
        "days": settings.DATA_EXPORT_DAYS,
        "breadcrumb": crumbs((_("All case studies as one PDF"), "")),
    }
    name = "_paper" if getattr(request, "htmx", False) else "paper"
    return render(request, f"portfolio/{name}.html", context)


@require_POST
@signed_in
@at_the_desk
def paper_ask(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ask for it."""
    try:
        services.ask_for_paper(desk.portfolio, by=person(request))
    except Refusal as refusal:
        messages.info(request, str(refusal.sentence))
    return redirect("portfolio:cases_paper")


def paper_of(request: HttpRequest, pk: int) -> CasePaper:
    """The person's own; 404 for everybody else."""
    rows = CasePaper.objects.visible_to(request.user).select_related("document")
    return get_object_or_404(rows, pk=pk)


@require_POST
@signed_in
def paper_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep that it is fetched, then hand it over."""
    paper, user = paper_of(request, pk), person(request)
    try:
        file = services.open_paper(paper, by=user)
    except Refusal as refusal:
        messages.info(request, str(refusal.sentence))
        return redirect("portfolio:cases_paper")
    return redirect("portfolio:paper_content", pk, mint_token(file, user))


@require_safe
@signed_in
def paper_content(request: HttpRequest, pk: int, token: str) -> HttpResponseBase:
    """The file."""
    paper = paper_of(request, pk)
    if paper.document is None:
        raise Http404
    return serve(request, paper.document, token=token)


@signed_in
@never_cache
@require_safe
def case_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """One case study."""
    rows = KINDS["case"].rows(request.user).select_related("label")
    case = get_object_or_404(rows, pk=pk)
    printed = printed_case(case)
    if length_of([printed]) > LONGEST_PAPER:
        messages.warning(
            request,
            _(
                "This is more than we can draw while you wait. Ask for all case studies as one PDF: "
                "that takes its time and tells you when it is ready."
            ),
        )
        return redirect("portfolio:cases_paper")
    return drawn(request, case, printed, f"case-study-{case.number}")


@signed_in
@never_cache
@require_safe
def write_up_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """One write-up or reflection."""
    row = get_object_or_404(KINDS["write_up"].rows(request.user), pk=pk)
    printed = printed_text(row)
    if length_of([printed]) > LONGEST_PAPER:
        messages.warning(
            request,
            _(
                "This is more than we can draw while you wait. Print the page from your browser "
                "instead; it is set for paper, too."
            ),
        )
        return redirect("portfolio:write_up_read", pk)
    return drawn(request, row, printed, f"{row.kind}-{row.pk}")


def drawn(request: HttpRequest, row: Writing, printed: PrintedCase, name: str) -> HttpResponse:
    """One's own text as a PDF, drawn while somebody waits."""
    user = person(request)
    content = render_case_studies(
        [printed],
        author=str(user),
        organisation=row.portfolio.candidacy.edition.organisation,  # type: ignore[attr-defined]
        paper=paper_for_country(str(user.country or "")),
    )
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


@signed_in
@never_cache
@require_safe
def shared(request: HttpRequest) -> HttpResponse:
    """For supervisors: the case studies that their candidates show them, and their excerpts."""
    context = {"cases": shown_to(request.user), "excerpts": excerpts_shown_to(request.user)}
    return render(request, "portfolio/shared.html", context)
