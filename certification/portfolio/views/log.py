"""The log of client sessions."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certification.portfolio import services
from certification.portfolio.forms.desk import SessionForm
from certification.portfolio.models import ClientLabel, ClientSession
from certification.portfolio.queries.log import sessions_of, totals_of
from certification.portfolio.queries.portfolios import Desk, labels_of
from certification.portfolio.views.clients import hint_at_words
from certification.portfolio.views.desk import at_the_desk, crumbs, done, person
from scip.access import signed_in
from scip.requirements import Refusal
from scip.spreadsheets import csv_response

PAGE = 50


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def log(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The log with its totals; POST adds a line."""
    user = person(request)
    labels = list(labels_of(desk))
    today = timezone.localdate(timezone=user.zone)
    form = SessionForm(request.POST or None, labels=labels, initial={"held_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            row = services.log_session(desk.candidacy, by=user, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error("held_on", str(refusal.sentence))
        else:
            messages.success(request, _("The session is in your log."))
            hint_at_words(request, row.practice, row.portfolio)
            return redirect("portfolio:log")
    page = Paginator(sessions_of(desk), PAGE).get_page(request.GET.get("page"))
    context = {
        "desk": desk,
        "form": form,
        "labels": labels,
        "totals": totals_of(desk),
        "rows": page.object_list,
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
        "breadcrumb": crumbs((_("Session log"), "")),
    }
    return render(request, "portfolio/log.html", context)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a line."""
    rows = ClientSession.objects.visible_to(request.user)
    row = get_object_or_404(rows.select_related("portfolio", "label"), pk=pk)
    labels = list(ClientLabel.objects.visible_to(request.user).filter(portfolio=row.portfolio))
    values: dict[str, Any] = {
        "held_on": row.held_on,
        "label": row.label_id,
        "minutes": row.minutes,
        "practice": row.practice,
    }
    form = SessionForm(request.POST or None, labels=labels, initial=values)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_session(row, form.cleaned_data, by=person(request))
        except Refusal as refusal:
            form.add_error("held_on", str(refusal.sentence))
        else:
            messages.success(request, _("The line is corrected."))
            hint_at_words(request, form.cleaned_data["practice"], row.portfolio)
            return redirect("portfolio:log")
    context = {
        "form": form,
        "row": row,
        "breadcrumb": crumbs((_("Session log"), reverse("portfolio:log")), (_("A line"), "")),
    }
    return render(request, "portfolio/session.html", context)


@require_POST
@signed_in
def session_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a line out."""
    row = get_object_or_404(ClientSession.objects.visible_to(request.user), pk=pk)
    done(
        request,
        lambda: services.remove_session(row, by=person(request)),
        _("The line is out of your log."),
    )
    return redirect("portfolio:log")


@signed_in
@require_safe
@at_the_desk
def log_csv(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The log for a spreadsheet."""

    def rows() -> Iterator[list[object]]:
        yield [_("Day"), _("Client"), _("Minutes"), _("Practice or focus")]
        for row in sessions_of(desk).order_by("held_on", "pk").iterator():
            yield [row.held_on.isoformat(), row.label.name, row.minutes, row.practice]

    return csv_response(rows(), "client-sessions")
