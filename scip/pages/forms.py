"""The two forms that anybody may fill in."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Layout
from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from scip.pages.models import InterestEntry
from scip.pages.traps import looks_timely, opened_stamp


class GuardedForm(forms.Form):
    """A public form with the traps of `scip.pages.traps`.

    A trap that closes shows in ``is_caught`` and as an error of the whole form, so the page
    comes back with everything still typed in and a fresh stamp.
    """

    form_name = ""
    homepage = forms.CharField(
        label=_("Leave this field empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    opened = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_caught = False
        self.is_too_many = False
        self.fields["opened"].initial = opened_stamp(self.form_name)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            *(name for name in self.fields if name not in {"homepage", "opened"}),
            HTML('<input type="hidden" name="opened" value="{{ form.fresh_stamp }}">'),
            Div("homepage", css_class="honeypot", aria_hidden="true"),
        )

    @property
    def fresh_stamp(self) -> str:
        """The page always carries a new stamp, also when the old one was too young or too old."""
        return opened_stamp(self.form_name)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:  # what is missing comes first; the traps look when it is complete
            return cleaned
        if cleaned.get("homepage") or not looks_timely(cleaned.get("opened", ""), self.form_name):
            self.is_caught = True
            # By its items: unpacked as it is, a form's data comes in lists.
            self.data = dict(self.data.items()) | {"homepage": ""}
            raise forms.ValidationError(
                _(
                    "Please send this once more. Our small guard against machines was not sure "
                    "about it; everything you typed is still here."
                ),
                code="caught",
            )
        return cleaned


class InterestForm(GuardedForm):
    form_name = "interest"

    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Where should we write to?")},
    )
    about = forms.ChoiceField(
        label=_("What would you like to hear about?"),
        choices=InterestEntry.About.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the three; you can send the form again.")},
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    country = forms.ChoiceField(
        label=_("Country"),
        required=False,
        choices=lambda: [("", _("Choose a country")), *countries],
        help_text=_("It helps us choose hours that suit the people who wait."),
    )
    note = forms.CharField(
        label=_("Anything we should know"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ContactForm(GuardedForm):
    form_name = "contact"

    name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("How may we address you?")},
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Where should we write to?")},
    )
    message = forms.CharField(
        label=_("Your message"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("Please leave out anything about clients; this is an ordinary letter."),
        error_messages={"required": _("Write a line or two, so that we know what it is about.")},
    )
