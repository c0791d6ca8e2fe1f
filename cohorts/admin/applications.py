"""The queue of applications, and one page with everything about each."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from cohorts.admin.decisions import DECISIONS
from cohorts.models import Application, Enrolment, Offer, Seat
from cohorts.queries.admission import (
    aid_outcome,
    assess,
    history,
    places_left,
    waiting_position,
)
from cohorts.requirements.admission import holding_up_a_place
from scip.accounts.admin.deciding import DecidingAdmin, Decision
from scip.accounts.models import Prerequisite, User
from scip.audit.models import Entry
from scip.formats import money


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
class ApplicationAdmin(DecidingAdmin):
    """Applications are written by people and decided through the services."""

    decisions = DECISIONS
    row_related = ("user", "cohort__edition")

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

    def possible(self, row: Any) -> list[tuple[str, Decision]]:
        """Confirming before payment needs a place that waits for one."""
        found = super().possible(row)
        places = Enrolment.objects.filter(application=row, state=Enrolment.State.AWAITING_PAYMENT)
        is_settled = any(verb == "promise" for verb, _item in found) and not places.exists()
        return [item for item in found if not is_settled or item[0] != "promise"]

    def intro(self, row: Any) -> str:
        """Who it is about, for which cohort, and the aid that is taken off by itself."""
        words = f"{row.user} · {row.cohort}"
        aid = aid_outcome(row)
        if aid is None or not aid.is_granted:
            return words
        taken_off = _("{amount} of aid is taken off by itself")
        return f"{words} · " + taken_off.format(amount=money(aid.granted_cents))

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Everything about one application, and what can be decided."""
        application = self.row_of(request, object_id)
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
            **self.own_context(request, application),
            "title": str(application.user),
            "application": application,
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
        }


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
