"""Topics of Level B, edited by the office."""

from django.contrib import admin

from consultations.models import Topic
from scip.access.admin import StaffModelAdmin


@admin.register(Topic)
class TopicAdmin(StaffModelAdmin):
    """What groups are about; one that is no longer offered is hidden, never deleted."""

    may_add = True
    may_change = True
    list_display = ("name", "position", "is_offered")
    list_editable = ("position", "is_offered")
    list_filter = ("is_offered",)
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
