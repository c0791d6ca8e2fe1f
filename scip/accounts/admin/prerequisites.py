"""The queue of evidence: facts, the document, and what to do with it."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from scip.access.admin import StaffModelAdmin
from scip.accounts import emails, services
from scip.accounts.forms import ReturnForm
from scip.accounts.models import Prerequisite, User
from scip.accounts.queries import describe
from scip.requirements import Refusal


class WaitingFilter(admin.SimpleListFilter):
    """How long a record waits for the office."""

    title = _("waiting")
    parameter_name = "waiting"
    days: ClassVar[dict[str, int]] = {"2": 2, "7": 7, "14": 14}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("2", _("more than two days")),
            ("7", _("more than a week")),
            ("14", _("more than two weeks")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Prerequisite]
    ) -> QuerySet[Prerequisite]:
        days = self.days.get(self.value() or "")
        if days is None:
            return queryset
        return queryset.waiting_for_staff().filter(  # type: ignore[attr-defined, no-any-return]
            submitted_at__lt=timezone.now() - timedelta(days=days)
        )


@admin.register(Prerequisite)
class PrerequisiteAdmin(StaffModelAdmin):
    """Facts are read here and changed by the person; the office verifies or returns."""

    list_display = ("user", "kind", "what", "state", "submitted_at", "waits", "expires_on")
    list_filter = ("state", WaitingFilter, "kind")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email", "number")
    search_help_text = _("Name, e-mail address or licence number")
    ordering = ("submitted_at", "pk")
    change_form_template = "accounts/admin/prerequisite_change.html"
    fields = (
        "user",
        "kind",
        "state",
        "standing",
        "number",
        "jurisdiction",
        "institution",
        "msc_format",
        "completed_on",
        "teacher",
        "insurer",
        "practice_setting",
        "expires_on",
        "submitted_at",
        "verified_at",
        "verified_by",
        "returned_at",
        "returned_by",
        "return_reason",
    )

    @admin.display(description=_("what"))
    def what(self, row: Prerequisite) -> str:
        return describe(row)

    @admin.display(description=_("waits"))
    def waits(self, row: Prerequisite) -> str:
        return timesince(row.submitted_at) if row.state == Prerequisite.State.SUBMITTED else ""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only the facts that this kind has."""
        if obj is None:
            return self.fields
        facts = frozenset().union(*services.FIELDS.values())
        mine = services.FIELDS[obj.kind]
        return tuple(name for name in self.fields if name not in facts or name in mine)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/verify/", wrap(self.verify_view), name="accounts_prerequisite_verify"),
            path("<int:pk>/return/", wrap(self.return_view), name="accounts_prerequisite_return"),
            *super().get_urls(),
        ]

    def acting(self, request: HttpRequest) -> User:
        """The person of the office who acts; PermissionDenied for anybody else."""
        if not self.opens_for(request) or not isinstance(request.user, User):
            raise PermissionDenied
        return request.user

    def verify_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Show the letter, then verify and send it."""
        by = self.acting(request)
        row = get_object_or_404(self.get_queryset(request).select_related("user"), pk=pk)
        if request.method == "POST":
            try:
                services.verify_prerequisite(row, by=by)
            except Refusal as refusal:
                messages.error(request, str(refusal.sentence))
                return redirect("admin:accounts_prerequisite_change", pk)
            messages.success(request, _("Verified. The letter is on its way."))
            return redirect("admin:accounts_prerequisite_changelist")
        return self.page(request, row, _("Verify"), draft=emails.verified_draft(row))

    def return_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Ask for the reason, show the letter with it, then return and send it."""
        by = self.acting(request)
        row = get_object_or_404(self.get_queryset(request).select_related("user"), pk=pk)
        form = ReturnForm(request.POST or None)
        draft = None
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            if "send" in request.POST:
                try:
                    services.return_prerequisite(row, by=by, reason=reason)
                except Refusal as refusal:
                    messages.error(request, str(refusal.sentence))
                    return redirect("admin:accounts_prerequisite_change", pk)
                messages.success(request, _("Returned. The letter is on its way."))
                return redirect("admin:accounts_prerequisite_changelist")
            draft = emails.returned_draft(row, reason)
        return self.page(request, row, _("Return with a reason"), form=form, draft=draft)

    def page(
        self, request: HttpRequest, row: Prerequisite, title: Any, **context: Any
    ) -> HttpResponse:
        return render(
            request,
            "accounts/admin/prerequisite_decide.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.model._meta,
                "original": row,
                "what": describe(row),
                "title": title,
                **context,
            },
        )
