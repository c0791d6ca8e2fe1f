"""The aid fund: what it holds, how that came about, and gifts from outside.

Open to the office and to the people who decide on aid. Who pays more so that others can come
is for the office alone.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments import services
from payments.models import AidFund, FundEntry
from payments.office_forms import GiftForm
from scip.access.admin import StaffModelAdmin
from scip.accounts.models import Role, User
from scip.formats import money
from scip.requirements import Refusal

FOR_SOMEBODY = (FundEntry.Kind.GRANT, FundEntry.Kind.GRANT_BACK)


def is_office(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.has_role(Role.STAFF)


@admin.register(FundEntry)
class FundEntryAdmin(StaffModelAdmin):
    """Movements are read; only gifts are written here."""

    roles = (Role.STAFF, Role.AID)
    change_list_template = "admin/payments/fundentry/change_list.html"
    list_filter = ("kind", "created_at")
    list_select_related = ("user", "charge", "author", "fund")
    ordering = ("-id",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Of gifts in prices the people who decide on aid see the amount, not whose."""
        if is_office(request):
            return ("created_at", "kind", "amount", "user", "charge", "reason", "author")
        return ("created_at", "kind", "amount", "helps", "why")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_list_display(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_list_display(request)

    @admin.display(description=gettext_lazy("amount"), ordering="amount_cents")
    def amount(self, entry: FundEntry) -> str:
        return money(entry.amount_cents, entry.fund_id)

    @admin.display(description=gettext_lazy("whose place it helps"))
    def helps(self, entry: FundEntry) -> str:
        return str(entry.user) if entry.kind in FOR_SOMEBODY and entry.user else ""

    @admin.display(description=gettext_lazy("reason"))
    def why(self, entry: FundEntry) -> str:
        return entry.reason if entry.kind in (*FOR_SOMEBODY, FundEntry.Kind.GIFT) else ""

    def get_urls(self) -> list[URLPattern]:
        gift = self.admin_site.admin_view(self.gift_view)
        return [path("gift/", gift, name="payments_fundentry_gift"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The movements under what each fund holds."""
        codes = list(AidFund.objects.order_by("currency").values_list("currency", flat=True))
        figures = {
            "funds": [
                (code, services.fund_balance(code), services.given_so_far(code))
                for code in codes or services.currencies_in_use()[:1]
            ],
            "is_office": is_office(request),
        }
        return super().changelist_view(request, figures | (extra_context or {}))

    def gift_view(self, request: HttpRequest) -> HttpResponse:
        """Book a gift from outside; the office's."""
        if not is_office(request):
            raise PermissionDenied
        currencies = services.currencies_in_use()
        form = GiftForm(request.POST or None, currencies=currencies)
        if request.method == "POST" and form.is_valid():
            try:
                services.add_gift(
                    cents=form.cleaned_data["cents"],
                    currency=form.cleaned_data["currency"],
                    reason=form.cleaned_data["reason"],
                    by=request.user,  # type: ignore[arg-type]
                )
            except Refusal as refusal:
                form.add_error(None, str(refusal.sentence))
            else:
                messages.success(request, _("The gift is in the fund."))
                return redirect("admin:payments_fundentry_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Add a gift to the aid fund"),
            "form": form,
            "held": [(code, services.fund_balance(code)) for code in currencies],
        }
        return render(request, "admin/payments/fundentry/gift.html", context)
