"""Writing: the guided page, saved by itself or by a button, safe in two windows."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certification.portfolio import services
from certification.portfolio.forms.writing import FORMS, WritingForm
from certification.portfolio.models import CaseStudy, ClientLabel, OfficeAccess, WriteUp
from certification.portfolio.queries.noticed import count_words, noticed_in
from certification.portfolio.queries.openings import (
    is_being_read,
    office_accesses_of,
    openings_of,
)
from certification.portfolio.queries.papers import parts_to_read
from certification.portfolio.queries.portfolios import known_words
from certification.portfolio.services.writing import values_of
from certification.portfolio.views.conflicts import choices_between, fingerprints, settled
from certification.portfolio.views.desk import crumbs, done, keep_word, person, whence
from certification.portfolio.views.saving import keep_typed
from scip.access import signed_in
from supervision.models import Competency
from supervision.queries.ratings import framework_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of writing and where its pages are."""

    model: Any
    name: str

    def rows(self, user: Any) -> QuerySet[Any]:
        """Those that somebody wrote; whoever may only read is a stranger here."""
        mine = (
            CaseStudy.objects.written_by(user)
            if self.model is CaseStudy
            else WriteUp.objects.visible_to(user)
        )
        return mine.select_related(
            "portfolio__candidacy__edition", "portfolio__candidacy__user"
        ).prefetch_related("competencies")

    def url(self, row: Any, suffix: str = "") -> str:
        return reverse(f"portfolio:{self.name}{suffix}", args=[row.pk])


KINDS = {
    "case": Kind(model=CaseStudy, name="case"),
    "write_up": Kind(model=WriteUp, name="write_up"),
}


@dataclass(slots=True, kw_only=True)
class Page:
    """A writing with everything its page is made of."""

    kind: Kind
    row: Any
    competencies: tuple[Competency, ...]
    labels: list[ClientLabel]

    def form(self, data: Any = None) -> WritingForm:
        extra: dict[str, Any] = {"labels": self.labels} if self.kind.model is CaseStudy else {}
        return FORMS[self.kind.model](
            data, initial=values_of(self.row), competencies=self.competencies, **extra
        )


def page_of(request: HttpRequest, kind: str, pk: int) -> Page:
    """One's own writing; 404 for everybody else."""
    found = KINDS[kind]
    row = get_object_or_404(found.rows(request.user), pk=pk)
    edition = row.portfolio.candidacy.edition
    labels = ClientLabel.objects.visible_to(request.user).filter(portfolio=row.portfolio)
    return Page(
        kind=found,
        row=row,
        competencies=framework_of(edition).competencies,
        labels=list(labels) if found.model is CaseStudy else [],
    )


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """A case study or write-up; POST keeps what was typed."""
    page = page_of(request, kind, pk)
    if request.method == "POST":
        return save(request, page)
    if not page.row.portfolio.is_open:
        return redirect(page.kind.url(page.row, "_read"))
    return show(request, page, page.form())


def save(request: HttpRequest, page: Page) -> HttpResponse:
    """Keep it, by itself (autosave) or by a button."""
    form = page.form(settled(request.POST, page.row))

    def both() -> HttpResponse:
        page.row = page.kind.rows(request.user).get(pk=page.row.pk)
        return side_by_side(request, page, form)

    return keep_typed(
        request,
        form,
        keep=lambda values, revision: services.save_writing(
            page.row, values, revision=revision, by=person(request)
        ),
        show=lambda status: show(request, page, form, status=status),
        side_by_side=both,
        go_on=lambda: act(request, page),
    )


def act(request: HttpRequest, page: Page) -> HttpResponse:
    """What the pressed button asks beside saving."""
    row, by, data = page.row, person(request), request.POST
    here = page.kind.url(row)
    if keep_word(request, row.portfolio.candidacy):
        return HttpResponseRedirect(f"{here}#noticed")
    match data.get("then"):
        case "done":
            done(request, lambda: services.mark_done(row, True, by=by), _("Saved, and done."))
            return redirect("portfolio:home")
        case "reopen":
            done(request, lambda: services.mark_done(row, False, by=by), _("Open again."))
        case "show" if isinstance(row, CaseStudy):
            words = _("Saved. Your supervisor can read it from now on.")
            done(request, lambda: services.show_case(row, True, by=by), words)
        case "hide" if isinstance(row, CaseStudy):
            words = _("Saved. Only you can read it now.")
            done(request, lambda: services.show_case(row, False, by=by), words)
        case "board":
            return redirect("portfolio:home")
        case _:
            messages.success(request, _("Saved."))
    return redirect(here)


def show(request: HttpRequest, page: Page, form: WritingForm, *, status: int = 200) -> HttpResponse:
    """The page with its form."""
    row = page.row
    context = {
        "row": row,
        "form": form,
        "is_case": page.kind.model is CaseStudy,
        "parts": [
            {
                "field": form[name],
                "is_text": name in row.TEXTS,
                "words": count_words(getattr(row, name)) if name in row.TEXTS else 0,
            }
            for name in row.PARTS
        ],
        "base": form.data.get("base") or fingerprints(values_of(row)),
        "version": form.data.get("version") or row.revision,
        "action": page.kind.url(row),
        "remove_url": page.kind.url(row, "_remove"),
        "openings": openings_of(row)[:3] if page.kind.model is CaseStudy else [],
        "read_url": page.kind.url(row, "_read"),
        "pdf_url": page.kind.url(row, "_pdf"),
        "breadcrumb": crumbs((str(row), "")),
        **noticed_context(page),
    }
    return render(request, "portfolio/writing.html", context, status=status)


def noticed_context(page: Page) -> dict[str, Any]:
    """What was noticed in the saved text, and how long it is beside what most have."""
    row = page.row
    return {
        "noticed": noticed_in(row, known_words(row.portfolio)),
        "noticed_url": page.kind.url(row, "_noticed"),
        "edition": row.portfolio.candidacy.edition if page.kind.model is CaseStudy else None,
        "filled": len(row.filled_parts()),
        "parts_count": len(row.PARTS),
        "row": row,
    }


@signed_in
@never_cache
@require_safe
def noticed(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """The column beside the text anew, after it saved itself."""
    page = page_of(request, kind, pk)
    return render(request, "portfolio/_noticed.html", noticed_context(page))


def side_by_side(request: HttpRequest, page: Page, form: WritingForm) -> HttpResponse:
    """Both texts, part by part."""
    choices = choices_between(page.row, form, competencies=page.competencies, labels=page.labels)
    differing = {item.name for item in choices}
    context = {
        "row": page.row,
        "choices": choices,
        "same": [
            (name, item)
            for name, value in form.values().items()
            if name not in differing
            for item in (value if isinstance(value, list) else [value or ""])
        ],
        "base": fingerprints(values_of(page.row)),
        "action": page.kind.url(page.row),
        "breadcrumb": crumbs((str(page.row), page.kind.url(page.row)), (_("Two versions"), "")),
    }
    return render(request, "portfolio/conflict.html", context, status=409)


@require_POST
@signed_in
def remove(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Take it out for good."""
    row = page_of(request, kind, pk).row
    act = services.remove_case if isinstance(row, CaseStudy) else services.remove_write_up
    name = str(row)
    done(request, lambda: act(row, by=person(request)), _("{name} is gone.").format(name=name))
    return redirect("portfolio:home")


@signed_in
@never_cache
@require_safe
def read(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """To read: the candidate's own; a case study that is shown, for the supervisor of today."""
    if kind == "case":
        rows: Any = CaseStudy.objects.visible_to(request.user)
        rows = rows.select_related("label")
    else:
        rows = WriteUp.objects.visible_to(request.user)
    row = get_object_or_404(
        rows.select_related("portfolio__candidacy__user").prefetch_related("competencies"), pk=pk
    )
    is_own = row.portfolio.candidacy.user_id == request.user.pk
    is_case = kind == "case"
    access = None
    if is_case and not is_own:
        access = OfficeAccess.objects.running(request.user).filter(case=row).first()
    is_closed = is_case and not is_own and not is_being_read(row, request.user, now=timezone.now())
    context = {
        "row": row,
        "is_own": is_own,
        "is_case": is_case,
        "is_closed": is_closed,
        "pdf_url": KINDS[kind].url(row, "_pdf"),
        "access": access,
        "openings": openings_of(row) if is_case and is_own else [],
        "accesses": office_accesses_of(row) if is_case and is_own else [],
        "author": row.portfolio.candidacy.user,
        "texts": [] if is_closed else parts_to_read(row),
        "breadcrumb": crumbs((str(row), ""))
        if is_own
        else [whence(row.portfolio, access), {"label": str(row), "url": ""}],
    }
    return render(request, "portfolio/read.html", context)


@require_POST
@signed_in
def case_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep who reads it, then show it."""
    rows = CaseStudy.objects.visible_to(request.user)
    row = get_object_or_404(rows.select_related("portfolio__candidacy__user"), pk=pk)
    services.read_case(row, by=person(request))
    return redirect("portfolio:case_read", pk)
