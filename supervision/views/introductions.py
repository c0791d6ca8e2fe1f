"""Introductions: a list for both sides, asking, answering, choosing a time."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certification.candidacy.queries import current_candidacy
from scip.access import signed_in
from scip.requirements import Refusal
from supervision.forms.introductions import (
    AcceptForm,
    AskForm,
    ChooseForm,
    DeclineForm,
    TimesForm,
    in_both_zones,
)
from supervision.models import Introduction, Supervisor
from supervision.queries.agreements import introductions_to_agree
from supervision.queries.introductions import (
    asking_evidence,
    introductions_for,
    open_request,
    patience_of,
    with_people,
)
from supervision.requirements.introductions import asking_findings
from supervision.services import introductions as services
from supervision.views.directory import card_of

State = Introduction.State
ON_THE_PAGE = 60


@require_safe
@signed_in
def introduction_list(request: HttpRequest) -> HttpResponse:
    """Everything that one asked and was asked, what waits first."""
    found = introductions_for(request.user, limit=ON_THE_PAGE)
    return render(request, "supervision/introduction_list.html", {"introductions": found})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def introduction_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Write to a supervisor; what stands in the way is said before anything is typed."""
    supervisor = get_object_or_404(
        Supervisor.objects.visible_to(request.user).select_related("user"), pk=pk
    )
    candidacy = current_candidacy(request.user)  # type: ignore[arg-type]
    if candidacy is not None and (known := open_request(candidacy, supervisor)) is not None:
        messages.info(request, _("You have written already; this is where it stands."))
        return redirect("supervision:introduction", known.pk)
    form = AskForm(request.POST or None)
    if request.method == "POST" and candidacy is not None and form.is_valid():
        try:
            sent = services.ask(candidacy, supervisor, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            messages.success(
                request, _("Your message is on its way to {name}.").format(name=supervisor)
            )
            return redirect("supervision:introduction", sent.pk)
    evidence = asking_evidence(request.user, candidacy, supervisor, on=timezone.now().date())
    findings = asking_findings(evidence, edition=candidacy.edition if candidacy else None)
    context = {**card_of(supervisor), "form": form, "findings": findings}
    return render(request, "supervision/introduction_ask.html", context)


def own_introduction(request: HttpRequest, pk: int) -> Introduction:
    """A request in which one is candidate or supervisor; 404 for everybody else's."""
    return get_object_or_404(with_people(Introduction.objects.visible_to(request.user)), pk=pk)


@require_safe
@signed_in
def introduction_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The message, the answer, and what this person can do now."""
    return introduction_page(request, own_introduction(request, pk))


def introduction_page(
    request: HttpRequest, introduction: Introduction, bound: dict[str, Form] | None = None
) -> HttpResponse:
    """The page of a request, with the forms of whoever looks; ``bound`` are those that need
    another look."""
    now = timezone.now()
    is_supervisor = introduction.supervisor.user_id == request.user.pk
    is_waiting = introduction.state == State.SENT
    candidate = str(introduction.candidacy.user)
    forms: dict[str, Any] = {}
    seeks_time = introduction.state == State.ACCEPTED and introduction.chosen_time is None
    if is_supervisor and is_waiting:
        first = introduction.candidacy.user.first_name or candidate
        forms |= {
            "accept_form": AcceptForm(candidate=candidate),
            "decline_form": DeclineForm(candidate=first),
        }
    if is_supervisor and seeks_time:
        forms["times_form"] = TimesForm()
    choose = ChooseForm(introduction=introduction, now=now)
    if not is_supervisor and seeks_time and choose.fields["time"].choices:  # type: ignore[attr-defined]
        forms["choose_form"] = choose
    asked, asks = introduction.supervisor.user, introduction.candidacy.user
    reader, other = (asked, asks) if is_supervisor else (asks, asked)
    context = {
        "introduction": introduction,
        "is_supervisor": is_supervisor,
        "other": other,
        "times": [
            in_both_zones(time, introduction, reader) for time in introduction.proposed_times
        ],
        "chosen": in_both_zones(introduction.chosen_time, introduction, reader)
        if introduction.chosen_time
        else "",
        "may_draft": introduction.state == State.ACCEPTED
        and introductions_to_agree(reader).filter(pk=introduction.pk).exists(),
        "lapses_at": patience_of(introduction, now=now).lapses_at if is_waiting else None,
        **forms,
        **(bound or {}),
    }
    return render(request, "supervision/introduction_detail.html", context)


@require_POST
@signed_in
def introduction_accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes, with times or without."""
    introduction = own_introduction(request, pk)
    form = AcceptForm(request.POST, candidate=str(introduction.candidacy.user))
    if form.is_valid():
        try:
            services.accept(
                introduction,
                by=request.user,  # type: ignore[arg-type]
                answer=form.cleaned_data["answer"],
                times=form.times,
            )
        except Refusal as refusal:
            return refused(request, pk, form, refusal, "accept_form")
        messages.success(request, _("Your yes is on its way. Now you can reach each other."))
        return redirect("supervision:introduction", pk)
    return introduction_page(request, introduction, {"accept_form": form})


@require_POST
@signed_in
def introduction_decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Say a kind no."""
    introduction = own_introduction(request, pk)
    form = DeclineForm(request.POST, candidate="")
    if form.is_valid():
        try:
            services.decline(introduction, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except Refusal as refusal:
            return refused(request, pk, form, refusal, "decline_form")
        messages.success(request, _("Your words are on their way."))
        return redirect("supervision:introduction", pk)
    return introduction_page(request, introduction, {"decline_form": form})


@require_POST
@signed_in
def introduction_times(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose other times for a call that has none."""
    introduction = own_introduction(request, pk)
    form = TimesForm(request.POST)
    if form.is_valid():
        try:
            services.propose_times(introduction, by=request.user, times=form.times)  # type: ignore[arg-type]
        except Refusal as refusal:
            return refused(request, pk, form, refusal, "times_form")
        messages.success(request, _("The times are on their way."))
        return redirect("supervision:introduction", pk)
    return introduction_page(request, introduction, {"times_form": form})


@require_POST
@signed_in
def introduction_choose(request: HttpRequest, pk: int) -> HttpResponse:
    """The candidate takes one of the times."""
    introduction = own_introduction(request, pk)
    form = ChooseForm(request.POST, introduction=introduction, now=timezone.now())
    if form.is_valid():
        try:
            services.choose_time(introduction, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except Refusal as refusal:
            return refused(request, pk, form, refusal, "choose_form")
        messages.success(
            request, _("It is settled. Both of you get a letter with the call for your calendar.")
        )
        return redirect("supervision:introduction", pk)
    return introduction_page(request, introduction, {"choose_form": form})


@require_POST
@signed_in
def introduction_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The candidate takes the request back."""
    introduction = own_introduction(request, pk)
    try:
        services.withdraw(introduction, by=request.user)  # type: ignore[arg-type]
    except Refusal as refusal:
        messages.error(request, str(refusal.sentence))
    else:
        messages.success(request, TAKEN_BACK)
    return redirect("supervision:introduction", pk)


TAKEN_BACK = gettext_lazy("Your request is taken back; you can write to somebody else.")


def refused(request: HttpRequest, pk: int, form: Form, refusal: Refusal, name: str) -> HttpResponse:
    """The page as it stands now, with what stood in the way; typed words stay while the form
    still has a place on it."""
    fresh = own_introduction(request, pk)
    form.add_error(None, str(refusal.sentence))
    if fresh.state not in {State.SENT, State.ACCEPTED}:
        messages.error(request, str(refusal.sentence))
        return redirect("supervision:introduction", pk)
    return introduction_page(request, fresh, {name: form})
