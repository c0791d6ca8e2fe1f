"""What a candidate can still do about an answer, and until when: the office gives more time, or
files an appeal for somebody who wrote to CMSC otherwise."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.candidacy.models import Candidacy, WindowMove
from certification.review.emails.more_time import more_time
from certification.review.forms.recourse import MoreTimeForm, OnBehalfForm
from certification.review.models import Appeal, Recourse
from certification.review.queries.appeals import WORDS, appealable
from certification.review.queries.windows import window_in_question
from certification.review.requirements.appeals import Answer
from certification.review.services.more_time import Kind, give_more_time
from certification.review.services.on_behalf import letter_about, open_for, refuse_tied
from scip.accounts.admin.deciding import Data, DecidingAdmin, Decision, is_about
from scip.accounts.models import User
from scip.formats import day
from scip.mail.services import Draft
from scip.requirements import Refusal
from scip.vault.errors import Refused


def more_time_for(kind: str, title: Any) -> Decision:
    """Giving more time for one of the two."""

    def draft(row: Recourse, data: Data, _by: User) -> Draft:
        planned = WindowMove(candidacy=row, kind=kind, moved_at=timezone.now(), **data)
        return more_time(planned)

    def act(row: Recourse, data: Data, by: User) -> object:
        return give_more_time(row, kind, by=by, **data)

    return Decision(
        title=title,
        done=_("The new day counts. The letter is on its way."),
        send=_("Give this time and send the letter"),
        explanation=_(
            "A day can be moved later, never earlier. Days of a leave come on top by themselves."
        ),
        is_possible=lambda row: window_in_question(row, kind, now=timezone.now()) is not None,
        form=lambda _row, data: MoreTimeForm(data),
        draft=draft,
        act=act,
    )


@admin.register(Recourse)
class RecourseAdmin(DecidingAdmin):
    """Registered candidates with the answers that they could do something about."""

    decisions: ClassVar = {
        "appeal_time": more_time_for(Kind.APPEAL, _("Give more time for an appeal")),
        "resubmission_time": more_time_for(Kind.RESUBMISSION, _("Give more time to resubmit")),
    }
    list_display = ("user", "state", "edition", "active_at")
    list_filter = ("state", "edition")
    list_select_related = ("user", "edition")
    search_fields = ("user__name", "user__email")
    search_help_text = _("Name or e-mail address")
    ordering = ("-active_at", "pk")
    row_related = ("user", "edition")
    change_form_template = "review/admin/recourse_change.html"
    fields = ("user", "state", "edition", "active_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).exclude(active_at=None)
        found: QuerySet[Any] = rows.select_related("user", "edition")
        return found

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.on_behalf_view)
        return [
            path("<int:pk>/appeal/", view, name="review_recourse_appeal"),
            *super().get_urls(),
        ]

    def intro(self, row: Any) -> str:
        """The days as they stand, above the form."""
        return " ".join(
            _("Last day {what}: {day}.").format(what=item["label"], day=day(item["window"].last_on))
            for item in about(row)["windows"]
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The candidate with their windows, what the office gave before, and their appeals."""
        row = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if row is not None and self.opens_for(request):
            shown = about(row) | {"is_own": is_about(row, request.user)}
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))

    def on_behalf_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """File an appeal with what a candidate sent; what was typed stays where it is refused."""
        by = self.acting(request)
        row = self.row_of(request, pk)
        if is_about(row, by):
            messages.warning(request, str(_("This is about you, so a colleague has to do it.")))
            return redirect(self.row_url(row))
        if request.method != "POST":
            try:
                refuse_tied(row, by)
            except Refusal as refusal:
                messages.warning(request, str(refusal.sentence))
                return redirect(self.row_url(row))
        form = OnBehalfForm(*typed(request))
        draft: Draft | None = None
        if form.is_bound and form.is_valid():
            values = {name: form.cleaned_data[name] for name in OnBehalfForm.KEPT}
            try:
                if "send" in request.POST:
                    made = open_for(row, by=by, **values)
                    messages.success(request, str(_("Filed. The letters are on their way.")))
                    return redirect("admin:review_appeal_change", made.pk)
                draft = letter_about(
                    row,
                    statement=values["statement"],
                    reason=values["reason"],
                    is_attached=bool(values["document"]),
                    by=by,
                )
            except Refusal as refusal:
                form.add_error(None, str(refusal.sentence))
            except Refused as refused:
                form.add_error("document", str(refused.message))
        title = str(_("File an appeal for somebody"))
        known = about(row)
        appeal = [item for item in known["windows"] if item["kind"] == Kind.APPEAL]
        known |= {"windows": appeal, "form": form, "draft": draft, "title": title}
        shown = self.own_context(request, row) | known
        return render(request, "review/admin/on_behalf.html", shown)


def typed(request: HttpRequest) -> tuple[Any, Any]:
    """What was typed and chosen. While the letter is shown the form remembers a file by its name,
    for its browser forgets it."""
    if request.method != "POST":
        return None, None
    data = request.POST.copy()
    if "send" not in data:
        file = request.FILES.get("document")
        data["chosen"] = (file.name or "")[:255] if file is not None else ""
    return data, request.FILES


def about(row: Candidacy) -> dict[str, Any]:
    """The answer in question, the days, what was given before, the appeals so far."""
    now = timezone.now()
    found = {kind: window_in_question(row, kind, now=now) for kind in Kind}
    answer = appealable(row, now=now)
    return {
        "answer": answer,
        "windows": [
            {"kind": kind, "label": Kind(kind).label, "told_at": pair[0], "window": pair[1]}
            | {"is_open": pair[1].is_open(now)}
            for kind, pair in found.items()
            if pair is not None
        ],
        "moves": row.window_moves.select_related("moved_by"),
        "appeals": Appeal.objects.filter(candidacy=row.pk, filed_at__isnull=False)
        .select_related("candidacy", "recommendation")
        .defer(*WORDS)
        .order_by("pk"),
        "may_open": may_open(row, answer),
    }


def may_open(row: Candidacy, answer: Answer | None) -> bool:
    """Is there an answer without an appeal that was filed? The service looks once more."""
    if answer is None or answer.is_answered or not row.is_registered:
        return False
    filed = (Appeal.State.FILED, Appeal.State.HEARING)
    return not Appeal.objects.filter(candidacy=row.pk, state__in=filed).exists()
