"""Evidence files: recorded when opened, served for two minutes, to their owner and the office."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from certification.candidacy.models import EquivalencyItem, Retreat
from certification.candidacy.views.registration import person
from scip.access import signed_in
from scip.accounts.models import User
from scip.audit.services import record
from scip.vault.models import StoredFile
from scip.vault.serving import mint_token, serve


def opened(document: StoredFile | None, *, by: User, subject: User, **about: int) -> str:
    """Put the opening on record and return a token for two minutes; 404 without a file."""
    if document is None or document.is_destroyed:
        raise Http404
    record("document.opened", document, by=by, subject=subject, **about)
    return mint_token(document, by)


def content(request: HttpRequest, document: StoredFile | None, token: str) -> HttpResponseBase:
    """The file itself; pictures are shown, everything else is downloaded."""
    if document is None:
        raise Http404
    is_picture = document.content_type.startswith("image/")
    return serve(request, document, token=token, as_attachment=not is_picture)


@signed_in
@require_POST
def open_retreat(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead to the evidence of a retreat."""
    user = person(request)
    rows = Retreat.objects.visible_to(user).select_related("document", "user")
    row = get_object_or_404(rows, pk=pk)
    token = opened(row.document, by=user, subject=row.user, retreat=row.pk)
    return redirect("certification:retreat_document", pk=row.pk, token=token)


@signed_in
@require_GET
def retreat(request: HttpRequest, pk: int, token: str) -> HttpResponseBase:
    """The evidence of a retreat."""
    rows = Retreat.objects.visible_to(request.user).select_related("document")
    return content(request, get_object_or_404(rows, pk=pk).document, token)


@signed_in
@require_POST
def open_item(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead to the document of one item of a request for credit."""
    user = person(request)
    rows = EquivalencyItem.objects.visible_to(user).select_related("document", "case__user")
    row = get_object_or_404(rows, pk=pk)
    token = opened(row.document, by=user, subject=row.case.user, equivalency_item=row.pk)
    return redirect("certification:item_document", pk=row.pk, token=token)


@signed_in
@require_GET
def item(request: HttpRequest, pk: int, token: str) -> HttpResponseBase:
    """The document of one item."""
    rows = EquivalencyItem.objects.visible_to(request.user).select_related("document")
    return content(request, get_object_or_404(rows, pk=pk).document, token)
