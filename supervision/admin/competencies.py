"""The framework of an edition: competencies and the words of the scale."""

from django.contrib import admin

from scip.access.admin import StaffModelAdmin
from supervision.models import Competency, DevelopmentalLevel


@admin.register(Competency)
class CompetencyAdmin(StaffModelAdmin):
    """Wording may change; a new edition may name others."""

    may_add = True
    may_change = True
    list_display = ("name", "short_name", "edition", "number")
    list_filter = ("edition",)
    list_select_related = ("edition",)
    search_fields = ("name",)
    ordering = ("-edition__in_force_from", "number")


@admin.register(DevelopmentalLevel)
class DevelopmentalLevelAdmin(StaffModelAdmin):
    """Words, not marks."""

    may_add = True
    may_change = True
    list_display = ("word", "description", "edition", "position")
    list_filter = ("edition",)
    list_select_related = ("edition",)
    search_fields = ("word",)
    ordering = ("-edition__in_force_from", "position")
