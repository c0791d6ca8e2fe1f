"""Applying: the draft in short steps, sending it, and the page that says where it stands."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cohorts.forms.applications import AnswerForm, PriceForm
from cohorts.models import AidRequest, Application, Cohort
from cohorts.queries.admission import assess, standing_sessions
from cohorts.requirements.admission import ENTRY, holding_up_sending
from cohorts.services.applications import (
    StaleDraft,
    answer_question,
    move_to_standard_price,
    save_draft,
    start_application,
    submit_application,
    withdraw_application,
)
from cohorts.views.status import status_context
from cohorts.views.steps import (
    CODES,
    STEPS,
    address,
    form_of,
    neighbours,
    price_choices,
    stepper,
)
from scip.access import signed_in
from scip.requirements import Finding, Refusal

State = Application.State


def own_application(request: HttpRequest, pk: int) -> Application:
    """The person's own application; 404 for everybody else, the office included."""
    rows = Application.objects.written_by(request.user)
    return get_object_or_404(rows.select_related("user", "cohort__edition"), pk=pk)


@signed_in
@require_safe
def application_list(request: HttpRequest) -> HttpResponse:
    """My applications, newest first."""
    rows = Application.objects.written_by(request.user).select_related("cohort").order_by("-id")
    return render(request, "cohorts/application_list.html", {"applications": rows[:50]})


@signed_in
@require_POST
def application_start(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin a draft for a cohort, or go on with the one that is there."""
    cohort = get_object_or_404(Cohort.objects.visible_to(request.user), slug=slug)
    try:
        application = start_application(request.user, cohort)  # type: ignore[arg-type]
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect("cohorts:detail", slug)
    if application.state == State.DRAFT:
        return redirect(address(application, "you"))
    return redirect("applications:detail", application.pk)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def application_step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """One step of the draft; saved when it is left, and by itself where scripts run."""
    if step not in STEPS:
        raise Http404
    application = own_application(request, pk)
    if application.state != State.DRAFT:
        messages.info(request, _("This application was sent; here is where it stands."))
        return redirect("applications:detail", pk)
    now = timezone.now()
    aid = AidRequest.objects.visible_to(request.user).filter(application=application).first()
    form = form_of(step, application, request.POST if request.method == "POST" else None, aid, now)
    if request.method == "POST":
        return save_step(request, application, step, form)
    return render(
        request, f"cohorts/application_{step}.html", step_context(application, step, form)
    )


def save_step(request: HttpRequest, application: Application, step: str, form: Any) -> HttpResponse:
    """Save a step and go on; a script that saves by itself gets the new revision."""
    by_itself = "X-Autosave" in request.headers
    if form is None:
        return redirect(neighbours(application, step)["next_url"] or address(application, step))
    if not form.is_valid():
        if by_itself:
            return HttpResponse(status=422)
        context = step_context(Application.objects.get(pk=application.pk), step, form)
        context["revision"] = request.POST.get("version", "")
        return render(request, f"cohorts/application_{step}.html", context, status=422)
    fields = form.fields_to_save() if isinstance(form, PriceForm) else form.cleaned_data
    version = request.POST.get("version", "")
    revision = int(version) if version.isdecimal() and len(version) < 10 else -1
    try:
        saved = save_draft(application, revision=revision, fields=fields)
    except StaleDraft as stale:
        if by_itself:
            return HttpResponse(status=409)
        return show_both(request, stale, step, form)
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect("applications:detail", application.pk)
    if by_itself:
        return JsonResponse({"version": saved.revision})
    if "back" in request.POST:
        return redirect(neighbours(application, step)["previous_url"])
    return redirect(neighbours(application, step)["next_url"])


def show_both(request: HttpRequest, stale: StaleDraft, step: str, form: Any) -> HttpResponse:
    """Two windows edited one draft: what is kept stands beside what was typed here."""
    stored = Application.objects.select_related("user", "cohort__edition").get(pk=stale.stored.pk)
    aid = AidRequest.objects.visible_to(request.user).filter(application=stored).first()
    kept = form_of(step, stored, None, aid, timezone.now())
    context = step_context(stored, step, form)
    context["conflict"] = stale.sentence
    context["kept"] = [
        {"label": field.label, "value": readable(field)} for field in kept if readable(field)
    ]
    return render(request, f"cohorts/application_{step}.html", context, status=409)


def readable(field: Any) -> str:
    """A kept value as a person reads it."""
    value = field.value()
    if value is True:
        return _("yes")
    choices = dict(getattr(field.field, "choices", []))
    return str(choices.get(value) or value or "")


def step_context(application: Application, step: str, form: Any) -> dict[str, Any]:
    """What every step shows: the progress bar, its findings, its neighbours, its form."""
    now = timezone.now()
    assessment = assess(application, now=now)
    context: dict[str, Any] = {
        "application": application,
        "cohort": application.cohort,
        "step": step,
        "step_label": STEPS[step],
        "revision": application.revision,
        "form": form,
        "findings": [
            leading_back(finding, address(application, step))
            for finding in assessment
            if finding.code in CODES[step]
        ],
        **stepper(application, step, assessment),
        **neighbours(application, step),
    }
    if step == "price":
        context["price_choices"] = price_choices(application, str(form["tier"].value() or ""), now)
        context["was_moved"] = bool(form.initial.get("moved"))
    if step == "words":
        context["sessions"] = standing_sessions(application.cohort)
    if step == "summary":
        aid = AidRequest.objects.filter(application=application).first()
        here = address(application, step)
        context |= {
            "findings": [leading_back(finding, here) for finding in assessment],
            "aid": aid,
            "to_do": holding_up_sending(assessment),
        }
    return context


def leading_back(finding: Finding, here: str) -> Finding:
    """The finding with a link that comes back to this step after something was added."""
    if not finding.url:
        return finding
    return replace(finding, url=f"{finding.url}?{urlencode({'next': here})}")


@signed_in
@require_POST
def application_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the application; what is still open is listed instead."""
    application = own_application(request, pk)
    if move_to_standard_price(application):
        messages.warning(
            request,
            _(
                "The early bird date passed while you were writing, so we have set the standard "
                "price. Everything else is as you left it. Please look once more and send."
            ),
        )
        return redirect(address(application, "summary"))
    try:
        submit_application(application)
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect(address(application, "summary"))
    messages.success(request, _("Your application is sent. A letter to you is on its way."))
    return redirect("applications:detail", pk)


@signed_in
@require_safe
def application_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the application stands, what comes next, and how to step back."""
    application = own_application(request, pk)
    if application.state == State.DRAFT:
        return redirect(address(application, "summary"))
    return render(request, "cohorts/application_detail.html", status_context(application))


@signed_in
@require_POST
def application_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Step back; asked once by the dialog that leads here."""
    application = own_application(request, pk)
    try:
        withdraw_application(application)
    except Refusal as refusal:
        messages.warning(request, str(refusal.sentence))
        return redirect("applications:detail", pk)
    messages.success(request, _("It is noted that you stepped back. You are welcome again."))
    return redirect("applications:list")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def application_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the office's question."""
    application = own_application(request, pk)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            answer_question(application, answer=form.cleaned_data["answer"])
        except Refusal as refusal:
            messages.warning(request, str(refusal.sentence))
        else:
            messages.success(request, _("Thank you. Your answer is with the office."))
        return redirect("applications:detail", pk)
    if application.state != State.INFO_NEEDED:
        return redirect("applications:detail", pk)
    findings = [
        finding
        for finding in assess(application, now=timezone.now())
        if finding.code in ENTRY and not finding.is_met
    ]
    context = {"application": application, "form": form, "findings": findings}
    return render(request, "cohorts/application_answer.html", context)
