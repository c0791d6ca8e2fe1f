"""Requests for aid, for the people who decide on aid alone."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from cohorts.emails import admission as letters
from cohorts.forms.decisions import DeclineAidForm, GrantForm
from cohorts.models import AidRequest, PriceTier
from cohorts.services.aid import decline_aid, grant_aid, open_statement
from payments.services import fund_balance
from scip.access.admin import StaffModelAdmin
from scip.accounts.models import Role, User
from scip.mail.services import Draft
from scip.requirements import Refusal


@admin.register(AidRequest)
class AidRequestAdmin(StaffModelAdmin):
    """The list never reads statements; opening one is a POST that is put on record."""

    roles: ClassVar[tuple[str, ...]] = (Role.AID,)
    list_display = ("person", "cohort", "kind", "state", "requested_at")
    list_filter = ("state", "kind", "application__cohort")
    list_select_related = ("application__user", "application__cohort")
    search_fields = ("application__user__name", "application__user__email")
    search_help_text = _("Name or e-mail address")
    ordering = ("requested_at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Requests that were sent, without their statements."""
        rows = super().get_queryset(request)
        return rows.filter(requested_at__isnull=False).defer("statement")

    @admin.display(description=_("person"), ordering="application__user__name")
    def person(self, row: AidRequest) -> str:
        return str(row.application.user)

    @admin.display(description=_("cohort"))
    def cohort(self, row: AidRequest) -> str:
        return str(row.application.cohort)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/read/", wrap(self.read_view), name="cohorts_aidrequest_read"),
            path("<int:pk>/grant/", wrap(self.grant_view), name="cohorts_aidrequest_grant"),
            path("<int:pk>/decline/", wrap(self.decline_view), name="cohorts_aidrequest_decline"),
            *super().get_urls(),
        ]

    def acting(self, request: HttpRequest) -> User:
        """Somebody who decides on aid; PermissionDenied for anybody else."""
        if not self.opens_for(request) or not isinstance(request.user, User):
            raise PermissionDenied
        return request.user

    def aid_request(self, request: HttpRequest, pk: int | str) -> AidRequest:
        rows = self.get_queryset(request).select_related(
            "application__user", "application__cohort__edition"
        )
        row: AidRequest = get_object_or_404(rows, pk=pk)
        return row

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Facts and the decision; the statement stays closed until it is asked for."""
        self.acting(request)
        if not object_id.isdecimal():
            raise Http404
        return self.page(request, self.aid_request(request, object_id))

    @method_decorator(require_POST)
    def read_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the statement, and put on record who opened it."""
        by = self.acting(request)
        row = self.aid_request(request, pk)
        open_statement(row, by=by)
        return self.page(request, row, statement=row.statement)

    def grant_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Grant an amount, with its letter shown first."""
        form = GrantForm(request.POST or None)
        return self.decide(request, pk, form, _("Grant aid"))

    def decline_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Decline, with its letter shown first."""
        form = DeclineAidForm(request.POST or None)
        return self.decide(request, pk, form, _("No aid this time"))

    def decide(
        self, request: HttpRequest, pk: int, form: GrantForm | DeclineAidForm, title: Any
    ) -> HttpResponseBase:
        """Fill in, look at the letter, then send."""
        by = self.acting(request)
        row = self.aid_request(request, pk)
        draft: Draft | None = None
        if request.method == "POST" and form.is_valid():
            try:
                if "send" in request.POST:
                    act(row, form, by)
                    messages.success(request, _("Decided. The letter is on its way."))
                    return redirect("admin:cohorts_aidrequest_change", pk)
                draft = preview(row, form, by)
            except Refusal as refusal:
                form.add_error(None, str(refusal.sentence))
        return self.page(request, row, form=form, draft=draft, title=title)

    def page(self, request: HttpRequest, row: AidRequest, **context: Any) -> HttpResponse:
        tiers = list(PriceTier.objects.filter(cohort=row.application.cohort_id))
        currency = tiers[0].currency if tiers else row.application.cohort.edition.currency
        return render(
            request,
            "cohorts/admin/aid_change.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.model._meta,
                "title": str(row.application.user),
                "aid": row,
                "application": row.application,
                "tiers": tiers,
                "currency": currency,
                "fund_cents": fund_balance(currency),
                **context,
            },
        )


def act(row: AidRequest, form: GrantForm | DeclineAidForm, by: User) -> None:
    """Carry the decision out."""
    if isinstance(form, GrantForm):
        grant_aid(row, cents=form.cents, by=by)
    else:
        decline_aid(row, by=by, note=form.cleaned_data["note"])


def preview(row: AidRequest, form: GrantForm | DeclineAidForm, by: User) -> Draft:
    """The letter as it will go. Raises Refusal for what could not be granted: no letter promises
    more than the fund holds."""
    if isinstance(form, GrantForm):
        standard = PriceTier.objects.get(
            cohort=row.application.cohort_id, kind=PriceTier.Kind.STANDARD
        )
        with transaction.atomic():
            grant_aid(row, cents=form.cents, by=by)
            transaction.set_rollback(True)
        return letters.aid_granted(row.application, cents=form.cents, standard=standard)
    return letters.aid_declined(row.application, note=form.cleaned_data["note"])
