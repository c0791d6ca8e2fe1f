"""The office's view of agreements: who is with whom, on which text; what is between them stays."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from cohorts.admin.pages import acting, page
from scip.access.admin import StaffModelAdmin
from scip.formats import money, zone_name
from scip.requirements import Refusal
from supervision.admin.losses import LetterFilter
from supervision.forms.agreements import EndForm
from supervision.forms.sessions import OfficeLogForm
from supervision.models import Agreement
from supervision.queries.agreements import versions_of, with_people
from supervision.queries.sessions import evidence_of
from supervision.requirements.ledger import ledger_findings
from supervision.services.agreements import end_agreement
from supervision.services.sessions import log_for_two

# How long a session usually is; the office changes it.
USUAL_MINUTES = 60


@admin.register(Agreement)
class AgreementAdmin(StaffModelAdmin):
    """Read; end one where the two can't."""

    list_display = ("candidate", "supervisor", "state", "active_at", "completed_at", "ended_at")
    list_filter = ("state", LetterFilter)
    list_select_related = ("candidacy__user", "supervisor__user")
    search_fields = (
        "candidacy__user__name",
        "candidacy__user__email",
        "supervisor__user__name",
        "supervisor__user__email",
    )
    search_help_text = _("Name or e-mail address of either")
    ordering = ("-created_at", "-pk")
    change_form_template = "supervision/admin/agreement_change.html"
    fields = (
        "candidate",
        "supervisor",
        "state",
        "text",
        "created_at",
        "active_at",
        "completed_at",
        "ended_at",
        "ended_by",
        "end_reason",
        "farewell",
    )
    readonly_fields = ("candidate", "text")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agreement]:
        rows: QuerySet[Agreement] = super().get_queryset(request)
        return with_people(rows)

    @admin.display(description=_("candidate"), ordering="candidacy__user__name")
    def candidate(self, row: Agreement) -> str:
        return str(row.candidacy.user)

    @admin.display(description=_("text"))
    def text(self, row: Agreement) -> SafeString:
        """The newest version with its rate and its file."""
        newest = next(iter(versions_of(row)), None)
        if newest is None:
            return SafeString("–")
        return format_html(
            '<a href="{}">{}</a>, {}',
            reverse("supervision:agreement_pdf", args=[row.pk, newest.number]),
            _("Version %(number)s (PDF)") % {"number": newest.number},
            money(newest.rate_cents, newest.currency),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The agreement with where the ledger stands."""
        row = self.get_object(request, object_id)
        edition = row.candidacy.edition if row else None
        findings = (
            ledger_findings(evidence_of(row.candidacy), edition=edition) if row and edition else ()
        )
        return super().change_view(
            request, object_id, form_url, (extra_context or {}) | {"findings": findings}
        )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/end/", wrap(self.end_view), name="supervision_agreement_end"),
            path("<int:pk>/log/", wrap(self.log_view), name="supervision_agreement_log"),
            *super().get_urls(),
        ]

    def log_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Enter a session that the two can't enter themselves; both get a letter."""
        by = acting(self, request)
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        form = OfficeLogForm(request.POST or None, initial={"minutes": USUAL_MINUTES})
        if request.method == "POST" and form.is_valid():
            try:
                session = log_for_two(row, form.held, by=by, reason=form.cleaned_data["reason"])
            except Refusal as refusal:
                form.add_error(None, str(refusal.sentence))
            else:
                messages.success(request, _("Entered; both get a letter, one of them confirms it."))
                return redirect("admin:supervision_supervisionsession_change", session.pk)
        return page(
            self,
            request,
            row,
            "supervision/admin/agreement_log.html",
            title=_("Enter a session for the two"),
            form=form,
            zone=zone_name(timezone.get_current_timezone_name()),
        )

    def end_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """End an agreement on behalf of the two; both get a letter."""
        by = acting(self, request)
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        form = EndForm(request.POST or None, instance=Agreement(pk=row.pk))
        if request.method == "POST" and form.is_valid():
            words = form.cleaned_data
            try:
                end_agreement(row, by=by, reason=words["end_reason"], farewell=words["farewell"])
            except Refusal as refusal:
                form.add_error(None, str(refusal.sentence))
            else:
                messages.success(request, _("Ended; both get a letter."))
                return redirect("admin:supervision_agreement_change", pk)
        return page(
            self,
            request,
            row,
            "supervision/admin/agreement_end.html",
            title=_("End the agreement"),
            form=form,
        )
