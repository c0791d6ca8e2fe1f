"""Retreats to verify."""

from typing import ClassVar

from django.contrib import admin
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from certification.candidacy import services
from certification.candidacy.emails import registration as letters
from certification.candidacy.forms.office import ReasonForm
from certification.candidacy.models import Retreat
from scip.accounts.admin.deciding import DecidingAdmin, Decision, while_in

State = Retreat.State


@admin.register(Retreat)
class RetreatAdmin(DecidingAdmin):
    """Facts are read here and changed by the person; the office verifies or returns."""

    decisions: ClassVar = {
        "verify": Decision(
            title=_("Verify"),
            done=_("Verified. The letter is on its way."),
            send=_("Verify it and send the letter"),
            is_possible=while_in(State.SUBMITTED),
            draft=lambda row, _data, _by: letters.retreat_verified(row),
            act=lambda row, _data, by: services.verify_retreat(row, by=by),
        ),
        "return": Decision(
            title=_("Return with a reason"),
            done=_("Returned. The letter is on its way."),
            send=_("Return it and send the letter"),
            is_possible=while_in(State.SUBMITTED, State.VERIFIED),
            form=lambda _row, data: ReasonForm(data),
            draft=lambda row, data, _by: letters.retreat_returned(row, data["reason"]),
            act=lambda row, data, by: services.return_retreat(row, by=by, reason=data["reason"]),
        ),
    }
    list_display = ("user", "title", "started_on", "days", "state", "submitted_at", "waits")
    list_filter = ("state", "is_online")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email", "title", "teachers")
    search_help_text = _("Name, e-mail address, retreat or teacher")
    ordering = ("submitted_at", "pk")
    change_form_template = "certification/admin/retreat_change.html"
    fields = (
        "user",
        "state",
        "title",
        "teachers",
        "started_on",
        "ended_on",
        "days",
        "is_silent",
        "is_online",
        "place",
        "submitted_at",
        "verified_at",
        "verified_by",
        "returned_at",
        "returned_by",
        "return_reason",
    )
    readonly_fields = ("days",)

    @admin.display(description=_("days"))
    def days(self, row: Retreat) -> int:
        return row.days

    @admin.display(description=_("waits"))
    def waits(self, row: Retreat) -> str:
        return timesince(row.submitted_at) if row.state == State.SUBMITTED else ""
