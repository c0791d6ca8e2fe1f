"""Hearing an appeal: one's desk, the declaration, what was filed beside one's own answer."""

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certification.portfolio.services.writing import StaleWriting
from certification.portfolio.views.desk import done, person
from certification.review.emails.appeals import about
from certification.review.forms.appeals import DeclarationForm, DeclineForm, PanelAnswerForm
from certification.review.models import AppealDocument, PanelSeat
from certification.review.models.snapshots import sha256_of
from certification.review.queries.appeals import (
    WORDS,
    others_answers,
    readable_by,
    seats_of,
)
from certification.review.queries.dossiers import chapters
from certification.review.queries.hearing import chapters_of
from certification.review.services import hearing as services
from certification.review.services.freezing import content_of
from scip.access import signed_in
from scip.requirements import Refusal
from scip.vault.serving import mint_token, serve

State = PanelSeat.State


@signed_in
@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What somebody was asked to hear: what waits for them first."""
    return render(request, "review/appeals/desk.html", {"seats": seats_of(person(request))})


def own_seat(request: HttpRequest, pk: int) -> PanelSeat:
    """One's own seat, without a word of what was filed; 404 for everybody else, the office too."""
    rows = PanelSeat.objects.visible_to(request.user).filter(member=request.user.pk)
    found = rows.select_related(
        "member",
        "appeal__candidacy__user",
        "appeal__candidacy__edition",
        "appeal__recommendation__agreement__supervisor__user",
    ).defer(*(f"appeal__{name}" for name in WORDS))
    return get_object_or_404(found, pk=pk)


def open_seat(request: HttpRequest, pk: int) -> PanelSeat:
    """One's own seat while the appeal is open from it; 404 otherwise."""
    rows = readable_by(person(request)).filter(pk=pk).select_related(
        "member",
        "appeal__candidacy__user",
        "appeal__candidacy__edition",
        "appeal__recommendation__agreement__supervisor__user",
        "appeal__decision__submission__snapshot",
    )  # fmt: skip
    return get_object_or_404(rows, pk=pk)


@signed_in
@never_cache
@require_safe
def seat(request: HttpRequest, pk: int) -> HttpResponse:
    """The question and the declaration; once accepted, the appeal itself."""
    row = own_seat(request, pk)
    if readable_by(person(request)).filter(pk=row.pk).exists():
        return room(request, open_seat(request, pk))
    return asked(request, row)


def asked(
    request: HttpRequest,
    row: PanelSeat,
    *,
    form: DeclarationForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Who, what and by when, and nothing of what was filed."""
    context = {
        "seat": row,
        "about": about(row.appeal),
        "is_asked": row.state == State.ASKED and row.appeal.state in services.OPEN,
        "form": form or DeclarationForm(),
        "decline_form": DeclineForm(),
        "breadcrumb": crumbs(str(row.appeal.user)),
    }
    return render(request, "review/appeals/asked.html", context, status=status)


def room(
    request: HttpRequest,
    row: PanelSeat,
    *,
    form: PanelAnswerForm | None = None,
    is_stale: bool = False,
    status: int = 200,
) -> HttpResponse:
    """What was filed, as it was frozen, beside one's own answer."""
    content = filed(row)
    documents = AppealDocument.objects.filter(appeal=row.appeal_id).select_related("file")
    context = {
        "seat": row,
        "appeal": row.appeal,
        "about": about(row.appeal),
        "chapters": (*chapters_of(content), *submission_of(row)),
        "documents": list(documents),
        "others": others_answers(row),
        "form": form or PanelAnswerForm(instance=row),
        "began_from": services.mark_of_seat(row),
        "kept": row if is_stale else None,
        "breadcrumb": crumbs(str(row.appeal.user)),
    }
    return render(request, "review/appeals/room.html", context, status=status)


def filed(row: PanelSeat) -> dict[str, Any]:
    """What was frozen when it was filed. Raises ValueError where it is not what was hashed."""
    appeal = row.appeal
    if sha256_of(appeal.content) != appeal.sha256:
        raise ValueError(f"Appeal {appeal.pk} is not what was filed.")
    found: dict[str, Any] = json.loads(appeal.content)
    return found


def submission_of(row: PanelSeat) -> tuple[Any, ...]:
    """What the committee had before it, where its answer is in question; without the letter that
    recommends, which was for the committee."""
    decision = row.appeal.decision
    snapshot = getattr(decision.submission, "snapshot", None) if decision is not None else None
    if snapshot is None or snapshot.erased_at is not None:
        return ()
    return chapters(content_of(snapshot))


def crumbs(here: str) -> list[dict[str, str]]:
    """Where a page below the desk stands."""
    return [{"label": _("Appeals"), "url": reverse("hearing:desk")}, {"label": here}]


@require_POST
@signed_in
def declare(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what ties one to the candidate; nothing opens before."""
    row = own_seat(request, pk)
    form = DeclarationForm(request.POST)
    if not form.is_valid():
        return asked(request, row, form=form, status=422)
    try:
        answered = services.answer(row, by=person(request), **form.cleaned_data)
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect("hearing:seat", pk)
    if answered.state == State.ACCEPTED:
        messages.success(request, _("Thank you. The appeal is open to you now."))
    else:
        messages.success(
            request, _("Thank you for telling us. Somebody else is asked; nothing more is needed.")
        )
    return redirect("hearing:seat", pk)


@require_POST
@signed_in
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one cannot hear it."""
    row, form = own_seat(request, pk), DeclineForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    done(
        request,
        lambda: services.decline(row, reason=reason, by=person(request)),
        _("Thank you for telling us. Somebody else is asked."),
    )
    return redirect("hearing:desk")


@require_POST
@signed_in
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep an answer that is being written; with the other button, go on to giving it."""
    row = open_seat(request, pk)
    form = PanelAnswerForm(request.POST)
    if not form.is_valid():
        return room(request, row, form=form, status=422)
    try:
        services.save_answer(
            row,
            began_from=request.POST.get("began_from"),
            by=person(request),
            **form.cleaned_data,
        )
    except StaleWriting:
        return room(request, row, form=form, is_stale=True, status=409)
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect("hearing:seat", pk)
    if "give" in request.POST:
        return redirect("hearing:give", pk)
    messages.success(request, _("What you wrote is kept. Nobody else sees it."))
    return redirect("hearing:seat", pk)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """Read one's answer once more; POST gives it, for good."""
    row = open_seat(request, pk)
    if request.method == "POST":
        is_done = done(
            request,
            lambda: services.give(row, by=person(request)),
            _("Your answer is given. Thank you."),
        )
        return redirect("hearing:seat" if is_done else "hearing:give", pk)
    if row.state == State.GIVEN:
        return redirect("hearing:seat", pk)
    context = {
        "seat": row,
        "appeal": row.appeal,
        "missing": services.missing_in(row),
        "breadcrumb": [
            *crumbs(str(row.appeal.user))[:1],
            {"label": str(row.appeal.user), "url": reverse("hearing:seat", args=[pk])},
            {"label": _("Give your answer")},
        ],
    }
    return render(request, "review/appeals/give.html", context)


def open_file(request: HttpRequest, pk: int, document: int) -> AppealDocument:
    """A document of an appeal that is open to the person; 404 otherwise."""
    row = open_seat(request, pk)
    rows = AppealDocument.objects.filter(appeal=row.appeal_id).select_related("file")
    found = get_object_or_404(rows, pk=document)
    if found.file.is_destroyed:
        raise Http404
    return found


@require_POST
@signed_in
def open_document(request: HttpRequest, pk: int, document: int) -> HttpResponse:
    """Keep that it is opened, then hand it over."""
    found = open_file(request, pk, document)
    services.open_document(found, by=person(request))
    token = mint_token(found.file, person(request))
    return redirect("hearing:document", pk, document, token)


@require_safe
@signed_in
def document(request: HttpRequest, pk: int, document: int, token: str) -> HttpResponseBase:
    """The file; narrowed anew with every request."""
    found = open_file(request, pk, document)
    is_picture = found.file.content_type.startswith("image/")
    return serve(request, found.file, token=token, as_attachment=not is_picture)
