"""Logging a session in one short form, correcting it, seeing it differently."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.accounts.forms.prerequisites import day_field
from scip.accounts.forms.text import PlainTextField
from scip.formats import zone_name
from supervision.forms.ratings import RatingForm
from supervision.models import Appointment, SupervisionSession
from supervision.services.sessions import Held, Words

QUARTER = timedelta(minutes=15)


class WhenForm(forms.Form):
    """When a session was or will be, in the person's own zone."""

    held_on = day_field(_("Day"))
    starts_at = forms.TimeField(
        label=_("Start"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": _("Please write the time like 18:30.")},
    )
    minutes = forms.IntegerField(
        label=_("Minutes"),
        min_value=5,
        max_value=360,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    is_online = forms.TypedChoiceField(
        label=_("Where"),
        choices=[("1", _("online")), ("", _("in person"))],
        coerce=bool,
        empty_value=False,  # type: ignore[arg-type]
        required=False,
        widget=forms.RadioSelect,
        initial="1",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = zone_name(timezone.get_current_timezone_name())
        self.fields["starts_at"].help_text = _("In {zone}.").format(zone=zone)

    @property
    def moment(self) -> datetime:
        """The start, in the active zone."""
        day, start = self.cleaned_data["held_on"], self.cleaned_data["starts_at"]
        return timezone.make_aware(datetime.combine(day, start))


class HeldForm(WhenForm):
    """What a session was."""

    kind = forms.ChoiceField(
        label=_("What it was"),
        choices=[
            (
                phase.label,
                [
                    (kind.value, kind.label)
                    for kind in SupervisionSession.Kind
                    if SupervisionSession.PHASES[kind] == phase
                ],
            )
            for phase in SupervisionSession.Phase
        ],
    )
    focus = PlainTextField(
        label=_("Focus"),
        max_length=300,
        required=False,
        help_text=_("A few words without names of clients. The other reads them, too."),
    )

    @property
    def held(self) -> Held:
        return Held(
            kind=self.cleaned_data["kind"],
            started_at=self.moment,
            minutes=self.cleaned_data["minutes"],
            is_online=self.cleaned_data["is_online"],
            focus=self.cleaned_data.get("focus", ""),
        )


class LogForm(HeldForm, RatingForm):
    """The one form after a session. A supervisor adds feedback; both may write for themselves."""

    feedback = forms.CharField(
        label=_("Feedback for the candidate"),
        required=False,
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The candidate reads it; nobody else does."),
    )
    own = forms.CharField(
        required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, is_supervisor: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = self.fields["own"]
        if is_supervisor:
            own.label = _("Private notes")
            own.help_text = _("Yours alone: neither the candidate nor the office can open them.")
        else:
            del self.fields["feedback"]
            own.label = _("For your journal")
            own.help_text = _("Yours alone: neither your supervisor nor the office can open it.")

    @property
    def words(self) -> Words:
        return Words(
            touched=self.touched,
            feedback=self.cleaned_data.get("feedback", ""),
            own=self.cleaned_data["own"],
        )


class CorrectionForm(HeldForm):
    """How it was, and why the entry is corrected."""

    reason = PlainTextField(
        label=_("What is corrected, and why"),
        max_length=500,
        help_text=_("The other reads it and confirms."),
    )


class OfficeLogForm(HeldForm):
    """A session that the office enters; what it was about is not the office's."""

    focus = None  # type: ignore[assignment]
    reason = forms.CharField(
        label=_("What it rests on"),
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Both people read it in their letter; it stays with the entry."),
    )


class DisputeForm(forms.Form):
    """What somebody remembers differently."""

    reason = forms.CharField(
        label=_("What do you remember differently?"),
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The other and the office read it. Please leave out what you talked about."),
    )


class SettleForm(forms.Form):
    """The office's reason, which both people read."""

    reason = forms.CharField(
        label=_("Your reason"),
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Both people read it in the letter."),
    )


def start_of(
    *, kind: str, minutes: int, appointment: Appointment | None, now: datetime
) -> dict[str, Any]:
    """How the form begins: as planned, or a session that has just ended."""
    started_at = appointment.starts_at if appointment else floor(now - timedelta(minutes=minutes))
    local = timezone.localtime(started_at)
    return {
        "kind": kind,
        "held_on": local.date(),
        "starts_at": time(local.hour, local.minute),
        "minutes": appointment.minutes if appointment else minutes,
        "is_online": "1" if appointment is None or appointment.is_online else "",
    }


def start_of_held(held: Held) -> dict[str, Any]:
    """The form as an entry says it."""
    local = timezone.localtime(held.started_at)
    return {
        "kind": held.kind,
        "held_on": local.date(),
        "starts_at": time(local.hour, local.minute),
        "minutes": held.minutes,
        "is_online": "1" if held.is_online else "",
        "focus": held.focus,
    }


def floor(moment: datetime) -> datetime:
    """The quarter of an hour before."""
    return datetime.fromtimestamp(
        moment.timestamp() // QUARTER.total_seconds() * QUARTER.total_seconds(), tz=moment.tzinfo
    )
