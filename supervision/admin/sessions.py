"""The ledger as the office sees it: facts, and the discussions in which it mediates."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.admin.pages import acting, page
from scip.access.admin import StaffModelAdmin
from scip.requirements import Refusal
from supervision.admin.losses import UnansweredFilter
from supervision.forms.sessions import SettleForm
from supervision.models import SupervisionSession
from supervision.services.losses import settle_unanswered
from supervision.services.sessions import settle_dispute


@admin.register(SupervisionSession)
class SupervisionSessionAdmin(StaffModelAdmin):
    """Read an entry; settle one that two people remember differently."""

    list_display = ("candidate", "supervisor", "kind", "started_at", "minutes", "state")
    list_filter = ("state", UnansweredFilter, "kind")
    list_select_related = ("candidacy__user", "supervisor__user")
    search_fields = (
        "candidacy__user__name",
        "candidacy__user__email",
        "supervisor__user__name",
        "supervisor__user__email",
    )
    search_help_text = _("Name or e-mail address of either")
    ordering = ("-started_at", "-pk")
    change_form_template = "supervision/admin/session_change.html"
    # What the two talk about (focus, feedback, ratings) is not the office's.
    fields = (
        "candidate",
        "supervisor",
        "kind",
        "started_at",
        "minutes",
        "state",
        "logged_at",
        "logged_by",
        "confirmed_at",
        "confirmed_by",
        "disputed_at",
        "disputed_by",
        "dispute_reason",
        "corrects",
        "correction_reason",
        "set_aside_at",
        "set_aside_by",
        "office_reason",
    )
    readonly_fields = ("candidate", "minutes")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SupervisionSession]:
        rows: QuerySet[SupervisionSession] = super().get_queryset(request)
        return rows.select_related(
            "candidacy__user", "candidacy__edition", "supervisor__user", "agreement"
        )

    @admin.display(description=_("candidate"), ordering="candidacy__user__name")
    def candidate(self, row: SupervisionSession) -> str:
        return str(row.candidacy.user)

    @admin.display(description=_("minutes"))
    def minutes(self, row: SupervisionSession) -> int:
        return row.minutes

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/settle/",
                wrap(self.settle_view),
                name="supervision_supervisionsession_settle",
            ),
            *super().get_urls(),
        ]

    def settle_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """After talking with both, or with the one who is left: it stands, or it is set aside."""
        by = acting(self, request)
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        waiting = SupervisionSession.objects.left_unanswered(timezone.now())
        is_unanswered = waiting.filter(pk=pk).exists()
        settle = settle_dispute if row.state == row.State.DISPUTED else settle_unanswered
        form = SettleForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                settle(
                    row, by=by, is_held="stands" in request.POST, reason=form.cleaned_data["reason"]
                )
            except Refusal as refusal:
                form.add_error(None, str(refusal.sentence))
            else:
                messages.success(request, _("Settled; your reason is in the letter."))
                return redirect("admin:supervision_supervisionsession_change", pk)
        return page(
            self,
            request,
            row,
            "supervision/admin/session_settle.html",
            title=_("Settle"),
            form=form,
            is_unanswered=is_unanswered,
            record=SupervisionSession.objects.filter(candidacy=row.candidacy_id)
            .standing()
            .select_related("supervisor__user"),
        )
