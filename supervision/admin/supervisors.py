"""The office's pages: who applies, who is approved and until when."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.access.admin import StaffModelAdmin
from scip.accounts.models import User
from scip.mail.services import Draft
from scip.requirements import Refusal
from supervision.admin.acts import ACTS, Act
from supervision.models import Approval, Supervisor, SupervisorApplication


class ActingAdmin(StaffModelAdmin):
    """Pages on which the office fills something in, reads the letter, and sends it."""

    def acting(self, request: HttpRequest) -> User:
        """The person of the office who acts; PermissionDenied for anybody else."""
        if not self.opens_for(request) or not isinstance(request.user, User):
            raise PermissionDenied
        return request.user

    def possible(self, row: Any) -> list[Act]:
        """What can be done with this row now."""
        return [act for act in ACTS.values() if act.model is self.model and act.is_possible(row)]

    def act_view(self, request: HttpRequest, verb: str, pk: int | None = None) -> HttpResponseBase:
        """Fill in, look at the letter as it will go, then send."""
        by = self.acting(request)
        act = ACTS.get(verb)
        if act is None or act.model is not self.model:
            raise Http404
        row = get_object_or_404(self.get_queryset(request), pk=pk) if pk is not None else None
        back = self.list_or_row(pk)
        if row is not None and not act.is_possible(row):
            messages.warning(request, _("This has moved on; here is where it stands."))
            return redirect(back)
        form = act.form(request.POST or None)
        draft: Draft | None = None
        if request.method == "POST" and form.is_valid():
            try:
                if "send" in request.POST:
                    act.act(row, form.cleaned_data, by)
                    messages.success(request, str(act.done))
                    return redirect(back)
                draft = act.preview(row, form.cleaned_data, by)
            except Refusal as refusal:
                form.add_error(None, str(refusal.sentence))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": act.title,
            "original": row,
            "form": form,
            "draft": draft,
            "back_url": back,
            "list_url": self.list_or_row(None),
        }
        return render(request, "supervision/admin/act.html", context)

    def list_or_row(self, pk: int | None) -> str:
        stem = f"admin:supervision_{self.model._meta.model_name}"
        return (
            reverse(f"{stem}_change", args=[pk])
            if pk is not None
            else reverse(f"{stem}_changelist")
        )

    def row_of(self, request: HttpRequest, object_id: str) -> Any:
        """The row of a page; PermissionDenied for others than the office, 404 if unknown."""
        self.acting(request)
        if not object_id.isdecimal():
            raise Http404
        return get_object_or_404(self.get_queryset(request).select_related("user"), pk=object_id)

    def own_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": str(row),
            "original": row,
            "acts": self.possible(row),
        }


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
class SupervisorAdmin(ActingAdmin):
    """Supervisors write their pages themselves; the office gives and ends approvals."""

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
        wrap = self.admin_site.admin_view
        return [
            path("invite/", wrap(self.invite_view), name="supervision_supervisor_invite"),
            path(
                "<int:pk>/<slug:verb>/do/",
                wrap(self.act_view),
                name="supervision_supervisor_act",
            ),
            *super().get_urls(),
        ]

    def invite_view(self, request: HttpRequest) -> HttpResponseBase:
        """Invite somebody who has an account."""
        return self.act_view(request, "invite")

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
class SupervisorApplicationAdmin(ActingAdmin):
    """Applications are written by people and decided here; drafts are their writers' alone."""

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

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/<slug:verb>/do/",
                wrap(self.act_view),
                name="supervision_supervisorapplication_act",
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The texts, and the decision; the texts of an invitation show once they are sent."""
        application = self.row_of(request, object_id)
        context = self.own_context(request, application) | {"application": application}
        return render(request, "supervision/admin/application.html", context)
