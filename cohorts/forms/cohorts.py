"""The office's forms for a cohort and for moving a session."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.models import Cohort, Seat, Session
from scip.accounts.models import Role, User
from scip.policy.models import Edition

LABELS = {
    "slug": gettext_lazy("Web address"),
    "join_url": gettext_lazy("Link to the video meeting"),
    "msc_required_for": gettext_lazy("MSC is required"),
    "msc_due_on": gettext_lazy("MSC is due on"),
    "is_ce_approved": gettext_lazy("CE credits are approved"),
    "session_count": gettext_lazy("Number of sessions"),
    "session_minutes": gettext_lazy("Minutes of a session"),
    "attendance_percent": gettext_lazy("Sessions needed, in percent"),
    "present_percent": gettext_lazy("Minutes that count as present, in percent"),
    "offer_days": gettext_lazy("An offer lasts, in days"),
    "waiting_list_offer_hours": gettext_lazy("An offer from the waiting list lasts, in hours"),
    "payment_hours": gettext_lazy("Time to pay after accepting, in hours"),
    "last_session_to_join": gettext_lazy("Moving here is possible until session"),
}


class CohortForm(forms.ModelForm[Cohort]):
    """A cohort as the office edits it; fields that are read-only are simply absent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in LABELS.items():
            if name in self.fields:
                self.fields[name].label = label
        if "time_zone" in self.fields:
            zones = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]
            self.fields["time_zone"] = forms.ChoiceField(
                label=self.fields["time_zone"].label, choices=[("", "—"), *zones]
            )
        if "facilitators" in self.fields:
            facilitators: Any = self.fields["facilitators"]
            facilitators.queryset = User.objects.holding(Role.FACILITATOR).order_by("name", "pk")
        for field in self.fields.values():
            # What counts as changed is what this page changed, not what a colleague did since.
            field.show_hidden_initial = self.instance.pk is not None

    def clean(self) -> dict[str, Any]:
        """What the database would refuse, said in words beside the field."""
        cleaned = super().clean() or {}
        opens, closes = cleaned.get("applications_open_at"), cleaned.get("applications_close_at")
        if opens and closes and closes <= opens:
            self.add_error("applications_close_at", _("Applications close after they open."))
        is_deferred = cleaned.get("msc_required_for") == Edition.MscRequiredFor.LEVEL_B
        if is_deferred and not cleaned.get("msc_due_on"):
            self.add_error("msc_due_on", _("Say until when the MSC programme is owed."))
        self.check_capacity(cleaned.get("capacity"))
        return cleaned

    def check_capacity(self, capacity: int | None) -> None:
        """Seats that people hold stay."""
        if capacity is None or self.instance.pk is None:
            return
        held = Seat.objects.filter(cohort=self.instance).aggregate(last=Max("number"))["last"] or 0
        if capacity < held:
            self.add_error("capacity", _("Seat {number} is held already.").format(number=held))


class SessionMoveForm(forms.Form):
    """A new time for a session, in the cohort's zone."""

    starts_on = forms.DateField(
        label=gettext_lazy("New day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    starts_at = forms.TimeField(
        label=gettext_lazy("New time"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    note = forms.CharField(
        label=gettext_lazy("A sentence for everybody"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Stands in the letter."),
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        self.zone: ZoneInfo = session.cohort.zone
        local = session.starts_at.astimezone(self.zone)
        kwargs["initial"] = {"starts_on": local.date(), "starts_at": local.time()}
        super().__init__(*args, **kwargs)

    @property
    def moment(self) -> datetime:
        """The new start, once the form is valid."""
        return datetime.combine(
            self.cleaned_data["starts_on"], self.cleaned_data["starts_at"], tzinfo=self.zone
        )


class NoteForm(forms.Form):
    """A sentence for everybody, or none."""

    note = SessionMoveForm.base_fields["note"]


class MakeUpTaskForm(forms.Form):
    """What the make-up work is."""

    task = forms.CharField(
        label=gettext_lazy("Make-up work"),
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("The person reads this in the letter."),
    )


class DecisionForm(forms.Form):
    """Why a session counts or does not."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("The person reads this in the letter; it stays on record."),
    )


class PromiseForm(forms.Form):
    """What the office relies on when it confirms a place before its payment."""

    reason = forms.CharField(
        label=gettext_lazy("What the office relies on"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
