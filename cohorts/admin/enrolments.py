"""Places: who takes part in what, and how each person stands."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from cohorts.admin.pages import acting, page, refused
from cohorts.forms.cohorts import PromiseForm
from cohorts.grid import state_of, words_of
from cohorts.models import Enrolment
from cohorts.queries.roster import attendance_evidence
from cohorts.requirements.attendance import attendance_findings
from cohorts.services.places import promise_place
from scip import formats
from scip.access.admin import StaffModelAdmin
from scip.requirements import Refusal


@admin.register(Enrolment)
class EnrolmentAdmin(StaffModelAdmin):
    """Read here; attendance is marked on the roster, absences are decided in their queue."""

    list_display = ("user", "cohort", "state", "confirmed_at", "pay_by", "completed_at")
    list_filter = ("state", "cohort__level", "cohort")
    list_select_related = ("user", "cohort")
    search_fields = ("user__name", "user__email", "cohort__title")
    search_help_text = _("Name, e-mail address or cohort")
    ordering = ("-id",)
    change_form_template = "cohorts/admin/enrolment_change.html"
    fields = (
        "user",
        "cohort",
        "state",
        "standing",
        "sessions",
        "application",
        "offer",
        "charge",
        "created_at",
        "pay_by",
        "confirmed_at",
        "promised_at",
        "promised_by",
        "promise_reason",
        "completed_at",
        "withdrawn_at",
        "lapsed_at",
    )
    readonly_fields = fields

    @admin.display(description=_("attendance, as the person reads it"))
    def standing(self, enrolment: Enrolment) -> str:
        evidence = attendance_evidence([enrolment.pk])[enrolment.pk]
        (finding,) = attendance_findings(evidence, as_of=timezone.now())
        return f"{finding.found} {finding.needed} {finding.next_step}"

    @admin.display(description=_("sessions"))
    def sessions(self, enrolment: Enrolment) -> SafeString:
        evidence = attendance_evidence([enrolment.pk])[enrolment.pk]
        now = timezone.now()
        return format_html_join(
            "",
            "<div>{}: {}, {}</div>",
            (
                (
                    item.number,
                    formats.moment(item.starts_at, enrolment.cohort.time_zone),
                    words_of(item, state_of(item, evidence.present_percent, now)),
                )
                for item in evidence.sessions
            ),
        )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/promise/", wrap(self.promise_view), name="cohorts_enrolment_promise"),
            *super().get_urls(),
        ]

    def promise_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Confirm a place before its payment, with what the office relies on."""
        by = acting(self, request)
        rows: Any = self.get_queryset(request)
        enrolment = get_object_or_404(rows.select_related("user", "cohort"), pk=pk)
        form = PromiseForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                promise_place(enrolment, by=by, reason=form.cleaned_data["reason"])
                messages.success(request, _("The place is confirmed. The person is told."))
                return redirect("admin:cohorts_enrolment_change", pk)
            except Refusal as refusal:
                refused(request, refusal)
        return page(
            self,
            request,
            enrolment,
            "cohorts/admin/enrolment_promise.html",
            title=_("Confirm before payment"),
            form=form,
        )
