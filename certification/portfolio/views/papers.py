"""Case studies on paper, and those shown to a supervisor."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from certification.portfolio.models import CaseStudy
from certification.portfolio.queries.excerpts import excerpts_shown_to
from certification.portfolio.queries.portfolios import Desk, cases_of, shown_to
from certification.portfolio.views.desk import at_the_desk, person
from certification.portfolio.views.writing import KINDS, parts_to_read
from scip.access import signed_in
from scip.pdf.case_studies import PrintedCase, render_case_studies
from scip.pdf.papers import paper_for_country
from scip.policy.models import Edition

# What is drawn while somebody waits. Beyond it a page takes minutes.
LONGEST_PAPER = 200_000


@signed_in
@never_cache
@require_safe
@at_the_desk
def cases_pdf(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All case studies that have words, in one document."""
    cases = [case for case in cases_of(desk) if case.standing != "empty"]
    if not cases:
        messages.info(
            request, _("There is nothing to print yet. Write a first part, then come back.")
        )
        return redirect("portfolio:home")
    return paper(request, cases, desk.edition, "case-studies")


@signed_in
@never_cache
@require_safe
def case_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """One case study."""
    rows = KINDS["case"].rows(request.user).select_related("label")
    case = get_object_or_404(rows, pk=pk)
    edition = case.portfolio.candidacy.edition
    return paper(request, [case], edition, f"case-study-{case.number}")


def paper(
    request: HttpRequest, cases: Sequence[CaseStudy], edition: Edition, name: str
) -> HttpResponse:
    """The PDF as a download, or a sentence when it would be too long to draw."""
    printed = [printed_case(case) for case in cases]
    if sum(len(words) for case in printed for _label, words in case.parts) > LONGEST_PAPER:
        messages.warning(
            request,
            _(
                "Together that is more than we can put into one document. Print the case studies "
                "one by one, or shorten the longest."
            ),
        )
        return redirect("portfolio:home")
    user = person(request)
    content = render_case_studies(
        printed,
        author=str(user),
        organisation=edition.organisation,
        paper=paper_for_country(str(user.country or "")),
    )
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


def printed_case(case: CaseStudy) -> PrintedCase:
    return PrintedCase(
        title=str(case),
        client=case.label.name if case.label else "",
        is_done=case.is_done,
        saved_at=case.saved_at,
        parts=tuple(parts_to_read(case)),
    )


@signed_in
@never_cache
@require_safe
def shared(request: HttpRequest) -> HttpResponse:
    """For supervisors: the case studies that their candidates show them, and their excerpts."""
    context = {"cases": shown_to(request.user), "excerpts": excerpts_shown_to(request.user)}
    return render(request, "portfolio/shared.html", context)
