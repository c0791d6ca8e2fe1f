"""The log as the office reads it: found by person, action or object; never changed."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from scip.access.admin import StaffModelAdmin
from scip.access.confidential import shown_to
from scip.audit.models import Entry


@admin.register(Entry)
class EntryAdmin(StaffModelAdmin):
    """Entries, newest first. A number alone finds a person or an object."""

    change_list_template = "console/log.html"
    list_display = ("at", "action", "object_type", "object_id", "subject_id", "actor_id")
    list_display_links = ("at",)
    list_filter = ("object_type", "at")
    search_fields = ("action",)
    search_help_text = _("An action such as offer.accepted, or the number of a person or object.")
    ordering = ("-id",)
    fields = ("at", "action", "object_type", "object_id", "subject_id", "actor_id", "data")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return shown_to(request.user, super().get_queryset(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Numbers are ids of people or objects; words are actions from their beginning."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.isdecimal() and len(term) < 19:
            number = int(term)
            found = (
                queryset.filter(subject_id=number)
                | queryset.filter(actor_id=number)
                | queryset.filter(object_id=term)
            )
            return found, False
        return queryset.filter(action__startswith=term.lower()), False
