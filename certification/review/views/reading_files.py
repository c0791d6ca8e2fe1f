"""The committee's copy on paper and the excerpts: opened by an act that is kept, then handed over."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from certification.portfolio.models import Excerpt
from certification.portfolio.services import open_excerpt
from certification.portfolio.views.desk import person
from certification.review.models import Assignment, Dossier
from certification.review.queries.reading import dossiers_open_to, excerpts_open_to
from certification.review.queries.snapshots import content_of
from certification.review.services.dossiers import open_dossier as keep_opening
from certification.review.views.asked import crumbs
from certification.review.views.reading import room_of
from scip.access import signed_in
from scip.requirements import Refusal
from scip.vault.models import StoredFile
from scip.vault.serving import mint_token, serve


def dossier_of(request: HttpRequest, pk: int) -> Dossier:
    """The committee's copy of what somebody reads; 404 for everybody else."""
    room = room_of(request, pk)
    rows = dossiers_open_to(request.user).filter(snapshot=room.submission.snapshot)
    found = rows.select_related("document", "snapshot__submission__candidacy__user")
    return get_object_or_404(found.defer("snapshot__content", "snapshot__recommendation"))


@require_POST
@signed_in
def dossier_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep that it is opened, then hand it over."""
    dossier = dossier_of(request, pk)
    try:
        keep_opening(dossier, by=person(request))
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect("review:room", pk)
    if dossier.document is None:
        raise Http404
    return redirect("review:dossier", pk, mint_token(dossier.document, person(request)))


@require_safe
@signed_in
def dossier(request: HttpRequest, pk: int, token: str) -> HttpResponseBase:
    """The file."""
    found = dossier_of(request, pk)
    if found.document is None:
        raise Http404
    return serve(request, found.document, token=token)


def excerpt_of(request: HttpRequest, pk: int, excerpt: int) -> tuple[Assignment, Excerpt]:
    """The room, and an excerpt that was frozen with its file for the committee; 404 otherwise."""
    room = room_of(request, pk)
    rows = excerpts_open_to(room, content_of(room.submission.snapshot))
    found = rows.select_related("document", "case", "portfolio__candidacy__user")
    return room, get_object_or_404(found, pk=excerpt)


def document_of(excerpt: Excerpt) -> StoredFile:
    """Its file; 404 where there is none any more."""
    if excerpt.document is None:
        raise Http404
    return excerpt.document


@require_POST
@signed_in
def excerpt_open(request: HttpRequest, pk: int, excerpt: int) -> HttpResponse:
    """Keep that the committee opens it, then play it, or hand over the transcript."""
    _room, row = excerpt_of(request, pk, excerpt)
    open_excerpt(row, by=person(request), for_committee=True)
    token = mint_token(document_of(row), person(request))
    name = "excerpt_play" if row.is_recording else "excerpt_content"
    return redirect(f"review:{name}", pk, excerpt, token)


@signed_in
@never_cache
@require_safe
def excerpt_play(request: HttpRequest, pk: int, excerpt: int, token: str) -> HttpResponse:
    """The page with its player."""
    room, row = excerpt_of(request, pk, excerpt)
    if not row.is_recording:
        raise Http404
    context = {
        "room": room,
        "excerpt": row,
        "token": token,
        "breadcrumb": crumbs(str(row), room),
    }
    return render(request, "review/room/excerpt.html", context)


@require_safe
@signed_in
def excerpt_content(request: HttpRequest, pk: int, excerpt: int, token: str) -> HttpResponseBase:
    """The recording in parts of four megabytes at most, or the transcript as a download."""
    _room, row = excerpt_of(request, pk, excerpt)
    return serve(request, document_of(row), token=token, as_attachment=not row.is_recording)
