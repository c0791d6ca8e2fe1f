"""Planned sessions: plan, move, cancel."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from scip.access import signed_in
from supervision.forms.appointments import AppointmentForm
from supervision.models import Agreement, Appointment
from supervision.queries.agreements import other_of
from supervision.services import appointments as services
from supervision.views.agreements import crumbs, done, own_agreement, person

USUAL_MINUTES = 60


def own_appointment(request: HttpRequest, pk: int) -> Appointment:
    """A planned session of one's own; 404 for everybody else's."""
    rows = Appointment.objects.visible_to(request.user)
    return get_object_or_404(
        rows.select_related("agreement__candidacy__user", "agreement__supervisor__user"), pk=pk
    )


def when(form: AppointmentForm) -> dict[str, Any]:
    """What the services take."""
    return {
        "starts_at": form.moment,
        "minutes": form.cleaned_data["minutes"],
        "is_online": form.cleaned_data["is_online"],
        "where": form.cleaned_data["where"],
    }


def form_page(
    request: HttpRequest,
    agreement: Agreement,
    form: AppointmentForm,
    appointment: Appointment | None = None,
) -> HttpResponse:
    context = {
        "agreement": agreement,
        "appointment": appointment,
        "form": form,
        "other": other_of(agreement, request.user),
        "breadcrumb": crumbs(
            agreement,
            request.user,
            _("Move the session") if appointment else _("Plan a session"),
        ),
    }
    return render(request, "supervision/appointment_form.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def appointment_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan the next session."""
    agreement = own_agreement(request, pk)
    form = AppointmentForm(request.POST or None, initial={"minutes": USUAL_MINUTES})
    if request.method == "POST" and form.is_valid():

        def plan() -> None:
            services.plan_appointment(agreement, by=person(request), **when(form))

        if done(request, plan, _("Planned. Both of you get a letter with the calendar file.")):
            return redirect("supervision:agreement", pk)
    return form_page(request, agreement, form)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def appointment_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Another time or place."""
    appointment = own_appointment(request, pk)
    local = timezone.localtime(appointment.starts_at)
    form = AppointmentForm(
        request.POST or None,
        initial={
            "held_on": local.date(),
            "starts_at": local.time(),
            "minutes": appointment.minutes,
            "is_online": "1" if appointment.is_online else "",
            "where": appointment.where,
        },
    )
    if request.method == "POST" and form.is_valid():

        def move() -> None:
            services.move_appointment(appointment, by=person(request), **when(form))

        if done(request, move, _("Changed. Both of you get a letter.")):
            return redirect("supervision:agreement", appointment.agreement_id)
    return form_page(request, appointment.agreement, form, appointment)


@require_POST
@signed_in
def appointment_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """It does not take place."""
    appointment = own_appointment(request, pk)

    def cancel() -> None:
        services.cancel_appointment(appointment, by=person(request))

    done(request, cancel, _("Cancelled. Both of you get a letter."))
    return redirect("supervision:agreement", appointment.agreement_id)
