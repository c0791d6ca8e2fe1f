"""Offers, to look at: what is held for whom, until when."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from cohorts.models import Offer
from scip.access.admin import StaffModelAdmin
from scip.formats import money


@admin.register(Offer)
class OfferAdmin(StaffModelAdmin):
    """Offers are made and taken back on the application's page."""

    list_display = ("person", "cohort", "amount", "state", "made_at", "expires_at", "page")
    list_filter = ("state", "is_from_waiting_list", "application__cohort")
    list_select_related = ("application__user", "application__cohort")
    search_fields = ("application__user__name", "application__user__email")
    search_help_text = _("Name or e-mail address")
    ordering = ("expires_at", "pk")
    fields = (
        "person",
        "page",
        "tier",
        "list_price",
        "aid",
        "amount",
        "is_from_waiting_list",
        "order_reason",
        "made_at",
        "made_by",
        "expires_at",
        "state",
        "accepted_at",
        "declined_at",
        "lapsed_at",
    )
    readonly_fields = fields

    @admin.display(description=_("list price"))
    def list_price(self, row: Offer) -> str:
        return money(row.list_cents, row.currency)

    @admin.display(description=_("aid taken off"))
    def aid(self, row: Offer) -> str:
        return money(row.aid_cents, row.currency)

    @admin.display(description=_("person"), ordering="application__user__name")
    def person(self, row: Offer) -> str:
        return str(row.application.user)

    @admin.display(description=_("cohort"))
    def cohort(self, row: Offer) -> str:
        return str(row.application.cohort)

    @admin.display(description=_("to pay"))
    def amount(self, row: Offer) -> str:
        return money(row.amount_cents, row.currency)

    @admin.display(description=_("application"))
    def page(self, row: Offer) -> SafeString:
        address = reverse("admin:cohorts_application_change", args=[row.application_id])
        return format_html('<a href="{}">{}</a>', address, _("Open"))
