"""Final submissions: the certification queue, and a page for each with what is open, who reads, the
clock and the history. No clinical word, and nothing that a reader or the chair writes."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from certification.review import services
from certification.review.admin import decisions as answers
from certification.review.admin import readers
from certification.review.admin.committee import committee_page, term_page
from certification.review.emails import submissions as letters
from certification.review.models import Assignment, Dossier, Snapshot, Submission
from certification.review.queries import queue
from certification.review.queries.conflicts import is_shut
from certification.review.queries.submissions import evidence_of
from certification.review.queries.suggesting import choices_for
from certification.review.requirements.submission import (
    answer_day,
    submission_findings,
)
from certification.review.services.dossiers import try_again
from scip.accounts.admin.deciding import DecidingAdmin, Decision, while_in
from scip.credentials.models import Credential
from scip.formats import deadline

State = Submission.State


class DossierFilter(admin.SimpleListFilter):
    """Submissions whose papers need a look."""

    title = _("dossier")
    parameter_name = "dossier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("lost", _("could not be drawn, or does not open"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.with_lost_dossier() if self.value() == "lost" else queryset


class WaitsFilter(admin.SimpleListFilter):
    """Submissions that wait for somebody to act; somebody's own is never found by it."""

    title = _("next step")
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("readers", _("people to read it")),
            ("tie", _("a word on a tie")),
            ("question", _("a question to be passed on")),
            ("second", _("another second reader")),
            ("came_back", _("a letter that came back to be written anew")),
            ("letter", _("its letter to be sent")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        found = {
            "readers": queue.without_readers,
            "tie": queue.with_tie_to_allow,
            "question": queue.questions_with_chair,
            "second": queue.without_second,
            "came_back": queue.came_back,
            "letter": queue.letters_to_send,
        }.get(self.value() or "")
        if found is None:
            return queryset
        others = queryset.exclude(candidacy__user=request.user)
        return others.filter(pk__in=found().values("pk"))


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
        **readers.DECISIONS,
        **answers.DECISIONS,
    }
    list_display = (
        "candidate",
        "number",
        "state",
        "readers",
        "waits_for",
        "waits",
        "answer_due",
    )
    list_filter = ("state", WaitsFilter, DossierFilter, "edition")
    change_list_template = "review/admin/submission_list.html"
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
        rows = super().get_queryset(request).select_related("candidacy__user", "edition", "charge")
        return queue.with_standing(rows, request.user)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        again = wrap(self.try_again_view)
        return [
            path("committee/", wrap(self.committee_view), name="review_committee"),
            path("committee/<int:pk>/", wrap(self.term_view), name="review_term"),
            path("<int:pk>/dossier/<int:dossier>/", again, name="review_submission_dossier"),
            *super().get_urls(),
        ]

    @admin.display(description=_("candidate"), ordering="candidacy__user__name")
    def candidate(self, row: Submission) -> str:
        return str(row.user)

    @admin.display(description=_("readers"))
    def readers(self, row: Any) -> str:
        return queue.told_in_short(row)

    @admin.display(description=_("waits for"))
    def waits_for(self, row: Any) -> str:
        return "; ".join(str(wait) for wait in queue.waits_of(row)) or "–"

    @admin.display(description=_("waits since"))
    def waits(self, row: Submission) -> str:
        return age_of(row.submitted_at or row.awaiting_payment_at or row.created_at)

    @admin.display(description=_("answer by"), ordering="submitted_at")
    def answer_due(self, row: Submission) -> str:
        return deadline(answer_day(row.submitted_at, row.edition)) if row.submitted_at else "–"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The submission with findings, names, what was frozen and its papers on one page."""
        row = self.get_object(request, object_id)
        shown = about(row, request.user) if row is not None and self.opens_for(request) else {}
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))

    def committee_view(self, request: HttpRequest) -> HttpResponseBase:
        """Seats, terms and load."""
        return committee_page(self, request)

    def term_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Until when somebody holds a seat."""
        return term_page(self, request, pk)

    def try_again_view(self, request: HttpRequest, pk: int, dossier: int) -> HttpResponseBase:
        """Ask for another try at a dossier that could not be drawn, or does not open any more; by
        POST alone."""
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


def about(row: Any, user: Any) -> dict[str, Any]:
    """What the office reads beside the facts. The texts of a snapshot are not even fetched, and
    whoever looks at their own submission learns nothing of who reads it."""
    evidence = evidence_of(row.candidacy, row)
    snapshot = Snapshot.objects.without_texts().filter(submission=row).first()
    shown = {
        "findings": submission_findings(evidence, edition=row.edition),
        "names": row.not_to_read.all(),
        "snapshot": snapshot,
        "credential": credential_after(row),
        "dossiers": snapshot.dossiers.select_related("document").order_by("audience")
        if snapshot is not None
        else (),
        "answer_by": answer_day(row.submitted_at, row.edition) if row.submitted_at else None,
    }
    return shown if row.user_id == user.pk else shown | about_readers(row, user)


def credential_after(row: Submission) -> Credential | None:
    """The certification as it is now, with the page that suspends, revokes and issues it anew."""
    if row.state != State.CERTIFIED:
        return None
    rows = Credential.objects.filter(user=row.user_id, kind=Credential.Kind.CERTIFIED)
    return rows.order_by("-pk").first()


def about_readers(row: Any, user: Any) -> dict[str, Any]:
    """Who reads, who could, who is waited for, and what happened so far."""
    found = Assignment.objects.visible_to(user).filter(submission=row).select_related("member")
    assignments = list(found.annotate(is_shut=is_shut()).order_by("asked_at", "pk"))
    is_there = row.state == State.SUBMITTED
    return {
        "assignments": assignments,
        "waits": queue.waits_of(row),
        "choices": choices_for(row, seat=Assignment.Seat.REVIEWER) if is_there else (),
        "history": queue.history_of(row, assignments),
    }
