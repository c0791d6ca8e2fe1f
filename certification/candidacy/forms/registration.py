"""Attesting, the retreat, leaving."""

from datetime import date
from typing import Any, cast

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from scip.accounts.forms.prerequisites import day_field
from scip.accounts.forms.text import OwnNameField, PlainTextField
from scip.vault.forms import VaultFileField
from scip.vault.models import StoredFile

ATTESTATION = _(
    "I held these sessions myself, as the clinician or under supervision, and brought "
    "self-compassion into each of them deliberately. The two figures above are true to my records."
)


class AttestationForm(forms.Form):
    """Two figures and a name below a sentence. Nobody asks for clients' names."""

    client_sessions = forms.IntegerField(
        label=_("Client sessions into which you brought self-compassion deliberately"),
        min_value=1,
        max_value=9_999,
    )
    clients = forms.IntegerField(
        label=_("Different clients in these sessions"), min_value=1, max_value=9_999
    )
    name_typed = OwnNameField(
        label=_("Your name, in place of a signature"),
        max_length=200,
        help_text=_("By typing it you put your word to the sentence above."),
    )

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("OwnNameField", self.fields["name_typed"]).name = name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        sessions, clients = cleaned.get("client_sessions"), cleaned.get("clients")
        if sessions and clients and sessions < clients:
            self.add_error(
                "client_sessions",
                _("Each client counts with at least one session. Please look at both figures."),
            )
        return cleaned


class RetreatForm(forms.Form):
    """The retreat as it will be asked for again in the letter of application, with evidence."""

    title = PlainTextField(label=_("Name of the retreat"), max_length=160)
    teachers = PlainTextField(label=_("Teachers"), max_length=300)
    started_on = day_field(_("First day"))
    ended_on = day_field(_("Last day"))
    is_online = forms.BooleanField(label=_("It was online"), required=False)
    place = PlainTextField(
        label=_("Place"),
        max_length=160,
        required=False,
        help_text=_("Leave it empty for a retreat online."),
    )
    is_silent = forms.BooleanField(
        label=_("It was held in silence"),
        required=False,
        help_text=_("Guidance by teachers and short talks with them are part of it."),
    )
    document = VaultFileField(label=_("Your certificate, or a note from your teacher"))

    def __init__(self, *args: Any, kept: StoredFile | None = None, **kwargs: Any) -> None:
        """``kept`` is the file of the record that is being corrected; it may stay."""
        super().__init__(*args, **kwargs)
        field = self.fields["document"]
        field.widget = forms.FileInput(attrs={"accept": field.widget.attrs["accept"]})
        field.required = kept is None
        self.initial["document"] = kept
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            "title",
            "teachers",
            Div("started_on", "ended_on", css_class="field-row"),
            "is_online",
            "place",
            "is_silent",
            "document",
        )

    @property
    def facts(self) -> dict[str, Any]:
        """The cleaned facts without the document."""
        return {name: value for name, value in self.cleaned_data.items() if name != "document"}


class LeaveForm(forms.Form):
    """From when until when, and why, if somebody wants to say."""

    from_on = day_field(_("First day of your leave"))
    until_on = day_field(
        _("Back on"),
        required=False,
        help_text=_("Leave it empty if you do not know yet; you come back with one press."),
    )
    reason = forms.CharField(
        label=_("Why, if you want to say"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only the office can read it. You owe nobody a reason."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, back = cleaned.get("from_on"), cleaned.get("until_on")
        if isinstance(first, date) and isinstance(back, date) and back <= first:
            raise ValidationError(
                _("The day you come back lies after the first day of your leave.")
            )
        return cleaned


class WithdrawForm(forms.Form):
    """One question, and it may stay without an answer."""

    reason = forms.CharField(
        label=_("What would have made it easier?"),
        required=False,
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("You need not answer. The office reads it, to do better."),
    )
