"""The page from which a record is taken along, and its two files."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from certification.candidacy.models import Candidacy
from scip.access import signed_in
from supervision.queries.records import record_of, scope_of, with_record
from supervision.services import records as services
from supervision.views.agreements import person


def own_record(request: HttpRequest, pk: int) -> Candidacy:
    """A candidacy whose record, or a part of it, one may take along; 404 for everybody else."""
    rows = with_record(request.user).select_related("user", "edition")
    return get_object_or_404(rows, pk=pk)


@require_safe
@signed_in
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """What is in the record, what is not, and the two files."""
    candidacy = own_record(request, pk)
    scope = scope_of(candidacy, request.user)
    context = {
        "candidacy": candidacy,
        "scope": scope,
        "record": record_of(scope, with_fees=scope.is_candidate),
        "breadcrumb": [
            {"label": _("Supervision"), "url": reverse("supervision:home")},
            {"label": _("Record")},
        ],
    }
    return render(request, "supervision/record.html", context)


@require_POST
@signed_in
def record_export(request: HttpRequest, pk: int) -> HttpResponse:
    """The file, as PDF or CSV. A POST, because the log keeps who took it."""
    user = person(request)
    scope = scope_of(own_record(request, pk), user)
    with_fees = "with_fees" in request.POST
    if request.POST.get("as") == "csv":
        content: str | bytes = services.export_table(scope, by=user, with_fees=with_fees)
        response = HttpResponse(content, content_type="text/csv; charset=utf-8")
        ending = "csv"
    else:
        _document, content = services.export_paper(scope, by=user, with_fees=with_fees)
        response = HttpResponse(content, content_type="application/pdf")
        ending = "pdf"
    response.headers["Content-Disposition"] = (
        f'attachment; filename="supervision-record-{pk}-{timezone.now():%Y-%m-%d}.{ending}"'
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response
