"""The certification record, leave, and leaving."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from certification.candidacy import services
from certification.candidacy.forms.registration import LeaveForm, WithdrawForm
from certification.candidacy.models import Candidacy, Leave
from certification.candidacy.queries import current_candidacy, standing_of
from certification.candidacy.queries.leaves import current_leave
from certification.candidacy.requirements.registration import retreat_finding
from certification.candidacy.views.registration import (
    current_retreat,
    own_candidacy,
    person,
    retreat_form_of,
    sentence_of,
)
from scip.access import signed_in
from scip.accounts.requirements import PrerequisiteEvidence
from scip.credentials.models import Completion
from scip.requirements import Refusal


def crumbs(here: str) -> list[dict[str, str]]:
    """Where a page below the record stands."""
    return [
        {"label": _("My pathway"), "url": reverse("pathway:home")},
        {"label": _("Your certification record"), "url": reverse("certification:record")},
        {"label": here},
    ]


@signed_in
@never_cache
@require_GET
def record_page(request: HttpRequest) -> HttpResponse:
    """What somebody registered with, under which Edition, with dates; leave and leaving."""
    user = person(request)
    today = timezone.localdate(timezone=user.zone)
    standing = standing_of(user, on=today)
    candidacy = current_candidacy(user)
    if candidacy is None or candidacy.active_at is None or candidacy.edition is None:
        return redirect("certification:register")
    own_retreat = current_retreat(user)
    evidence = standing.evidence(prerequisites=PrerequisiteEvidence(), completed={})
    retreat = retreat_finding(evidence, edition=candidacy.edition)
    context = {
        "candidacy": candidacy,
        "edition": candidacy.edition,
        "charge": candidacy.charge,
        "completions": Completion.objects.visible_to(user).filter(user=user).order_by("level"),
        "attestation": candidacy.attestations.first(),
        "retreat": own_retreat,
        "retreat_finding": retreat,
        "retreat_form": retreat_form_of(own_retreat),
        "leave": current_leave(candidacy, today),
        "is_alive": candidacy.state in Candidacy.REGISTERED,
        "today": today,
    }
    return render(request, "certification/record.html", context)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Take a leave."""
    user = person(request)
    candidacy = own_candidacy(user)
    today = timezone.localdate(timezone=user.zone)
    form = LeaveForm(request.POST if request.method == "POST" else None, initial={"from_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            services.take_leave(candidacy, by=user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            messages.success(request, _("Your leave is noted. Rest well; we keep quiet."))
            return redirect("certification:record")
    context = {"form": form, "breadcrumb": crumbs(_("A leave"))}
    return render(request, "certification/leave.html", context)


@signed_in
@require_POST
def end_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Come back early, or call a leave off."""
    user = person(request)
    rows = Leave.objects.visible_to(user).filter(candidacy__user=user)
    row = get_object_or_404(rows.select_related("candidacy__user"), pk=pk)
    try:
        services.end_leave(row, by=user)
    except Refusal as refusal:
        messages.warning(request, sentence_of(refusal))
    else:
        messages.success(request, _("Welcome back. Everything is where you left it."))
    return redirect("certification:record")


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest) -> HttpResponse:
    """What leaving means, one question, one button."""
    user = person(request)
    candidacy = own_candidacy(user)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw(candidacy, by=user, reason=form.cleaned_data["reason"])
        except Refusal as refusal:
            messages.warning(request, sentence_of(refusal))
            return redirect("certification:register")
        messages.success(request, _("Done, with our thanks. The door stays open."))
        return redirect("pathway:home")
    context = {
        "form": form,
        "candidacy": candidacy,
        "breadcrumb": crumbs(_("Withdraw")),
    }
    return render(request, "certification/withdraw.html", context)
