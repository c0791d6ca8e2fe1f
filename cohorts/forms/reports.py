"""A meeting's participant report: the files, then who was who."""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cohorts.meeting_reports import Sureness
from cohorts.models import Enrolment
from cohorts.services.reports import Plan
from scip.accounts.forms.profile import zone_choices
from scip.formats import zone_name

LARGEST_FILE = 5 * 1024 * 1024
MOST_FILES = 6
NOBODY = "-"


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more files; a meeting that was restarted has several reports."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data]
        cleaned = [
            super(FilesField, self).clean(item, initial) for item in files if item or initial
        ]
        if not cleaned:
            raise ValidationError(_("Please choose the report."), code="required")
        if len(cleaned) > MOST_FILES or any(item.size > LARGEST_FILE for item in cleaned):
            raise ValidationError(_("Please choose at most six reports of at most 5 MB each."))
        return cleaned


class ReportForm(forms.Form):
    """The report, and the zone in which its times are written."""

    reports = FilesField(
        label=_("Participant report (CSV)"),
        help_text=_(
            "Zoom: Reports, Usage, Participants, Export. Teams: Attendance, Download. "
            "Several files if the meeting was started anew."
        ),
    )
    zone = forms.ChoiceField(
        label=_("Times in the report are in"),
        help_text=_(
            "The report does not say; it is the zone of the account it was downloaded with."
        ),
    )

    def __init__(self, *args: Any, zones: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = [zone for zone in dict.fromkeys(zones) if zone in available_timezones()]
        self.fields["zone"].choices = [  # type: ignore[attr-defined]
            *((zone, zone_name(zone)) for zone in first),
            *zone_choices(),
        ]
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" if name == "zone" else "form-control"
        self.fields["reports"].widget.attrs["accept"] = ".csv,text/csv"

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.cleaned_data["zone"])


def told_apart(people: Iterable[Enrolment]) -> dict[int, str]:
    """Names by enrolment; two people of one name with their addresses."""
    rows = list(people)
    names = Counter(str(person.user) for person in rows)
    return {
        person.pk: f"{person.user} ({person.user.email})"
        if names[str(person.user)] > 1
        else str(person.user)
        for person in rows
    }


class WhoForm(forms.Form):
    """Who each guest is. Addresses are sure; a name that fits is proposed; the rest is asked."""

    report = forms.CharField(widget=forms.HiddenInput)
    replace_marks = forms.BooleanField(
        label=_("Replace marks that are there already"), required=False
    )
    others_absent = forms.BooleanField(
        label=_("Mark everybody whom the report does not name as absent"),
        required=False,
        initial=True,
    )

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        for name in ("replace_marks", "others_absent"):
            self.fields[name].widget.attrs["class"] = "form-check-input"
        people = told_apart(plan.people)
        named = {line.person.pk for line in plan.lines if line.person}
        # While somebody of the group is missing, a stranger may be that person under another name.
        stranger = NOBODY if named >= people.keys() else ""
        for place, line in enumerate(plan.lines):
            if line.guest.sureness is Sureness.EMAIL or line.is_leader:
                continue
            likely = [key for key in line.guest.candidates if key in people]
            ordered = [*likely, *(key for key in people if key not in likely)]
            field = forms.ChoiceField(
                label=line.guest.name,
                choices=[
                    ("", _("Please choose")),
                    *((str(key), people[key]) for key in ordered),
                    (NOBODY, _("nobody of this group")),
                ],
                initial=str(line.person.pk)
                if line.person
                else (stranger if line.guest.sureness is Sureness.NOBODY else ""),
                error_messages={"required": _("Please say who this is.")},
            )
            field.widget.attrs["class"] = "form-select"
            self.fields[f"guest-{place}"] = field

    @property
    def choices(self) -> dict[int, int | None]:
        """Enrolments by the line's place; None for nobody of the group."""
        return {
            int(name.removeprefix("guest-")): None if value == NOBODY else int(value)
            for name, value in self.cleaned_data.items()
            if name.startswith("guest-")
        }
