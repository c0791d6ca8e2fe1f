"""The queue of wishes to move to another cohort, and moves that the office begins."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from cohorts.admin.pages import acting, page, refused
from cohorts.forms.transfers import BeginTransferForm, CarryOutForm, DeclineTransferForm
from cohorts.models import Enrolment, Transfer
from cohorts.queries.transfers import Exchange, exchange_with, exchanges
from cohorts.services.transfers import carry_out_transfer, decline_transfer, request_transfer
from scip.access.admin import StaffModelAdmin
from scip.accounts.models import User
from scip.requirements import Refusal


@admin.register(Transfer)
class TransferAdmin(StaffModelAdmin):
    """Read a wish with what it would mean, then carry it out or decline it."""

    list_display = ("person", "from_cohort", "target", "kind", "state", "requested_at", "waits")
    list_filter = ("state", "kind", "target")
    list_select_related = ("enrolment__user", "enrolment__cohort", "target")
    search_fields = ("enrolment__user__name", "enrolment__user__email", "target__title")
    search_help_text = _("Name, e-mail address or cohort")
    ordering = ("requested_at", "pk")
    change_form_template = "cohorts/admin/transfer_change.html"
    fields = (
        "person",
        "from_cohort",
        "target",
        "kind",
        "state",
        "reason",
        "requested_at",
        "requested_by",
        "done_at",
        "done_by",
        "arrival",
        "declined_at",
        "declined_by",
        "decline_reason",
        "withdrawn_at",
    )
    readonly_fields = ("person", "from_cohort")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        rows: QuerySet[Transfer] = super().get_queryset(request)
        return rows.select_related(
            "enrolment__user",
            "enrolment__cohort",
            "enrolment__charge",
            "enrolment__offer",
            "enrolment__application",
            "target",
        )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """The first page's link leaves out wishes whose place is over."""
        return lookup == "enrolment__state__in" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("person"))
    def person(self, row: Transfer) -> str:
        return str(row.enrolment.user)

    @admin.display(description=_("from"))
    def from_cohort(self, row: Transfer) -> str:
        return str(row.enrolment.cohort)

    @admin.display(description=_("waits for the office"))
    def waits(self, row: Transfer) -> str:
        is_ours = row.state == Transfer.State.REQUESTED and row.enrolment.state in Enrolment.HELD
        return timesince(row.requested_at) if is_ours else ""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/decide/", wrap(self.decide_view), name="cohorts_transfer_decide"),
            path("begin/<int:pk>/", wrap(self.begin_view), name="cohorts_transfer_begin"),
            *super().get_urls(),
        ]

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """What the move would mean now; carry it out, or decline with a reason."""
        by = acting(self, request)
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        form: Any = None
        decline = DeclineTransferForm(request.POST if "decline" in request.POST else None)
        if request.method == "POST":
            form = decline if "decline" in request.POST else CarryOutForm(request.POST)
            if form.is_valid() and self.act(request, row, form, by=by):
                return redirect("admin:cohorts_transfer_change", pk)
        return page(
            self,
            request,
            row,
            "cohorts/admin/transfer_decide.html",
            title=_("Decide"),
            exchange=None
            if row.state != Transfer.State.REQUESTED
            else exchange_with(row.enrolment, row.target, by=by, now=timezone.now()),
            decline_form=decline,
        )

    def act(self, request: HttpRequest, row: Transfer, form: Any, *, by: User) -> bool:
        """Do what the pressed button says; False, with the sentence, where a service refuses."""
        try:
            if isinstance(form, DeclineTransferForm):
                decline_transfer(row, reason=form.cleaned_data["reason"], by=by)
                messages.success(request, _("Declined. The person gets a letter with your words."))
            else:
                carry_out_transfer(
                    row,
                    by=by,
                    expected_due_cents=form.cleaned_data["due"],
                    expected_back_cents=form.cleaned_data["back"],
                )
                messages.success(request, _("Done. The person gets a letter with the amounts."))
        except Refusal as refusal:
            refused(request, refusal)
            return False
        return True

    def begin_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Where somebody could move, side by side; choosing one leads to its preview."""
        by = acting(self, request)
        rows = Enrolment.objects.visible_to(by).select_related(
            "user", "cohort", "charge", "offer", "application"
        )
        enrolment = get_object_or_404(rows, pk=pk)
        found: list[Exchange] = exchanges(enrolment, by=by, now=timezone.now())
        form = BeginTransferForm(request.POST or None, exchanges=found)
        if request.method == "POST" and form.is_valid():
            chosen = {str(item.target.pk): item.target for item in found}
            target = chosen[form.cleaned_data["target"]]
            try:
                row = request_transfer(enrolment, target, reason=form.cleaned_data["reason"], by=by)
                return redirect("admin:cohorts_transfer_decide", row.pk)
            except Refusal as refusal:
                refused(request, refusal)
        return page(
            self,
            request,
            enrolment,
            "cohorts/admin/transfer_begin.html",
            title=_("Move to another cohort"),
            place_opts=Enrolment._meta,
            exchanges=found,
            form=form,
        )
