"""Beginning a case study or a write-up."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from certification.portfolio import services
from certification.portfolio.forms.desk import NewCaseForm, NewWriteUpForm
from certification.portfolio.queries.portfolios import Desk, labels_of
from certification.portfolio.views.clients import hint_at_name
from certification.portfolio.views.desk import at_the_desk, crumbs, person
from scip.access import signed_in
from scip.requirements import Refusal


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def case_new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Whom it is about; then the guided page."""
    form = NewCaseForm(request.POST or None, labels=labels_of(desk))
    if request.method == "POST" and form.is_valid():
        by, label = person(request), form.cleaned_data.get("label")
        try:
            if name := form.cleaned_data["new_label"]:
                label = services.add_label(desk.candidacy, name, by=by)
                hint_at_name(request, label)
            row = services.begin_case(desk.candidacy, by=by, label=label)
        except Refusal as refusal:
            form.add_error("new_label" if form.cleaned_data["new_label"] else None, str(refusal))
        else:
            return redirect("portfolio:case", row.pk)
    context = {
        "desk": desk,
        "form": form,
        "breadcrumb": crumbs((_("A new case study"), "")),
    }
    return render(request, "portfolio/case_new.html", context)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def write_up_new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What kind of text; then the page to write it."""
    form = NewWriteUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.begin_write_up(desk.candidacy, by=person(request), **form.cleaned_data)
        except Refusal as refusal:
            messages.warning(request, str(refusal.sentence))
        else:
            return redirect("portfolio:write_up", row.pk)
    context = {"desk": desk, "form": form, "breadcrumb": crumbs((_("A new write-up"), ""))}
    return render(request, "portfolio/write_up_new.html", context)
