"""Asking for credit for an earlier format: one page for the words, the items, the answer."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from certification.candidacy.forms.equivalency import AnswerForm, CaseForm, ItemForm, StartForm
from certification.candidacy.models import EquivalencyCase, EquivalencyItem
from certification.candidacy.requirements.equivalency import sending_findings
from certification.candidacy.services import equivalency as services
from certification.candidacy.views.registration import person, sentence_of
from scip.access import signed_in
from scip.accounts.models import User
from scip.requirements import Refusal
from scip.vault.errors import Refused

State = EquivalencyCase.State


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """What can be credited, and one's requests so far; POST begins one."""
    user = person(request)
    form = StartForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.begin_case(user, format=form.cleaned_data["format"])
        except Refusal as refusal:
            messages.info(request, sentence_of(refusal))
            return redirect("certification:equivalency")
        return redirect("certification:case", made.pk)
    cases = list(EquivalencyCase.objects.visible_to(user).filter(user=user).order_by("-pk"))
    context = {
        "form": form,
        "cases": cases,
        "open_case": next((row for row in cases if row.state in EquivalencyCase.OPEN), None),
        "levels": services.creditable(user),
        "breadcrumb": crumbs(_("Credit for an earlier format"))[:-1],
    }
    return render(request, "certification/equivalency.html", context)


def crumbs(here: str) -> list[dict[str, str]]:
    """Where a request stands."""
    return [
        {"label": _("My pathway"), "url": reverse("pathway:home")},
        {
            "label": _("Credit for an earlier format"),
            "url": reverse("certification:equivalency"),
        },
        {"label": here},
    ]


def own_case(user: User, pk: int) -> EquivalencyCase:
    """One's own request; 404 for anybody else's."""
    rows = EquivalencyCase.objects.visible_to(user).filter(user=user)
    return get_object_or_404(rows.select_related("user"), pk=pk)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: to write, or to read where it stands. POST keeps the words; a script that saves
    by itself, so that adding an entry loses none, gets a status alone."""
    user = person(request)
    row = own_case(user, pk)
    if request.method != "POST":
        return page(request, row)
    by_itself = "X-Autosave" in request.headers
    form = CaseForm(request.POST, instance=own_case(user, pk))
    if not form.is_valid():
        return HttpResponse(status=422) if by_itself else page(request, row, case_form=form)
    try:
        services.save_case(row, by=user, **form.cleaned_data)
    except Refusal as refusal:
        if by_itself:
            return HttpResponse(status=409)
        messages.warning(request, sentence_of(refusal))
    else:
        if by_itself:
            return HttpResponse(status=204)
        messages.success(request, _("What you wrote is kept."))
    return redirect("certification:case", pk)


@signed_in
@require_POST
def add_item(request: HttpRequest, pk: int) -> HttpResponse:
    """Add one piece of evidence."""
    user = person(request)
    row = own_case(user, pk)
    form = item_form(user, request)
    if form.is_valid():
        try:
            services.add_item(
                row, fields=form.facts, document=form.cleaned_data["document"], by=user
            )
        except (Refusal, Refused) as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            messages.success(request, _("It is added. You can add more, or send your request."))
            return redirect("certification:case", pk)
    return page(request, row, new_item=form)


@signed_in
@require_POST
def remove_item(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one piece of evidence out again."""
    user = person(request)
    rows = EquivalencyItem.objects.visible_to(user).filter(case__user=user)
    row = get_object_or_404(rows.select_related("case", "document"), pk=pk)
    try:
        services.remove_item(row, by=user)
    except Refusal as refusal:
        messages.warning(request, sentence_of(refusal))
    else:
        messages.success(request, _("It is taken out, and its document is destroyed."))
    return redirect("certification:case", row.case_id)


@signed_in
@require_POST
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the request, or the answer to the office's question."""
    user = person(request)
    row = own_case(user, pk)
    form = AnswerForm(request.POST) if row.state == State.QUESTION else None
    if form is not None and not form.is_valid():
        return page(request, row, answer_form=form)
    answer = form.cleaned_data["answer"] if form is not None else ""
    try:
        services.submit_case(row, by=user, answer=answer)
    except Refusal as refusal:
        messages.warning(request, sentence_of(refusal))
    else:
        messages.success(request, _("It is with the office. We write to you."))
    return redirect("certification:case", pk)


@signed_in
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a request back."""
    user = person(request)
    try:
        services.withdraw_case(own_case(user, pk), by=user)
    except Refusal as refusal:
        messages.warning(request, sentence_of(refusal))
    else:
        messages.success(request, _("It is taken back, and its documents are destroyed."))
    return redirect("certification:equivalency")


def item_form(user: User, request: HttpRequest | None = None) -> ItemForm:
    """An empty form for an item, or the one that was sent."""
    today = timezone.localdate(timezone=user.zone)
    if request is None:
        return ItemForm(levels=services.creditable(user), today=today)
    return ItemForm(request.POST, request.FILES, levels=services.creditable(user), today=today)


def page(
    request: HttpRequest,
    row: EquivalencyCase,
    *,
    case_form: CaseForm | None = None,
    new_item: ItemForm | None = None,
    answer_form: AnswerForm | None = None,
) -> HttpResponse:
    """One request as it stands; a form that could not be taken is shown again."""
    user = person(request)
    items = list(row.items.select_related("document"))
    findings = sending_findings(row.statement, services.facts_of(row))
    is_written = row.state in services.WRITTEN
    context = {
        "case": row,
        "items": items,
        "findings": findings,
        "is_ready": all(item.is_met for item in findings),
        "is_written": is_written,
        "is_open": row.state in EquivalencyCase.OPEN,
        "case_form": (case_form or CaseForm(instance=row)) if is_written else None,
        "item_form": (new_item or item_form(user)) if is_written else None,
        "answer_form": (answer_form or AnswerForm()) if row.state == State.QUESTION else None,
        "wrong_form": next((form for form in (case_form, new_item, answer_form) if form), None),
        "breadcrumb": crumbs(str(row.get_format_display())),
    }
    return render(request, "certification/case.html", context)
