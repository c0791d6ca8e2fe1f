"""The committee's page for the office: seats, terms and load; a term is changed on its own page."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from certification.review.forms.assigning import TermForm
from certification.review.queries.committee import SEATS, terms
from scip.accounts.admin.deciding import DecidingAdmin
from scip.accounts.models import RoleGrant
from scip.accounts.services import set_term
from scip.requirements import Refusal


def shown_in(site: DecidingAdmin, request: HttpRequest, **context: Any) -> dict[str, Any]:
    """What the office's pages around it need."""
    return {**site.admin_site.each_context(request), "opts": site.opts, **context}


def committee_page(site: DecidingAdmin, request: HttpRequest) -> HttpResponseBase:
    """Who sits on the committee and the panel, until when, and what each carries."""
    site.acting(request)
    context = shown_in(site, request, title=_("The committee"), terms=terms())
    return render(request, "review/admin/committee.html", context)


def term_page(site: DecidingAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Say until when somebody holds their seat."""
    by = site.acting(request)
    grant = get_object_or_404(
        RoleGrant.objects.filter(role__in=SEATS).select_related("user"), pk=pk
    )
    data = request.POST if request.method == "POST" else None
    form = TermForm(data, initial={"until": grant.until})
    if form.is_valid():
        try:
            set_term(grant, form.cleaned_data["until"], by=by)
        except Refusal as refusal:
            form.add_error("until", str(refusal.sentence))
        else:
            messages.success(request, _("The term is set."))
            return redirect("admin:review_committee")
    context = shown_in(
        site, request, title=_("The term of {name}").format(name=grant.user), grant=grant, form=form
    )
    return render(request, "review/admin/term.html", context)
