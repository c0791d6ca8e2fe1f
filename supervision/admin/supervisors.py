"""The office's pages: who applies, who is approved and until when."""

from typing import Any

from django.contrib import admin
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.accounts.admin.deciding import DecidingAdmin
from supervision.admin.acts import APPLICATION_DECISIONS, INVITATION, SUPERVISOR_DECISIONS
from supervision.models import Approval, Supervisor, SupervisorApplication


class ApprovedFilter(admin.SimpleListFilter):
    """Where the approval stands."""

    title = _("approval")
    parameter_name = "approval"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", _("in force")), ("none", _("not in force"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        approved = Supervisor.objects.approved().values("pk")
        if self.value() == "now":
            return queryset.filter(pk__in=approved)
        return queryset.exclude(pk__in=approved) if self.value() == "none" else queryset


@admin.register(Supervisor)
class SupervisorAdmin(DecidingAdmin):
    """Supervisors write their pages themselves; the office gives and ends approvals."""

    decisions = SUPERVISOR_DECISIONS

    list_display = ("person", "until", "in_directory", "is_accepting", "updated_at")
    list_filter = (ApprovedFilter, "is_listed", "is_accepting")
    search_fields = ("user__name", "user__email")
    search_help_text = _("Name or e-mail address")
    ordering = ("user__name", "pk")
    change_list_template = "supervision/admin/supervisor_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        today = timezone.localdate()
        in_force = Q(approvals__from_on__lte=today) & (
            Q(approvals__until_on=None) | Q(approvals__until_on__gt=today)
        )
        rows = super().get_queryset(request).select_related("user")
        annotated: QuerySet[Any] = rows.annotate(
            in_force_since=Max("approvals__from_on", filter=in_force),
            in_force_until=Max("approvals__until_on", filter=in_force),
        )
        return annotated

    @admin.display(description=_("person"), ordering="user__name")
    def person(self, row: Supervisor) -> str:
        return str(row)

    @admin.display(description=_("in the directory"), boolean=True, ordering="is_listed")
    def in_directory(self, row: Supervisor) -> bool:
        return row.is_listed

    @admin.display(description=_("approved until"), ordering="in_force_until")
    def until(self, row: Any) -> Any:
        if row.in_force_since is None:
            return _("not in force")
        return row.in_force_until or _("open")

    def get_urls(self) -> list[URLPattern]:
        invite = self.admin_site.admin_view(self.invite_view)
        own = path("invite/", invite, name="supervision_supervisor_invite")
        return [own, *super().get_urls()]

    def invite_view(self, request: HttpRequest) -> HttpResponseBase:
        """Invite somebody, with an account or not."""
        return self.decide(request, INVITATION, None, self.acting(request))

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Approvals with their history, and what can be done."""
        supervisor = self.row_of(request, object_id)
        approvals = Approval.objects.visible_to(request.user).filter(supervisor=supervisor)
        context = {
            **self.own_context(request, supervisor),
            "supervisor": supervisor,
            "approvals": approvals.select_related("approved_by", "ended_by").order_by("-from_on"),
            "applications": SupervisorApplication.objects.visible_to(request.user)
            .filter(user=supervisor.user_id)
            .order_by("-pk"),
        }
        return render(request, "supervision/admin/supervisor.html", context)


@admin.register(SupervisorApplication)
class SupervisorApplicationAdmin(DecidingAdmin):
    """Applications are written by people and decided here; drafts are their writers' alone."""

    decisions = APPLICATION_DECISIONS

    list_display = ("person", "state", "submitted_at", "is_invited")
    list_filter = ("state",)
    search_fields = ("user__name", "user__email")
    search_help_text = _("Name or e-mail address")
    ordering = ("submitted_at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        sent = Q(submitted_at__isnull=False) | Q(invited_at__isnull=False)
        return super().get_queryset(request).filter(sent).select_related("user", "invited_by")

    @admin.display(description=_("person"), ordering="user__name")
    def person(self, row: SupervisorApplication) -> str:
        return str(row)

    @admin.display(description=_("invited"), boolean=True)
    def is_invited(self, row: SupervisorApplication) -> bool:
        return row.invited_at is not None

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The texts, and the decision; the texts of an invitation show once they are sent."""
        application = self.row_of(request, object_id)
        context = self.own_context(request, application) | {"application": application}
        return render(request, "supervision/admin/application.html", context)
