"""Final submissions: where each stands, what is open, fee and age. No clinical word."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from certification.review import services
from certification.review.emails import submissions as letters
from certification.review.models import Dossier, Snapshot, Submission
from certification.review.queries.submissions import submission_evidence
from certification.review.requirements.submission import (
    answer_by,
    fee_finding,
    holding_up_submission,
    submission_findings,
)
from certification.review.services.dossiers import try_again
from scip.accounts.admin.deciding import DecidingAdmin, Decision, while_in
from scip.formats import day

State = Submission.State


class ListedSubmissions(ChangeList):
    """The list with the gate of every open row, read in bulk for the page that is shown."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        with_gate(self.result_list)


def with_gate(rows: list[Any]) -> None:
    """Hang on each submission its evidence and what is still open."""
    evidence = submission_evidence((row.candidacy, row) for row in rows)
    for row in rows:
        row.evidence = evidence[row.candidacy_id]
        row.findings = submission_findings(row.evidence, edition=row.edition)


class DossierFilter(admin.SimpleListFilter):
    """Submissions whose papers need a look."""

    title = _("dossier")
    parameter_name = "dossier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("lost", _("could not be drawn"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.with_lost_dossier() if self.value() == "lost" else queryset


@admin.register(Submission)
class SubmissionAdmin(DecidingAdmin):
    """Read here; written by the candidate, moved by the payment and the decision below."""

    row_related = ("candidacy__user",)
    decisions: ClassVar = {
        "put_back": Decision(
            title=_("Take the unpaid submission back"),
            done=_("Taken back. The letter is on its way."),
            send=_("Take it back and send the letter"),
            is_possible=while_in(State.AWAITING_PAYMENT),
            draft=lambda row, _data, _by: letters.put_back(row),
            act=lambda row, _data, by: services.put_back(row, by=by),
        ),
    }
    list_display = ("candidate", "number", "state", "open_still", "fee", "waits", "answer_due")
    list_filter = ("state", DossierFilter, "edition")
    search_fields = ("candidacy__user__name", "candidacy__user__email")
    search_help_text = _("Name or e-mail address")
    ordering = ("-state", "submitted_at", "pk")
    change_form_template = "review/admin/submission_change.html"
    fields = (
        "candidacy",
        "number",
        "state",
        "edition",
        "charge",
        "created_at",
        "awaiting_payment_at",
        "held_up_at",
        "submitted_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related("candidacy__user", "edition", "letter")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ListedSubmissions

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_again_view)
        name = "review_submission_dossier"
        return [path("<int:pk>/dossier/<int:dossier>/", view, name=name), *super().get_urls()]

    @admin.display(description=_("candidate"), ordering="candidacy__user__name")
    def candidate(self, row: Submission) -> str:
        return str(row.user)

    @admin.display(description=_("still open"))
    def open_still(self, row: Any) -> str:
        if row.state not in Submission.OPEN:
            return "–"
        return ", ".join(str(item.title) for item in holding_up_submission(row.findings)) or "–"

    @admin.display(description=_("review fee"))
    def fee(self, row: Any) -> str:
        found = fee_finding(row.evidence.fee, edition=row.edition)
        return str(found.found or found.needed)

    @admin.display(description=_("waits since"))
    def waits(self, row: Submission) -> str:
        return age_of(row.submitted_at or row.awaiting_payment_at or row.created_at)

    @admin.display(description=_("answer by"), ordering="submitted_at")
    def answer_due(self, row: Submission) -> str:
        return day(answer_by(row.submitted_at, row.edition)) if row.submitted_at else "–"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The submission with findings, names, what was frozen and its papers on one page."""
        row = self.get_object(request, object_id)
        shown = about(row) if row is not None and self.opens_for(request) else {}
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))

    def try_again_view(self, request: HttpRequest, pk: int, dossier: int) -> HttpResponseBase:
        """Ask for another try at a dossier that could not be drawn; by POST alone."""
        by = self.acting(request)
        submission = get_object_or_404(self.get_queryset(request), pk=pk)
        row = get_object_or_404(Dossier, pk=dossier, snapshot__submission=submission)
        if request.method == "POST":
            try_again(row, by=by)
            messages.success(request, str(_("It is being made anew.")))
        return redirect(self.row_url(submission))


def age_of(moment: datetime) -> str:
    """Whole days until now."""
    days = (timezone.now() - moment).days
    return ngettext("{count} day", "{count} days", days).format(count=days)


def about(row: Any) -> dict[str, Any]:
    """What the office reads beside the facts. The texts of a snapshot are not even fetched."""
    with_gate([row])
    snapshot = Snapshot.objects.without_texts().filter(submission=row).first()
    return {
        "findings": row.findings,
        "names": row.not_to_read.all(),
        "snapshot": snapshot,
        "dossiers": snapshot.dossiers.order_by("audience") if snapshot is not None else (),
        "answer_by": answer_by(row.submitted_at, row.edition) if row.submitted_at else None,
    }
