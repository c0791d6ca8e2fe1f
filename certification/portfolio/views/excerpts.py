"""Excerpts: their list, handing one in (part by part), opening and playing, confirming, removing."""

from uuid import UUID

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certification.portfolio import services
from certification.portfolio.forms.excerpts import ExcerptForm, MarksForm
from certification.portfolio.models import CaseStudy, Excerpt, OfficeAccess
from certification.portfolio.queries.excerpts import coming_of, excerpts_of
from certification.portfolio.queries.openings import office_accesses_of, openings_of
from certification.portfolio.queries.portfolios import Desk
from certification.portfolio.queries.transcripts import looked_into
from certification.portfolio.requirements import kept_until
from certification.portfolio.services.excerpts import KINDS_TAKEN
from certification.portfolio.views.desk import at_the_desk, crumbs, done, keep_word, person, whence
from scip.access import signed_in
from scip.requirements import Refusal
from scip.vault import arrivals, receiving
from scip.vault.errors import Refused
from scip.vault.inspection.recordings import KEPT_AS_THEY_CAME
from scip.vault.models import Arrival
from scip.vault.serving import mint_token, serve
from supervision.queries.ratings import framework_of


def excerpt_of(request: HttpRequest, pk: int) -> Excerpt:
    """One that the person may look at; 404 otherwise."""
    rows = Excerpt.objects.visible_to(request.user).select_related(
        "document",
        "case",
        "seen_by",
        "portfolio__candidacy__user",
        "portfolio__candidacy__edition",
        "receipt",
    )
    return get_object_or_404(rows, pk=pk)


@signed_in
@never_cache
@require_safe
@at_the_desk
def excerpts(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All of them, each with who opened it."""
    rows = excerpts_of(desk)
    is_kept = any(row.document_id and not row.removed_at for row in rows)
    context = {
        "desk": desk,
        "excerpts": rows,
        "until": kept_until(desk.candidacy) if is_kept else None,
        "breadcrumb": crumbs((_("Excerpts"), "")),
    }
    return render(request, "portfolio/excerpts.html", context)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def excerpt_new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Hand one in; what was typed and what has arrived stays with an error."""
    cases = CaseStudy.objects.written_by(request.user).filter(portfolio=desk.portfolio)
    form = ExcerptForm(
        request.POST or None,
        request.FILES or None,
        user=request.user,
        cases=cases,
        competencies=framework_of(desk.edition).competencies,
        initial={"case": request.GET.get("case")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            excerpt = services.hand_in(desk.candidacy, by=person(request), **form.facts)
        except (Refusal, Refused) as refusal:
            form.add_error(None, str(getattr(refusal, "sentence", refusal)))
        else:
            messages.success(request, _("Thank you, it is handed in."))
            return redirect("portfolio:excerpt", excerpt.pk)
    context = {
        "desk": desk,
        "form": form,
        "coming": coming_of(request.user),
        "room_left": arrivals.room_left(person(request)),
        "room_limit": arrivals.QUOTA_BYTES,
        "breadcrumb": crumbs(
            (_("Excerpts"), reverse("portfolio:excerpts")), (_("Hand one in"), "")
        ),
    }
    return render(request, "portfolio/excerpt_new.html", context)


@require_POST
@signed_in
@at_the_desk
def arrival_begin(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Announce a large file."""
    if not desk.is_open:
        raise Http404
    return receiving.begin(
        request,
        person(request),
        purpose=Excerpt.PURPOSE,
        allowed=KINDS_TAKEN,
        address=lambda arrival: reverse("portfolio:arrival", args=[arrival.pk]),
    )


@require_http_methods(["GET", "HEAD", "PATCH", "DELETE"])
@signed_in
def arrival(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The parts of one's own file on its way in."""
    rows = Arrival.objects.visible_to(request.user).filter(purpose=Excerpt.PURPOSE)
    return receiving.go_on(request, get_object_or_404(rows, pk=pk))


@require_POST
@signed_in
def arrival_forget(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Forget a file on its way in, from a page without scripts."""
    rows = Arrival.objects.visible_to(request.user).filter(purpose=Excerpt.PURPOSE)
    arrivals.give_up(get_object_or_404(rows, pk=pk))
    return redirect("portfolio:excerpt_new")


@signed_in
@never_cache
@require_safe
def excerpt(request: HttpRequest, pk: int) -> HttpResponse:
    """What it is, what its therapist vouched for, and who opened it."""
    return page(request, excerpt_of(request, pk))


def page(
    request: HttpRequest, row: Excerpt, token: str = "", *, marks: MarksForm | None = None
) -> HttpResponse:
    """The page of an excerpt; with a ``token`` its recording can be played, with ``marks`` what was
    typed is there still."""
    candidacy = row.portfolio.candidacy
    candidate = candidacy.user
    is_own = candidate == request.user
    access = None if is_own else running_access(request, row)
    shows_marks = is_own and row.removed_at is None and row.portfolio.is_open
    context = {
        "excerpt": row,
        "candidate": candidate,
        "is_own": is_own,
        "edition": candidacy.edition,
        "keeps_facts": kept_as_it_came(row),
        "until": kept_until(candidacy),
        "marks": (marks or marks_form(row)) if shows_marks else None,
        "looked": looked_into(row) if shows_marks else None,
        "shown": list(row.competencies.all()),
        "access": access,
        "openings": openings_of(row) if is_own else [],
        "accesses": office_accesses_of(row) if is_own else [],
        "player": reverse("portfolio:excerpt_content", args=[row.pk, token]) if token else "",
        "breadcrumb": crumbs((_("Excerpts"), reverse("portfolio:excerpts")), (str(row), ""))
        if is_own
        else [whence(row.portfolio, access), {"label": str(row), "url": ""}],
    }
    return render(request, "portfolio/excerpt.html", context)


def marks_form(row: Excerpt, data: QueryDict | None = None) -> MarksForm:
    """Which competencies it shows, of the framework that the candidate is held to."""
    edition = row.portfolio.candidacy.edition
    found = framework_of(edition).competencies if edition is not None else ()
    return MarksForm(data, instance=row, competencies=found)


def kept_as_it_came(row: Excerpt) -> str:
    """What is said beside a recording out of which nothing could be taken."""
    if row.document is None or row.document.content_type not in KEPT_AS_THEY_CAME:
        return ""
    return _(
        "A file of this kind (Ogg, WebM, AAC) is kept as it came: what your recorder may have written into it, "
        "such as a title, a day or a place, is still inside. Save it as M4A, MP3, WAV or MP4 if that should "
        "be taken out."
    )


def running_access(request: HttpRequest, row: Excerpt) -> OfficeAccess | None:
    """The act by which somebody of the office looks at it now."""
    return OfficeAccess.objects.running(request.user).filter(excerpt=row).first()


@require_POST
@signed_in
def excerpt_mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what it is called and which competencies it shows."""
    rows = Excerpt.objects.written_by(request.user)
    row = get_object_or_404(rows.select_related("portfolio__candidacy__edition"), pk=pk)
    form = marks_form(row, request.POST)
    if not form.is_valid():
        return page(request, excerpt_of(request, pk), marks=form)
    done(
        request,
        lambda: services.mark_excerpt(row, by=person(request), **form.cleaned_data),
        _("Noted. The map counts it."),
    )
    return redirect("portfolio:excerpt", pk)


@require_POST
@signed_in
def excerpt_words(request: HttpRequest, pk: int) -> HttpResponse:
    """A word that was noticed is fine here, or a name to avoid."""
    rows = Excerpt.objects.written_by(request.user)
    row = get_object_or_404(rows.select_related("portfolio__candidacy"), pk=pk)
    keep_word(request, row.portfolio.candidacy)
    return HttpResponseRedirect(f"{reverse('portfolio:excerpt', args=[pk])}#noticed")


@require_POST
@signed_in
def excerpt_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep who opens it, then play it, or hand over the transcript."""
    row = excerpt_of(request, pk)
    if row.document is None or row.removed_at is not None:
        raise Http404
    services.open_excerpt(row, by=person(request))
    token = mint_token(row.document, person(request))
    name = "excerpt_play" if row.is_recording else "excerpt_content"
    return redirect(f"portfolio:{name}", pk, token)


@signed_in
@never_cache
@require_safe
def excerpt_play(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """The page with its player."""
    row = excerpt_of(request, pk)
    if row.document is None or not row.is_recording:
        raise Http404
    return page(request, row, token)


@require_safe
@signed_in
def excerpt_content(request: HttpRequest, pk: int, token: str) -> HttpResponseBase:
    """The recording in parts of four megabytes at most, or the transcript as a download."""
    row = excerpt_of(request, pk)
    if row.document is None:
        raise Http404
    return serve(request, row.document, token=token, as_attachment=not row.is_recording)


@require_POST
@signed_in
def excerpt_seen(request: HttpRequest, pk: int) -> HttpResponse:
    """The supervisor was shown it in person."""
    row = excerpt_of(request, pk)
    done(
        request,
        lambda: services.confirm_seen(row, by=person(request)),
        _("Thank you. It counts in the portfolio now."),
    )
    return redirect("portfolio:excerpt", pk)


@require_POST
@signed_in
def excerpt_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """The candidate removes it; its file is destroyed."""
    row = get_object_or_404(Excerpt.objects.written_by(request.user), pk=pk)
    done(
        request,
        lambda: services.remove_excerpt(row, by=person(request)),
        _("It is removed, and its file is destroyed for good. The receipt is among your receipts."),
    )
    return redirect("portfolio:excerpts")
