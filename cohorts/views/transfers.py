"""Asking to move to another cohort or group: where to, what it would mean, one request."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cohorts.forms.transfers import TransferRequestForm
from cohorts.models import Cohort, Enrolment, Transfer
from cohorts.queries.transfers import Exchange, exchange_with, exchanges
from cohorts.services.transfers import request_transfer, withdraw_transfer
from cohorts.views.enrolments import crumbs, my_enrolment
from scip.access import signed_in
from scip.requirements import Refusal


def my_place(request: HttpRequest, pk: int) -> Enrolment:
    """One's own place with everything that an exchange looks at; 404 for everybody else's."""
    mine = Enrolment.objects.visible_to(request.user).filter(user_id=request.user.pk or 0)
    return get_object_or_404(
        mine.select_related("cohort", "charge", "user", "offer", "application"), pk=pk
    )


@signed_in
@never_cache
@require_safe
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """Where I could move, with dates, places and what it would mean for money and attendance."""
    enrolment = my_place(request, pk)
    if enrolment.state not in enrolment.HELD:
        messages.info(request, _("This place is closed already; here is where it stands."))
        return redirect("enrolments:detail", pk)
    found = exchanges(enrolment, by=enrolment.user, now=timezone.now())
    return render(
        request,
        "cohorts/transfer_choose.html",
        {
            "enrolment": enrolment,
            "cohort": enrolment.cohort,
            "moves": [item for item in found if item.kind == Transfer.Kind.MOVE],
            "deferrals": [item for item in found if item.kind == Transfer.Kind.DEFERRAL],
            "wish": Transfer.objects.filter(enrolment=enrolment, state=Transfer.State.REQUESTED)
            .select_related("target")
            .first(),
            "breadcrumb": crumbs(enrolment, _("Move or defer")),
        },
    )


def exchange_to(enrolment: Enrolment, cohort: int) -> Exchange:
    """What moving to that cohort means for a place; 404 where one cannot move at all."""
    target = get_object_or_404(Cohort.objects.visible_to(enrolment.user), pk=cohort)
    found = exchange_with(enrolment, target, by=enrolment.user, now=timezone.now())
    if found is None or enrolment.state not in enrolment.HELD:
        raise Http404
    return found


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, pk: int, cohort: int) -> HttpResponse:
    """One cohort: the whole preview, a short reason, one button."""
    enrolment = my_place(request, pk)
    found = exchange_to(enrolment, cohort)
    form = TransferRequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            request_transfer(
                enrolment, found.target, reason=form.cleaned_data["reason"], by=enrolment.user
            )
        except Refusal as refusal:
            messages.error(request, str(refusal.sentence))
        else:
            messages.success(request, _("Your wish is with the office. You will get a letter."))
            return redirect("enrolments:detail", pk)
    return render(
        request,
        "cohorts/transfer_ask.html",
        {
            "enrolment": enrolment,
            "cohort": enrolment.cohort,
            "exchange": found,
            "form": form,
            "breadcrumb": crumbs(enrolment, _("Move or defer")),
        },
    )


@signed_in
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take my wish back, as long as it is not decided."""
    enrolment = my_enrolment(request, pk)
    wish = Transfer.objects.visible_to(request.user).filter(enrolment=enrolment).order_by("pk")
    newest = wish.last()
    if newest is not None:
        try:
            withdraw_transfer(newest, by=enrolment.user)
            messages.success(request, _("Your wish to move is taken back. Nothing has changed."))
        except Refusal as refusal:
            messages.error(request, str(refusal.sentence))
    return redirect("enrolments:detail", pk)
