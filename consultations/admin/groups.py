"""Topics and groups of Level B, edited by the office."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.models import Enrolment
from consultations.models import Group, Topic
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


class DecisionFilter(admin.SimpleListFilter):
    """Groups that have too few people when it is decided whether they run."""

    title = _("people")
    parameter_name = "people"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("few", _("Too few, to be decided"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "few":
            return queryset
        found: QuerySet[Any] = queryset.to_decide(timezone.localdate())  # type: ignore[attr-defined]
        return found


@admin.register(Group)
class GroupAdmin(StaffModelAdmin):
    """A cohort of Level B becomes a group with its topic; dates, prices and people are the
    cohort's."""

    may_add = True
    may_change = True
    list_display = ("cohort", "topic", "people", "minimum", "decides_on", "standing")
    list_filter = (DecisionFilter, "topic", "cohort__state")
    search_fields = ("cohort__title", "topic__name")
    list_select_related = ("cohort", "topic")
    ordering = ("-cohort__starts_on", "pk")
    fields = ("cohort", "topic", "minimum", "decides_on", "cases_per_session")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        taking_part = Q(cohort__enrolments__state__in=Enrolment.TAKING_PART)
        rows: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = rows.annotate(
            taking_part=Count("cohort__enrolments", filter=taking_part)
        )
        return counted

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The cohort is chosen once."""
        return ("cohort",) if obj else ()

    @admin.display(description=_("people"))
    def people(self, group: Any) -> int:
        return int(group.taking_part)

    @admin.display(description=_("state"))
    def standing(self, group: Group) -> str:
        return str(group.cohort.get_state_display())
