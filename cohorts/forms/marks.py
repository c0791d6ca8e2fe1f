"""One press on the roster, and the page of one session with its minutes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cohorts.models import Attendance


class PressForm(forms.Form):
    """What a cell sends: ``enrolment:session number:mark``."""

    mark = forms.RegexField(r"^\d{1,18}:\d{1,5}:(present|absent|)$", strip=False)

    def clean_mark(self) -> tuple[int, int, str]:
        enrolment, number, mark = self.cleaned_data["mark"].split(":")
        return int(enrolment), int(number), mark


class SessionMarkForm(forms.Form):
    """One person in one session: there or not, and how many minutes were missed.

    Each field carries what the page showed when it was opened, so that saving writes only
    what was changed on it: a colleague's mark made meanwhile stays.
    """

    mark = forms.ChoiceField(
        label=_("Attendance"),
        choices=[("", _("not marked")), *Attendance.Mark.choices],
        required=False,
    )
    late_minutes = forms.IntegerField(
        label=_("minutes late"), min_value=0, max_value=600, required=False
    )
    early_minutes = forms.IntegerField(
        label=_("minutes left early"), min_value=0, max_value=600, required=False
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("late_minutes", "early_minutes"):
            cleaned[name] = cleaned.get(name) or 0
        return cleaned

    def __init__(self, *args: Any, person: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        for name, field in self.fields.items():
            field.show_hidden_initial = True
            field.widget.attrs["class"] = "form-select" if name == "mark" else "form-control"
