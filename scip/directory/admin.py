"""The directory in the office's hands: listings, reports of them, and what graduates offer."""

from copy import copy
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from scip.access.admin import StaffModelAdmin
from scip.accounts.admin.deciding import Data, DecidingAdmin, Decision
from scip.accounts.languages import language_names
from scip.accounts.models import User
from scip.community.forms.text import ParagraphsField
from scip.directory import emails
from scip.directory.models import GraduateInterest, Listing, ListingReport
from scip.directory.queries.wording import place_of, population_names, topic_names
from scip.directory.services import listings, visitors
from scip.mail.services import Draft
from scip.requirements import Refusal


class HoldForm(forms.Form):
    """Why the office hides a listing."""

    reason = ParagraphsField(
        label=_("Reason"),
        max_length=1500,
        rows=4,
        help_text=_("The person reads it, in the letter and on their page. What is asked for?"),
    )


def held_letter(listing: Listing, data: Data, by: User) -> Draft:
    planned = copy(listing)
    planned.hold_reason = data["reason"]
    return emails.held_draft(planned)


DECISIONS = {
    "hide": Decision(
        title=_("Hide it, with a reason"),
        done=_("Hidden; the letter is on its way."),
        form=lambda _row, data: HoldForm(data),
        is_possible=lambda row: not row.is_held,
        draft=held_letter,
        act=lambda row, data, by: listings.hold(row, by=by, **data),
    ),
    "release": Decision(
        title=_("Let it be published again"),
        done=_("Settled; the letter is on its way."),
        is_possible=lambda row: row.is_held,
        draft=lambda row, _data, _by: emails.released_draft(row),
        act=lambda row, _data, by: listings.release(row, by=by),
    ),
}


class ListedFilter(admin.SimpleListFilter):
    """What the public sees now: published, and the certification in force."""

    title = _("in the directory")
    parameter_name = "listed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("yes")), ("no", _("no"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"yes", "no"}:
            return queryset
        return queryset.filter(is_listed=self.value() == "yes")


class HeldFilter(admin.SimpleListFilter):
    """Hidden by the office, with its reason."""

    title = _("hidden by the office")
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.exclude(hold_reason="") if self.value() == "yes" else queryset


@admin.register(Listing)
class ListingAdmin(DecidingAdmin):
    """Listings are written by their owners; the office may hide one and say why."""

    decisions = DECISIONS
    list_display = ("name", "place", "state", "listed", "is_held", "confirmed_at")
    list_filter = (ListedFilter, HeldFilter, "state")
    search_fields = ("name", "user__email", "city")
    search_help_text = _("Name, e-mail address or city")
    ordering = ("sort_name", "id")
    fields: ClassVar[Any] = (
        "name",
        "suffix",
        "person",
        "public_page",
        "state",
        "place",
        "tells",
        "website",
        "confirmed_at",
        "published_at",
        "hidden_at",
        "hidden_by",
        "hold_reason",
    )
    readonly_fields = ("person", "public_page", "place", "tells")
    change_form_template = "directory/admin/listing.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        listed = Listing.objects.listed().filter(pk=OuterRef("pk"))
        rows = super().get_queryset(request).defer("withheld", "words", "short_text", "lexemes")
        annotated: QuerySet[Any] = rows.annotate(is_listed=Exists(listed))
        return annotated

    @admin.display(description=_("place"), ordering="country")
    def place(self, row: Listing) -> str:
        return place_of(row.city, row.region, str(row.country))

    @admin.display(description=_("in the directory"), boolean=True)
    def listed(self, row: Any) -> bool:
        return bool(row.is_listed)

    @admin.display(description=_("hidden by the office"), boolean=True)
    def is_held(self, row: Listing) -> bool:
        return row.is_held

    @admin.display(description=_("person"))
    def person(self, row: Listing) -> str:
        page = reverse("admin:accounts_user_change", args=[row.user_id])
        return format_html('<a href="{}">{}</a>', page, row.user)

    @admin.display(description=_("tells"))
    def tells(self, row: Listing) -> str:
        """Languages, themes and groups of clients: what of them is shown."""
        words = [
            *language_names(row.languages),
            *topic_names(row.topics),
            *population_names(row.populations),
        ]
        return ", ".join(words) or "–"

    @admin.display(description=_("public page"))
    def public_page(self, row: Listing) -> str:
        page = reverse("directory:detail", args=[row.slug])
        return format_html('<a href="{}">{}</a>', page, page)


@admin.register(ListingReport)
class ReportAdmin(StaffModelAdmin):
    """What visitors think is not right. Hiding a listing happens on the listing's own page."""

    list_display = ("listing", "beginning", "state", "reported_at", "settled_by")
    list_filter = ("state",)
    list_select_related = ("listing", "settled_by")
    search_fields = ("listing__name", "words")
    ordering = ("-id",)
    fields = ("listing_page", "words", "email", "reported_at", "state", "settled_at", "settled_by")
    readonly_fields = ("listing_page",)
    actions = ("settle",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("listing")

    @admin.display(description=_("listing"))
    def listing_page(self, row: ListingReport) -> str:
        page = reverse("admin:directory_listing_change", args=[row.listing_id])
        return format_html('<a href="{}">{}</a>', page, row.listing)

    @admin.display(description=_("begins"))
    def beginning(self, row: ListingReport) -> str:
        words = " ".join(row.words.split())
        return f"{words[:70]}…" if len(words) > 70 else words

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return self.opens_for(request)

    @admin.action(description=_("Note as settled"), permissions=["settle"])
    def settle(self, request: HttpRequest, queryset: QuerySet[ListingReport]) -> None:
        done = 0
        for row in queryset:
            try:
                visitors.settle_report(row, by=request.user)  # type: ignore[arg-type]
                done += 1
            except Refusal as refusal:
                self.message_user(request, f"{row}: {refusal.sentence}", messages.WARNING)
        if done:
            said = ngettext("{count} report settled.", "{count} reports settled.", done)
            self.message_user(request, said.format(count=done), messages.SUCCESS)


@admin.register(GraduateInterest)
class InterestAdmin(StaffModelAdmin):
    """Certified people who would like to facilitate or to mentor."""

    list_display = ("user", "would_facilitate", "would_mentor", "updated_at")
    list_filter = ("would_facilitate", "would_mentor")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")
    search_help_text = _("Name or e-mail address")
    ordering = ("-updated_at",)
    fields = ("user", "would_facilitate", "would_mentor", "note", "updated_at")
