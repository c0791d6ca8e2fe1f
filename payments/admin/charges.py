"""A charge with everything on it and everything that the office can do with it."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments import services
from payments.admin.actions import ACTIONS, Action, Case, carry_out, foresee, seen
from payments.admin.books import BooksPages
from payments.models import Charge
from payments.reports import lines_of, purpose_name
from scip.accounts.models import User
from scip.formats import money
from scip.requirements import Refusal


class StandingFilter(admin.SimpleListFilter):
    """Needs a look, due, paid, cancelled."""

    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("look", _("Needs a look")),
            ("late", _("Late")),
            ("open", _("Not settled")),
            ("settled", _("Settled")),
            ("cancelled", _("Cancelled")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "look":
                return queryset.needing_a_look()  # type: ignore[attr-defined, no-any-return]
            case "late":
                late = queryset.filter(settlement=None, cancelled_at=None)
                return late.filter(due_at__lt=timezone.now())
            case "open":
                return queryset.filter(settlement=None, cancelled_at=None)
            case "settled":
                return queryset.filter(settlement__isnull=False)
            case "cancelled":
                return queryset.filter(cancelled_at__isnull=False)
        return queryset


class PurposeFilter(admin.SimpleListFilter):
    """What the charges are for, in the words of the books."""

    title = gettext_lazy("purpose")
    parameter_name = "purpose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        purposes = Charge.objects.order_by("purpose").values_list("purpose", flat=True).distinct()
        return [(purpose, purpose_name(purpose)) for purpose in purposes]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(purpose=self.value()) if self.value() else queryset


@admin.register(Charge)
class ChargeAdmin(BooksPages):
    """Charges are opened by what they pay for; here they are read, corrected and closed."""

    change_form_template = "admin/payments/charge/change_form.html"
    change_list_template = "admin/payments/charge/change_list.html"
    list_display = ("description", "user", "owed", "paid", "due", "due_at", "cancelled_at")
    list_filter = (StandingFilter, PurposeFilter, "due_at")
    search_fields = ("description", "user__name", "user__email", "payments__reference")
    list_select_related = ("user",)
    ordering = ("-id",)
    fields = (
        "user",
        "description",
        "purpose",
        "due_at",
        "created_at",
        "cancelled_at",
        "cancelled_by",
        "cancel_reason",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).with_sums()  # type: ignore[attr-defined, no-any-return]

    @admin.display(description=gettext_lazy("owed"))
    def owed(self, charge: Charge) -> str:
        return money(services.Balance.of(charge).owed_cents, charge.currency)

    @admin.display(description=gettext_lazy("paid"))
    def paid(self, charge: Charge) -> str:
        return money(services.Balance.of(charge).came_cents, charge.currency)

    @admin.display(description=gettext_lazy("due"))
    def due(self, charge: Charge) -> str:
        return money(services.Balance.of(charge).due_cents, charge.currency)

    def get_urls(self) -> list[URLPattern]:
        act = self.admin_site.admin_view(self.act_view)
        return [
            path("<int:pk>/act/<slug:verb>/", act, name="payments_charge_act"),
            *super().get_urls(),
        ]

    def charge(self, request: HttpRequest, pk: int | str) -> Charge:
        """A charge that this person may see; 404 otherwise."""
        rows = Charge.objects.visible_to(request.user)
        return get_object_or_404(rows.select_related("user", "part_of", "cancelled_by"), pk=pk)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The charge, its lines, its terms, and what can be done."""
        self.acting(request)
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        charge = self.charge(request, object_id)
        case = Case.of(charge)
        context = {
            "title": charge.description,
            "subtitle": None,
            "lines": lines_of(charge),
            "standing": case.standing,
            # What the lines add up to, whatever came of cancelling.
            "open_cents": case.standing.owed_cents - case.standing.held_cents,
            "actions": [action for action in ACTIONS.values() if action.is_open(case)],
            "percent_now": charge.terms.percent_at(timezone.now()),
            "needs_a_look": case.needs_a_look,
            "purpose": purpose_name(charge.purpose),
        }
        return super().change_view(request, object_id, form_url, (extra_context or {}) | context)

    def act_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """One action: fill in, see what it would do, do it."""
        by = self.acting(request)
        action = ACTIONS.get(verb)
        if action is None:
            raise Http404
        charge = self.charge(request, pk)
        parts = request.GET.get("parts", "2")
        form = action.form(
            request.POST if request.method == "POST" else None,
            charge=charge,
            standing=services.balance(charge),
            initial={"parts": parts if parts == "3" else "2"},
        )
        shown: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            shown = self.step(request, action, charge, form, by)
            if shown.get("is_done"):
                messages.success(request, str(action.done))
                return redirect("admin:payments_charge_change", pk)
        return render(
            request,
            "admin/payments/charge/act.html",
            {**self.page_of(request, action, charge, form), **shown},
        )

    def step(
        self, request: HttpRequest, action: Action, charge: Charge, form: Any, by: User
    ) -> dict[str, Any]:
        """Do what was confirmed, or show what would happen; a refusal keeps what was typed."""
        now = timezone.now()
        try:
            if action.is_plain or "confirm" in request.POST:
                as_seen = request.POST.get("seen", "")
                carry_out(action, charge, form, as_seen=as_seen, by=by, now=now)
                return {"is_done": True}
            return self.preview(action, charge, form, by)
        except Refusal as refusal:
            form.add_error(None, str(refusal.sentence))
        try:
            # What the form would do now, where it can still be done.
            return self.preview(action, charge, form, by) if "confirm" in request.POST else {}
        except Refusal:
            return {}

    def preview(self, action: Action, charge: Charge, form: Any, by: User) -> dict[str, Any]:
        foreseen = foresee(action, charge, form, by, timezone.now())
        return {"foreseen": foreseen, "seen": seen(charge)}

    def page_of(
        self, request: HttpRequest, action: Action, charge: Charge, form: Any
    ) -> dict[str, Any]:
        """What every action's page shows."""
        is_cancelling = action.verb == "cancel" and charge.cancelled_at is None
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": action.title,
            "action": action,
            "charge": charge,
            "original": charge,
            "due": money(services.balance(charge).due_cents, charge.currency),
            "plan": services.plan_cancellation(charge) if is_cancelling else None,
            "form": form,
        }
