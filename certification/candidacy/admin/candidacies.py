"""Candidacies: where each stands, the retreat let wait, an unpaid registration put back."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.candidacy import services
from certification.candidacy.emails import registration as letters
from certification.candidacy.forms.office import ReasonForm
from certification.candidacy.models import Candidacy
from certification.candidacy.queries import edition_of
from certification.candidacy.queries.registration import registration_evidence
from certification.candidacy.requirements.registration import registration_findings
from scip.accounts.admin.deciding import DecidingAdmin, Decision, while_in

State = Candidacy.State


class FeeFilter(admin.SimpleListFilter):
    """Registrations whose fee is past its day."""

    title = _("registration fee")
    parameter_name = "fee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("late", _("past its day"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.unpaid(timezone.now()) if self.value() == "late" else queryset


@admin.register(Candidacy)
class CandidacyAdmin(DecidingAdmin):
    """Read here; changed by the person, the payment and the decisions below."""

    decisions: ClassVar = {
        "defer": Decision(
            title=_("Let the retreat wait"),
            done=_("It may wait. The letter is on its way."),
            send=_("Let it wait and send the letter"),
            is_possible=while_in(*Candidacy.ALIVE),
            form=lambda _row, data: ReasonForm(data),
            draft=lambda row, data, _by: letters.retreat_deferred(row, data["reason"]),
            act=lambda row, data, by: services.defer_retreat(row, by=by, reason=data["reason"]),
        ),
        "close": Decision(
            title=_("Close it"),
            done=_("Closed. The letter is on its way."),
            send=_("Close it and send the letter"),
            is_possible=while_in(*Candidacy.REGISTERED),
            form=lambda _row, data: ReasonForm(data),
            draft=lambda row, data, _by: letters.closed(row, data["reason"]),
            act=lambda row, data, by: services.close_candidacy(row, by=by, reason=data["reason"]),
        ),
        "set_back": Decision(
            title=_("Put the unpaid registration back"),
            done=_("Put back. The letter is on its way."),
            send=_("Put it back and send the letter"),
            is_possible=while_in(State.AWAITING_PAYMENT),
            draft=lambda row, _data, _by: letters.set_back(row),
            act=lambda row, _data, by: services.set_back(row, by=by),
        ),
    }
    list_display = ("user", "state", "edition", "created_at", "awaiting_payment_at", "active_at")
    list_filter = ("state", FeeFilter, "edition")
    list_select_related = ("user", "edition")
    search_fields = ("user__name", "user__email")
    search_help_text = _("Name or e-mail address")
    ordering = ("-pk",)
    change_form_template = "certification/admin/candidacy_change.html"
    fields = (
        "user",
        "state",
        "edition",
        "charge",
        "created_at",
        "awaiting_payment_at",
        "active_at",
        "certified_at",
        "withdrawn_at",
        "closed_at",
        "closed_by",
        "close_reason",
    )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The candidacy with its findings, words and leaves on one page."""
        row = self.get_object(request, object_id)
        shown = about(row) if row is not None and self.opens_for(request) else {}
        return super().change_view(request, object_id, form_url, shown | (extra_context or {}))


def about(candidacy: Any) -> dict[str, Any]:
    """What the office reads beside the facts: findings (until registered), words, leaves."""
    today = timezone.localdate(timezone=candidacy.user.zone)
    findings: Any = ()
    if candidacy.state in {State.PREPARING, State.AWAITING_PAYMENT}:
        findings = registration_findings(
            registration_evidence(candidacy.user, on=today),
            edition=edition_of(candidacy, on=today),
            as_of=today,
        )
    return {
        "findings": findings,
        "attestations": candidacy.attestations.all(),
        "deferral": getattr(candidacy, "retreat_deferral", None),
        "leaves": candidacy.leaves.all(),
    }
