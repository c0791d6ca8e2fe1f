"""The queue of absence exceptions."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from cohorts.admin.pages import acting, page, refused
from cohorts.forms.cohorts import DecisionForm, MakeUpTaskForm
from cohorts.models import AbsenceException, ExceptionComment
from cohorts.queries.roster import attendance_evidence, waiting_since
from cohorts.requirements.attendance import attendance_findings
from cohorts.services.exceptions import agree_make_up, decide_exception
from scip.access.admin import StaffModelAdmin
from scip.accounts.models import User
from scip.requirements import Refusal


@admin.register(AbsenceException)
class AbsenceExceptionAdmin(StaffModelAdmin):
    """Read a request with where the person stands, then agree on work or decide."""

    list_display = ("person", "cohort", "session_number", "state", "requested_at", "waits")
    list_filter = ("state", "enrolment__cohort")
    list_select_related = ("enrolment__user", "enrolment__cohort", "session__cohort")
    search_fields = ("enrolment__user__name", "enrolment__user__email", "enrolment__cohort__title")
    search_help_text = _("Name, e-mail address or cohort")
    ordering = ("requested_at", "pk")
    change_form_template = "cohorts/admin/exception_change.html"
    fields = (
        "person",
        "cohort",
        "session_number",
        "state",
        "reason",
        "requested_at",
        "make_up_task",
        "make_up_agreed_at",
        "make_up_agreed_by",
        "make_up_work",
        "made_up_at",
        "accepted_at",
        "accepted_by",
        "declined_at",
        "declined_by",
        "decision_reason",
    )
    readonly_fields = ("person", "cohort", "session_number")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AbsenceException]:
        rows: QuerySet[AbsenceException] = super().get_queryset(request)
        return rows.select_related("enrolment__user", "enrolment__cohort", "session__cohort")

    @admin.display(description=_("person"))
    def person(self, row: AbsenceException) -> str:
        return str(row.enrolment.user)

    @admin.display(description=_("cohort"))
    def cohort(self, row: AbsenceException) -> str:
        return str(row.enrolment.cohort)

    @admin.display(description=_("session"))
    def session_number(self, row: AbsenceException) -> int:
        return row.session.number

    @admin.display(description=_("waits for the office"))
    def waits(self, row: AbsenceException) -> str:
        state = AbsenceException.State
        is_ours = row.state in {state.REQUESTED, state.MADE_UP}
        return timesince(waiting_since(row)) if is_ours else ""

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The request with what the facilitators said."""
        words = {"comments": words_about(request, int(object_id))} if object_id.isdecimal() else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | words)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/decide/",
                wrap(self.decide_view),
                name="cohorts_absenceexception_decide",
            ),
            *super().get_urls(),
        ]

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Agree on make-up work, count the session, or not count it."""
        by = acting(self, request)
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        is_task = "agree" in request.POST
        task_form = MakeUpTaskForm(request.POST if is_task else None)
        is_decision = request.method == "POST" and not is_task
        decision_form = DecisionForm(request.POST if is_decision else None)
        form = task_form if is_task else decision_form
        if request.method == "POST" and form.is_valid():
            try:
                self.act(row, request, form, by=by)
                messages.success(request, _("Done; the person gets a letter."))
                return redirect("admin:cohorts_absenceexception_change", pk)
            except Refusal as refusal:
                refused(request, refusal)
        evidence = attendance_evidence([row.enrolment_id])[row.enrolment_id]
        return page(
            self,
            request,
            row,
            "cohorts/admin/exception_decide.html",
            title=_("Decide"),
            findings=attendance_findings(evidence, as_of=timezone.now()),
            comments=words_about(request, pk),
            task_form=task_form,
            decision_form=decision_form,
        )

    def act(self, row: AbsenceException, request: HttpRequest, form: Any, *, by: User) -> None:
        """Do what the pressed button says. Raises Refusal."""
        if "agree" in request.POST:
            agree_make_up(row, task=form.cleaned_data["task"], by=by)
        elif "accept" in request.POST or "decline" in request.POST:
            decide_exception(
                row,
                is_accepted="accept" in request.POST,
                reason=form.cleaned_data["reason"],
                by=by,
            )
        else:
            raise Refusal(_("Please press one of the buttons. Nothing was changed."))


def words_about(request: HttpRequest, pk: int) -> QuerySet[ExceptionComment]:
    """What facilitators said about a request, with who they are; one query."""
    words = ExceptionComment.objects.visible_to(request.user).filter(exception=pk)
    return words.select_related("author")
