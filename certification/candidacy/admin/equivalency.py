"""Requests for credit: item by item, a question, the decision."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from certification.candidacy.emails import equivalency as letters
from certification.candidacy.forms.office import DecisionForm, ReasonForm, VerdictForm
from certification.candidacy.models import EquivalencyCase, EquivalencyItem
from certification.candidacy.services import equivalency as services
from scip.accounts.admin.deciding import Data, DecidingAdmin, Decision, while_in
from scip.accounts.models import User
from scip.credentials.models import Completion
from scip.mail.services import Draft
from scip.requirements import Refusal

State = EquivalencyCase.State


def decision_draft(row: EquivalencyCase, data: Data, by: User) -> Draft:
    """The letter of a decision: credit, or a kind word without it."""
    if data["levels"]:
        return letters.case_granted(row, levels=sorted(data["levels"]), reason=data["reason"])
    return letters.case_declined(row, reason=data["reason"])


@admin.register(EquivalencyCase)
class EquivalencyCaseAdmin(DecidingAdmin):
    """What somebody sends is read here; each item is judged, then the request is decided."""

    decisions: ClassVar = {
        "ask": Decision(
            title=_("Ask a question"),
            done=_("Asked. The letter is on its way."),
            send=_("Ask and send the letter"),
            is_possible=while_in(State.SUBMITTED),
            form=lambda _row, data: ReasonForm(data),
            draft=lambda row, data, _by: letters.case_question(row, data["reason"]),
            act=lambda row, data, by: services.ask_question(row, question=data["reason"], by=by),
        ),
        "decide": Decision(
            title=_("Decide"),
            done=_("Decided. The letter is on its way."),
            send=_("Decide and send the letter"),
            is_possible=while_in(State.SUBMITTED),
            form=lambda row, data: DecisionForm(data, levels=services.creditable(row.user)),
            draft=decision_draft,
            act=lambda row, data, by: services.decide_case(row, by=by, **data),
        ),
    }
    list_display = ("user", "format", "state", "submitted_at", "entries")
    list_filter = ("state", "format")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")
    search_help_text = _("Name or e-mail address")
    ordering = ("submitted_at", "pk")
    change_form_template = "certification/admin/case_change.html"
    fields = (
        "user",
        "format",
        "state",
        "statement",
        "submitted_at",
        "question",
        "question_at",
        "question_by",
        "answer",
        "decision_reason",
        "granted_at",
        "granted_by",
        "declined_at",
        "declined_by",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        counted: QuerySet[Any] = super().get_queryset(request).annotate(entry_count=Count("items"))
        return counted

    @admin.display(description=_("entries"))
    def entries(self, row: Any) -> int:
        return int(row.entry_count)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.judge_view)
        name = "candidacy_equivalencycase_judge"
        return [path("items/<int:pk>/judge/", view, name=name), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The request with its items, each with the form for its verdict."""
        row = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if row is not None and self.opens_for(request):
            items = EquivalencyItem.objects.visible_to(request.user).filter(case=row)
            shown = {
                "items": [(item, verdict_form(item)) for item in items.select_related("document")],
                "known": Completion.objects.filter(user=row.user).order_by("level"),
                "is_judged": row.state == State.SUBMITTED,
            }
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))

    @method_decorator(require_POST)
    def judge_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Keep the verdict on one item."""
        by = self.acting(request)
        rows = EquivalencyItem.objects.visible_to(by).select_related("case__user")
        item = get_object_or_404(rows, pk=pk)
        form = VerdictForm(request.POST, prefix=f"item-{item.pk}")
        try:
            if form.is_valid():
                services.judge_item(item, by=by, **form.cleaned_data)
                messages.success(request, _("Kept: {title}.").format(title=item.title))
            else:
                messages.error(request, _("Please choose one of the verdicts."))
        except Refusal as refusal:
            messages.error(request, str(refusal.sentence))
        return redirect("admin:candidacy_equivalencycase_change", item.case_id)


def verdict_form(item: EquivalencyItem) -> VerdictForm:
    """The form for one item, as it stands."""
    initial = {"verdict": item.verdict, "note": item.office_note}
    return VerdictForm(initial=initial, prefix=f"item-{item.pk}")
