"""The queue of applications, and one page with everything about each."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from cohorts.admin.decisions import DECISIONS, Decision, possible
from cohorts.models import Application, Enrolment, Offer, Seat
from cohorts.queries.admission import (
    aid_outcome,
    assess,
    history,
    places_left,
    waiting_position,
)
from cohorts.requirements.admission import holding_up_a_place
from scip.access.admin import StaffModelAdmin
from scip.accounts.models import Prerequisite, User
from scip.audit.models import Entry
from scip.requirements import Refusal


class WaitingFilter(admin.SimpleListFilter):
    """How long an application waits for the office."""

    title = _("waiting")
    parameter_name = "waiting"
    days: ClassVar[dict[str, int]] = {"3": 3, "7": 7, "14": 14}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("3", _("more than three days")),
            ("7", _("more than a week")),
            ("14", _("more than two weeks")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Application]
    ) -> QuerySet[Application]:
        days = self.days.get(self.value() or "")
        if days is None:
            return queryset
        return queryset.filter(
            state=Application.State.SUBMITTED,
            submitted_at__lt=timezone.now() - timedelta(days=days),
        )


@admin.register(Application)
class ApplicationAdmin(StaffModelAdmin):
    """Applications are written by people and decided through the services."""

    list_display = ("person", "cohort", "state", "tier", "submitted_at", "waits", "waiting_rank")
    list_filter = ("state", WaitingFilter, "cohort")
    list_select_related = ("user", "cohort")
    search_fields = ("user__name", "user__email")
    search_help_text = _("Name or e-mail address")
    ordering = ("submitted_at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Sent ones only: a draft belongs to its writer, also in the office."""
        return super().get_queryset(request).filter(submitted_at__isnull=False)

    @admin.display(description=_("person"), ordering="user__name")
    def person(self, row: Application) -> str:
        return str(row.user)

    @admin.display(description=_("waits"), ordering="submitted_at")
    def waits(self, row: Application) -> str:
        since = row.sent_again_at or row.submitted_at
        return timesince(since) if row.state == Application.State.SUBMITTED and since else ""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/decide/<slug:verb>/",
                wrap(self.decide_view),
                name="cohorts_application_decide",
            ),
            *super().get_urls(),
        ]

    def acting(self, request: HttpRequest) -> User:
        """The person of the office who acts; PermissionDenied for anybody else."""
        if not self.opens_for(request) or not isinstance(request.user, User):
            raise PermissionDenied
        return request.user

    def application(self, request: HttpRequest, pk: int | str) -> Application:
        """A sent application; 404 for drafts and unknown ones."""
        rows = self.get_queryset(request).select_related("user", "cohort__edition")
        application: Application = get_object_or_404(rows, pk=pk)
        return application

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Everything about one application, and what can be decided."""
        self.acting(request)
        if not object_id.isdecimal():
            raise Http404
        application = self.application(request, object_id)
        context = self.page_context(request, application)
        return render(request, "cohorts/admin/application_change.html", context)

    def page_context(self, request: HttpRequest, application: Application) -> dict[str, Any]:
        """What the page shows; a fixed number of queries."""
        assessment = assess(application, now=timezone.now())
        place = (
            Enrolment.objects.visible_to(request.user)
            .filter(application=application)
            .order_by("-pk")
            .first()
        )
        return {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": str(application.user),
            "application": application,
            "original": application,
            "findings": list(assessment),
            "unmet": holding_up_a_place(assessment),
            "evidence": Prerequisite.objects.visible_to(request.user)
            .filter(user=application.user_id)
            .current()
            .select_related("document")
            .order_by("kind", "-pk"),
            "aid": aid_outcome(application),
            "offers": Offer.objects.visible_to(request.user)
            .filter(application=application)
            .select_related("made_by")
            .order_by("-pk"),
            "enrolment": place,
            "seat": Seat.objects.filter(application=application).first(),
            "places_left": places_left(application.cohort),
            "position": waiting_position(application),
            "history": told(history(application)),
            "decisions": possible(application, place),
        }

    def decide_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponseBase:
        """Fill in, look at the letter as it will go, then send."""
        by = self.acting(request)
        application = self.application(request, pk)
        decision = DECISIONS.get(verb)
        if decision is None:
            raise Http404
        if application.state not in decision.states:
            messages.warning(request, _("This application moved on; here is where it stands."))
            return redirect("admin:cohorts_application_change", pk)
        form = decision.form(request.POST or None, application=application)
        draft = None
        if request.method == "POST" and form.is_valid():
            try:
                if "send" in request.POST:
                    decision.act(application, form.cleaned_data, by)
                    messages.success(request, str(decision.done))
                    return redirect("admin:cohorts_application_change", pk)
                draft = decision.preview(application, form.cleaned_data, by)
            except Refusal as refusal:
                form.add_error(None, str(refusal.sentence))
                for finding in refusal.findings:
                    form.add_error(None, f"{finding.title}: {finding.found or finding.needed}")
        return self.decide_page(request, application, decision, form=form, draft=draft)

    def decide_page(
        self, request: HttpRequest, application: Application, decision: Decision, **context: Any
    ) -> HttpResponse:
        return render(
            request,
            "cohorts/admin/application_decide.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.model._meta,
                "application": application,
                "aid": aid_outcome(application),
                "title": decision.title,
                **context,
            },
        )


def told(entries: list[Entry]) -> list[dict[str, Any]]:
    """History with names; one query for everybody who acted."""
    names = {
        person.pk: str(person)
        for person in User.objects.filter(pk__in={entry.actor_id for entry in entries})
    }
    return [
        {
            "at": entry.at,
            "what": entry.action.replace(".", ": ").replace("_", " "),
            "who": names.get(entry.actor_id or 0, ""),
            "data": entry.data,
        }
        for entry in entries
    ]
