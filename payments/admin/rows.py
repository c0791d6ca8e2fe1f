"""Lists of what stands on charges: payments, refunds, disputes, settlements; and Stripe's events."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments import services
from payments.forms import LookForm
from payments.models import Dispute, Payment, Refund, Settlement, StripeEvent
from scip.access.admin import StaffModelAdmin
from scip.accounts.models import User
from scip.formats import money
from scip.requirements import Refusal


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
        """To the charge; PermissionDenied for whoever may not see it."""
        if not self.opens_for(request):
            raise PermissionDenied
        if not object_id.isdecimal() or len(object_id) > 18:
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


class MoneyBackAdmin(OfChargeAdmin):
    """What refunds and disputes have in common."""

    list_select_related = ("charge__user", "payment")
    ordering = ("-id",)

    @admin.display(description=gettext_lazy("person"))
    def person(self, row: Refund | Dispute) -> str:
        return str(row.charge.user)

    @admin.display(description=gettext_lazy("amount"))
    def amount(self, row: Refund | Dispute) -> str:
        return money(row.amount_cents, row.currency)


@admin.register(Refund)
class RefundAdmin(MoneyBackAdmin):
    """Money that goes back, read-only."""

    list_display = ("charge", "person", "amount", "way", "state", "requested_at", "flag")
    list_filter = ("state", "flag", "payment__method", "requested_at")
    search_fields = ("reference", "charge__user__name", "charge__user__email")

    @admin.display(description=gettext_lazy("by"))
    def way(self, refund: Refund) -> str:
        return refund.payment.get_method_display()


@admin.register(Dispute)
class DisputeAdmin(MoneyBackAdmin):
    """What payers' banks ask for, read-only."""

    list_display = ("charge", "person", "amount", "state", "opened_at", "answer_by", "looked_at")
    list_filter = ("state", "opened_at")
    search_fields = ("reference", "charge__user__name", "charge__user__email")


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
    """What Stripe told us; one about something unknown can be asked about again or put away."""

    change_form_template = "admin/payments/stripeevent/change_form.html"
    list_display = ("event_id", "type", "object_id", "received_at", "attempts", "outcome")
    list_filter = ("type", "outcome", "received_at")
    search_fields = ("event_id", "object_id")
    ordering = ("-id",)
    fields = ("event_id", "type", "object_id", "received_at", "attempts", "outcome", "payload")
    readonly_fields = fields

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The event; a POST asks Stripe again, or notes what was done about it."""
        if not self.opens_for(request) or not isinstance(request.user, User):
            raise PermissionDenied
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        event = get_object_or_404(StripeEvent.objects.visible_to(request.user), pk=object_id)
        if request.method == "POST":
            is_done = self.act(request, event, request.user)
            return redirect("admin:payments_charge_waiting") if is_done else redirect(request.path)
        context = {
            "title": _("What Stripe told us"),
            "look": LookForm(),
            "needs_a_look": event.flagged_at and not event.looked_at,
        }
        return super().change_view(request, object_id, form_url, (extra_context or {}) | context)

    def act(self, request: HttpRequest, event: StripeEvent, by: User) -> bool:
        """Do what was pressed; True when the event is dealt with."""
        if "again" in request.POST:
            try:
                outcome = services.ask_event_again(event, by=by)
            except Refusal as refusal:
                messages.warning(request, str(refusal.sentence))
                return False
            messages.success(request, _("It is known now: {outcome}.").format(outcome=outcome))
            return True
        form = LookForm(request.POST)
        if not form.is_valid():
            messages.warning(request, _("Please write what was done; it stays on record."))
            return False
        services.mark_event_looked_at(event, by=by, note=form.cleaned_data["note"])
        messages.success(request, _("Marked as looked at."))
        return True
