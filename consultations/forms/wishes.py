"""Wishes in a round: a number for each group, and what else helps to place somebody."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consultations.models import Preference, Round
from consultations.queries.rounds import Option
from scip.accounts.forms.text import PlainTextField
from scip.formats import moment

NOTE_LENGTH = 1500


class WishesForm(forms.Form):
    """Nothing has to be filled in: whatever is there is kept, and findings say what is missing.

    Each group has a select of numbers; equal numbers are fine and mean "equally dear".
    """

    attends_live = forms.BooleanField(
        label=gettext_lazy("I have looked at the times of the groups I chose and can be there."),
        help_text=gettext_lazy("Sessions are not recorded."),
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
        required=False,
    )
    may_meet_at_night = forms.BooleanField(
        label=gettext_lazy("I can also meet at night."),
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
        required=False,
    )
    note = forms.CharField(
        label=gettext_lazy("Is there something that would help us to place you?"),
        help_text=gettext_lazy("Optional: a theme you work with, a day that is hard for you."),
        widget=forms.Textarea(
            attrs={"rows": 3, "maxlength": NOTE_LENGTH, "dir": "auto", "class": "form-control"}
        ),
        max_length=NOTE_LENGTH,
        required=False,
    )

    def __init__(
        self,
        data: Any,
        *,
        round_: Round,
        options: list[Option],
        preference: Preference | None,
    ) -> None:
        self.options = options
        super().__init__(data, initial=kept(preference))
        numbers = [(str(number), str(number)) for number in range(1, round_.choices + 1)]
        for item in options:
            self.fields[name_of(item)] = forms.ChoiceField(
                label=_("Your number for {group}").format(group=item.group),
                choices=[("", _("Not for me")), *numbers],
                widget=forms.Select(attrs={"class": "form-select"}),
                required=False,
            )
        self.fields["may_meet_at_night"].help_text = _(
            "Between {start} and {end} on your clock. Without it you are never placed in a group "
            "that meets then."
        ).format(start=f"{round_.night_from:%H:%M}", end=f"{round_.night_until:%H:%M}")
        self.apart_names = [f"apart_{number}" for number in range(1, round_.apart_names + 1)]
        for number, name in enumerate(self.apart_names, start=1):
            self.fields[name] = PlainTextField(
                label=_("Person {number}").format(number=number),
                widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
                max_length=254,
                required=False,
            )

    def rows(self) -> list[dict[str, Any]]:
        """Groups with their fields, for the page."""
        return [{"option": item, "field": self[name_of(item)]} for item in self.options]

    def aparts(self) -> list[Any]:
        return [self[name] for name in self.apart_names]

    def to_save(self) -> dict[str, Any]:
        """What `save_wishes` keeps; call it on a form that is valid."""
        given = self.cleaned_data
        return {
            "ranks": {
                item.group.pk: int(given[name_of(item)])
                for item in self.options
                if given.get(name_of(item))
            },
            "aparts": [given[name] for name in self.apart_names],
            "attends_live": given["attends_live"],
            "may_meet_at_night": given["may_meet_at_night"],
            "note": given["note"],
        }


def name_of(item: Option) -> str:
    return f"group_{item.group.pk}"


def kept(preference: Preference | None) -> dict[str, Any]:
    """Saved wishes as the form shows them."""
    if preference is None:
        return {}
    ranks = {f"group_{row.group_id}": str(row.rank) for row in preference.ranks.all()}
    aparts = {
        f"apart_{number}": row.named for number, row in enumerate(preference.aparts.all(), start=1)
    }
    return {
        "attends_live": preference.attends_live,
        "may_meet_at_night": preference.may_meet_at_night,
        "note": preference.note,
        **ranks,
        **aparts,
    }


def in_words(preference: Preference | None) -> list[dict[str, str]]:
    """Saved wishes as somebody reads them: beside a form, or once the round is closed."""
    if preference is None:
        return []
    ranks = preference.ranks.select_related("group__cohort")
    lines = [{"label": str(row.rank), "value": str(row.group)} for row in ranks]
    extras = {
        _("At night, too"): _("yes") if preference.may_meet_at_night else _("no"),
        _("Can be there live"): _("yes") if preference.attends_live else _("not confirmed yet"),
        _("Rather not with"): ", ".join(row.named for row in preference.aparts.all()),
        _("What would help"): preference.note,
        _("Saved"): moment(preference.saved_at),
    }
    return [*lines, *({"label": key, "value": value} for key, value in extras.items() if value)]
