"""What was frozen, to read, and its dossier: waited for, opened, handed over."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from certification.portfolio.views.desk import person
from certification.review.models import Dossier, Snapshot
from certification.review.queries.dossiers import chapters
from certification.review.queries.emergencies import accesses_to, running_access
from certification.review.services.dossiers import open_dossier as keep_opening
from certification.review.services.emergencies import open_on_paper
from certification.review.services.freezing import content_of
from certification.review.views.letter import crumbs
from scip.access import signed_in
from scip.requirements import Refusal
from scip.vault.serving import mint_token, serve


@signed_in
@never_cache
@require_safe
def frozen(request: HttpRequest, pk: int) -> HttpResponse:
    """A submission as it was frozen, for its candidate, and for whoever of the office opened it;
    the recommendation's text is no part."""
    rows = Snapshot.objects.visible_to(request.user).select_related(
        "submission__edition", "submission__candidacy__user"
    )
    snapshot = get_object_or_404(rows.defer("recommendation"), submission=pk)
    if snapshot.erased_at is not None:
        raise Http404
    access = running_access(snapshot, request.user)
    # Its time may have run out since the row was found, and nobody else reads as the candidate.
    if access is None and snapshot.submission.user_id != request.user.pk:
        raise Http404
    context = {
        "snapshot": snapshot,
        "access": access,
        "accesses": accesses_to(snapshot) if access is None else (),
        "dossier": Dossier.objects.visible_to(request.user)
        .filter(snapshot=snapshot, document__destroyed_at=None)
        .exclude(document=None)
        .only("pk")
        .first(),
        "submission": snapshot.submission,
        "chapters": chapters(content_of(snapshot)),
        "breadcrumb": crumbs(_("As you submitted it")),
    }
    return render(request, "review/frozen.html", context)


def dossier_of(request: HttpRequest, pk: int) -> Dossier:
    """The copy of whoever may read what was frozen; 404 for everybody else."""
    rows = Dossier.objects.visible_to(request.user).select_related(
        "document", "snapshot__submission__candidacy__user"
    )
    return get_object_or_404(
        rows.defer("snapshot__content", "snapshot__recommendation"), snapshot__submission=pk
    )


def is_own(dossier: Dossier, request: HttpRequest) -> bool:
    """Is it the candidate's own submission? Else somebody of the office opened it."""
    return bool(dossier.snapshot.submission.user_id == request.user.pk)


@signed_in
@never_cache
@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the dossier is: a piece of the page for htmx, the page itself without a script."""
    dossier = dossier_of(request, pk)
    if not is_own(dossier, request):
        raise Http404
    if not getattr(request, "htmx", False):
        return redirect("submission:home")
    context = {"dossier": dossier, "submission": dossier.snapshot.submission}
    return render(request, "review/_dossier.html", context)


@require_POST
@signed_in
def open_dossier(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep that it is opened, then hand it over."""
    dossier = dossier_of(request, pk)
    own = is_own(dossier, request)
    try:
        (keep_opening if own else open_on_paper)(dossier, by=person(request))
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect("submission:home") if own else redirect("submission:office", pk)
    if dossier.document is None:
        raise Http404
    return redirect("submission:dossier", pk, mint_token(dossier.document, person(request)))


@require_safe
@signed_in
def content(request: HttpRequest, pk: int, token: str) -> HttpResponseBase:
    """The file."""
    dossier = dossier_of(request, pk)
    if dossier.document is None:
        raise Http404
    return serve(request, dossier.document, token=token)
