"""The profile: how a person is called, where they are, how they work."""

from functools import cache
from typing import Any
from urllib.parse import unquote
from zoneinfo import available_timezones

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from scip.accounts.forms.text import PlainTextField
from scip.accounts.languages import language_choices
from scip.accounts.models import User
from scip.pdf.names import UnprintableName, printable_name

LANGUAGE_FIELDS = ("language_1", "language_2", "language_3", "language_4")
REGIONS = frozenset(
    {
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    }
)


def proposed_zone(request: HttpRequest) -> str:
    """What static/js/site.js wrote: a zone's name, percent-encoded for the cookie."""
    return unquote(request.COOKIES.get("tz", ""))


@cache
def zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Zones of places, grouped by region, with UTC; the database's aliases are left out."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(available_timezones()):
        region, _slash, place = name.partition("/")
        if region in REGIONS and place:
            label = place.replace("_", " ").replace("/", ": ")
            groups.setdefault(region, []).append((name, label))
    return [*groups.items(), ("UTC", [("UTC", "UTC")])]


class ProfileForm(forms.ModelForm[User]):
    """Everything about a person except how they sign in."""

    name = PlainTextField(
        label=_("Your name"),
        max_length=200,
        help_text=_("As it should stand on your certificates, in any script. One word is fine."),
        error_messages={
            "required": _("Please write your name as it should stand on certificates.")
        },
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    credentials_suffix = PlainTextField(
        label=_("Letters after your name"),
        max_length=60,
        required=False,
        help_text=_("For example PhD, LCSW. They follow your name on certificates."),
        widget=forms.TextInput(attrs={"autocomplete": "honorific-suffix"}),
    )
    profession = PlainTextField(
        label=_("Your profession"),
        max_length=120,
        help_text=_("For example psychologist, social worker, counselor in training."),
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )
    phone = PlainTextField(
        label=_("Telephone"),
        max_length=40,
        required=False,
        help_text=_(
            "The office sees it and calls only when a letter would be too late. Supervisor and "
            "candidate see each other’s once a first call is agreed."
        ),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    class Meta:
        model = User
        fields = ["name", "credentials_suffix", "profession", "country", "time_zone", "phone"]

    def __init__(self, *args: Any, proposed_zone: str = "", **kwargs: Any) -> None:
        """``proposed_zone`` is the browser's zone, taken while the person has chosen none."""
        super().__init__(*args, **kwargs)
        self.fields["country"].required = True
        self.fields["country"].widget.attrs["autocomplete"] = "country"
        self.set_up_zone(proposed_zone)
        self.set_up_languages()
        self.helper = profile_helper()

    def set_up_zone(self, proposed: str) -> None:
        current = self.instance.time_zone
        if current == "UTC" and proposed in available_timezones() and not self.instance.name:
            current = self.initial["time_zone"] = proposed
        choices: list[Any] = list(zone_choices())
        if not any(current == value for _region, zones in choices for value, _name in zones):
            choices.insert(0, (current, current))
        self.fields["time_zone"] = forms.ChoiceField(
            label=_("Your time zone"),
            choices=choices,
            help_text=_("All times are shown in it. Your browser proposed one; change it freely."),
            error_messages={"invalid_choice": _("Please choose a time zone from the list.")},
            widget=forms.Select(attrs={"data-time-zone": ""}),
        )

    def set_up_languages(self) -> None:
        labels = (_("First language"), _("Second"), _("Third"), _("Fourth"))
        chosen = [*self.instance.languages, *[""] * len(LANGUAGE_FIELDS)]
        for position, name in enumerate(LANGUAGE_FIELDS):
            self.fields[name] = forms.ChoiceField(
                label=labels[position],
                choices=language_choices,
                required=position == 0,
                initial=chosen[position],
                error_messages={
                    "required": _("Please choose at least one language you work in."),
                    "invalid_choice": _("Please choose a language from the list."),
                },
            )

    def clean_name(self) -> str:
        """A name that certificates can print; said here, not on the day of the certificate."""
        name: str = self.cleaned_data["name"]
        try:
            printable_name(name)
        except UnprintableName as error:
            if error.missing:
                raise forms.ValidationError(
                    _(
                        "Certificates can’t show these letters yet: %(letters)s. Please write your "
                        "name in another spelling or script for now; you can change it any time."
                    ),
                    params={"letters": error.missing},
                ) from error
            raise forms.ValidationError(_("Please write your name with letters.")) from error
        return name

    def save(self, commit: bool = True) -> User:
        """The person with these values; languages keep their order, each once."""
        chosen = (self.cleaned_data[name] for name in LANGUAGE_FIELDS)
        self.instance.languages = list(dict.fromkeys(code for code in chosen if code))
        return super().save(commit=commit)


def profile_helper() -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.layout = Layout(
        Fieldset(
            _("You"),
            "name",
            Div("credentials_suffix", "profession", css_class="field-row"),
        ),
        Fieldset(
            _("Where you are"),
            Div("country", "time_zone", css_class="field-row"),
            "phone",
        ),
        Fieldset(
            _("Languages you work in"),
            HTML('<p class="form-text">{{ languages_hint }}</p>'),
            Div(*LANGUAGE_FIELDS, css_class="field-row"),
        ),
    )
    return helper
