"""The office's pages about money: charges with their statement, the look-list, Stripe's events."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments import services
from payments.forms import LookForm, OfflinePaymentForm
from payments.models import Charge, Payment, Settlement, StripeEvent
from scip.access.admin import StaffModelAdmin
from scip.formats import money
from scip.requirements import Refusal


class StandingFilter(admin.SimpleListFilter):
    """Needs a look, due, paid, cancelled."""

    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("look", _("Needs a look")),
            ("open", _("Not settled")),
            ("settled", _("Settled")),
            ("cancelled", _("Cancelled")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "look":
                return queryset.needing_a_look()  # type: ignore[attr-defined, no-any-return]
            case "open":
                return queryset.filter(settlement=None, cancelled_at=None)
            case "settled":
                return queryset.filter(settlement__isnull=False)
            case "cancelled":
                return queryset.filter(cancelled_at__isnull=False)
        return queryset


@admin.register(Charge)
class ChargeAdmin(StaffModelAdmin):
    """A charge with everything on it, and the two things the office does there."""

    change_form_template = "admin/payments/charge/change_form.html"
    list_display = ("description", "user", "owed", "paid", "due", "due_at", "cancelled_at")
    list_filter = (StandingFilter, "purpose", "due_at")
    search_fields = ("description", "user__name", "user__email", "payments__reference")
    list_select_related = ("user",)
    ordering = ("-id",)
    fields = (
        "user",
        "description",
        "purpose",
        "owed",
        "paid",
        "due",
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
        return money(services.Balance.of(charge).paid_cents, charge.currency)

    @admin.display(description=gettext_lazy("due"))
    def due(self, charge: Charge) -> str:
        return money(services.Balance.of(charge).due_cents, charge.currency)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/offline/", wrap(self.record_offline), name="payments_charge_offline"),
            path("<int:pk>/looked/", wrap(self.looked), name="payments_charge_looked"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The charge, its lines, and the forms."""
        if not object_id.isdecimal():
            raise Http404
        lines = {
            "payments": Payment.objects.filter(charge_id=object_id)
            .select_related("receipt", "recorded_by", "looked_by")
            .order_by("received_at"),
            "needs_a_look": Charge.objects.filter(pk=object_id).needing_a_look().exists(),
            "settlement": Settlement.objects.filter(charge_id=object_id).first(),
        }
        return super().change_view(request, object_id, form_url, (extra_context or {}) | lines)

    def _act(
        self, request: HttpRequest, pk: int, form: Any, *, title: str, act: Any, done: str
    ) -> HttpResponse:
        charge = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method == "POST" and form.is_valid():
            try:
                act(charge)
            except Refusal as refusal:
                form.add_error(None, str(refusal.sentence))
            else:
                messages.success(request, done)
                return redirect(reverse("admin:payments_charge_change", args=[pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "charge": charge,
            "due": self.due(charge),
            "form": form,
            "title": title,
        }
        return render(request, "admin/payments/charge/act.html", context)

    def record_offline(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A bank transfer or cheque that arrived."""
        if not self.has_view_permission(request):
            return redirect("admin:index")
        form = OfflinePaymentForm(request.POST or None)

        def act(charge: Charge) -> None:
            now = timezone.now()
            services.record_offline_payment(
                charge,
                by=request.user,  # type: ignore[arg-type]
                now=now,
                **form.payment(now, charge.user.zone),
            )

        title = _("Record a bank transfer or cheque")
        return self._act(
            request, pk, form, title=title, act=act, done=_("The payment is recorded.")
        )

    def looked(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The office has looked at what is flagged."""
        if not self.has_view_permission(request):
            return redirect("admin:index")
        form = LookForm(request.POST or None)

        def act(charge: Charge) -> None:
            services.mark_looked_at(
                charge,
                by=request.user,  # type: ignore[arg-type]
                note=form.cleaned_data["note"],
            )

        title = _("Mark as looked at")
        return self._act(request, pk, form, title=title, act=act, done=_("Marked as looked at."))


class LookFilter(admin.SimpleListFilter):
    """Settlements that the office has to look at: flagged, or claimed by nobody."""

    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("look", _("Needs a look"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "look":
            return queryset
        return queryset.filter(looked_at=None).filter(
            Q(flagged_at__isnull=False) | Q(claimed_at=None)
        )


class OfChargeAdmin(StaffModelAdmin):
    """Rows of a charge: listed on their own, opened on the charge's page, where the whole
    statement stands and where the office acts."""

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """To the charge."""
        if not object_id.isdecimal():
            raise Http404
        row = get_object_or_404(self.get_queryset(request), pk=object_id)
        return redirect("admin:payments_charge_change", row.charge_id)


@admin.register(Payment)
class PaymentAdmin(OfChargeAdmin):
    """Money received, read-only; what needs a look is filtered by its flag."""

    list_display = ("charge", "person", "amount", "method", "received_at", "flag", "looked_at")
    list_filter = ("flag", "method", "currency", "received_at")
    search_fields = ("reference", "charge__user__name", "charge__user__email")
    list_select_related = ("charge__user",)
    ordering = ("-id",)

    @admin.display(description=gettext_lazy("person"))
    def person(self, payment: Payment) -> str:
        return str(payment.charge.user)

    @admin.display(description=gettext_lazy("amount"))
    def amount(self, payment: Payment) -> str:
        return money(payment.amount_cents, payment.currency)


@admin.register(Settlement)
class SettlementAdmin(OfChargeAdmin):
    """Which charges are settled and who took note of it, read-only."""

    list_display = ("charge", "person", "settled_at", "claim", "looked_at")
    list_filter = (LookFilter, "settled_at")
    search_fields = ("charge__user__name", "charge__user__email", "charge__description")
    list_select_related = ("charge__user",)
    ordering = ("-id",)

    @admin.display(description=gettext_lazy("person"))
    def person(self, settlement: Settlement) -> str:
        return str(settlement.charge.user)

    @admin.display(description=gettext_lazy("what came of it"))
    def claim(self, settlement: Settlement) -> str:
        return settlement.outcome


@admin.register(StripeEvent)
class StripeEventAdmin(StaffModelAdmin):
    """What Stripe told us, read-only."""

    list_display = ("event_id", "type", "object_id", "received_at", "attempts", "outcome")
    list_filter = ("type", "outcome", "received_at")
    search_fields = ("event_id", "object_id")
    ordering = ("-id",)
