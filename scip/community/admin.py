"""The office's part: affinity spaces by name and host, and reported posts; never who is in."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from scip.access.admin import StaffModelAdmin
from scip.accounts.models import Role, User
from scip.audit.services import record
from scip.community import services
from scip.community.forms import HideForm
from scip.community.models import AffinitySpace, Post, Report
from scip.requirements import Refusal


@admin.register(AffinitySpace)
class AffinitySpaceAdmin(StaffModelAdmin):
    """Name, description and host. Members and conversations have no page here."""

    may_add = True
    may_change = True
    list_display = ("name", "host", "is_open")
    list_filter = ("is_open",)
    list_select_related = ("host",)
    search_fields = ("name",)
    fields = ("name", "description", "host", "is_open")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "host":
            faculty = User.objects.holding(Role.FACILITATOR).order_by("name", "pk")
            kwargs["queryset"] = User.objects.filter(pk__in=faculty) | User.objects.filter(
                hosted_spaces__isnull=False
            )
            kwargs["queryset"] = kwargs["queryset"].distinct().order_by("name", "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: AffinitySpace, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        record("affinityspace.edited" if change else "affinityspace.opened", obj, by=request.user)


class DecideForm(HideForm):
    """Why a reported post is hidden; keeping it needs no reason."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].widget.attrs["class"] = "vLargeTextField"
        self.fields["reason"].required = False


@admin.register(Report)
class ReportAdmin(StaffModelAdmin):
    """Posts that somebody asked the office to look at."""

    list_display = ("thread_title", "state", "reported_at")
    list_filter = ("state",)
    ordering = ("-reported_at", "-pk")
    change_form_template = "community/admin/report_change.html"
    fields = (
        "thread_title",
        "state",
        "reason",
        "reported_at",
        "kept_at",
        "upheld_at",
        "released_at",
    )
    readonly_fields = ("thread_title",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        rows: QuerySet[Report] = super().get_queryset(request)
        return rows.select_related("post__thread")

    @admin.display(description=_("conversation"))
    def thread_title(self, report: Report) -> str:
        return report.post.thread.title

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(self.decide_view)
        return [
            path("<int:pk>/decide/", decide, name="community_report_decide"),
            *super().get_urls(),
        ]

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Read the post; keep it, hide it with a reason that its author reads, show it again."""
        if not self.opens_for(request):
            raise PermissionDenied
        report = get_object_or_404(self.get_queryset(request), pk=pk)
        form = DecideForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                self.act(request, report, form)
            except Refusal as refusal:
                messages.error(request, str(refusal.sentence))
            except forms.ValidationError as missing:
                form.add_error("reason", missing)
            else:
                messages.success(request, _("It is decided."))
                return redirect("admin:community_report_changelist")
        return render(
            request,
            "community/admin/report_decide.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": report,
                "title": _("Look at the post"),
                "form": form,
            },
        )

    def act(self, request: HttpRequest, report: Report, form: DecideForm) -> None:
        """Do what the pressed button says. Raises Refusal, ValidationError without a reason."""
        if "keep" in request.POST:
            services.keep_post(report, by=request.user)
        elif "hide" in request.POST:
            if not form.cleaned_data["reason"]:
                raise forms.ValidationError(_("Its author needs to read why."))
            services.uphold_report(report, reason=form.cleaned_data["reason"], by=request.user)
        elif "show" in request.POST:
            post = services.release_post(report, by=request.user)
            if post.state == Post.State.HIDDEN:
                messages.info(
                    request, _("A facilitator of the space hid it too; now they can show it again.")
                )
        else:
            raise Refusal(_("Please press one of the buttons. Nothing was changed."))
