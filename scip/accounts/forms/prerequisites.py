"""One form for each kind of evidence, with its document."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from scip.accounts.forms.days import likely_day
from scip.accounts.forms.text import PlainTextField
from scip.accounts.models import Prerequisite
from scip.vault.forms import VaultFileField
from scip.vault.models import StoredFile

Kind = Prerequisite.Kind
Standing = Prerequisite.Standing


def day_field(label: Any, **kwargs: Any) -> forms.DateField:
    """A day, picked with the browser's own calendar."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "invalid": _("Please write the day as year, month, day, for example 2027-03-02.")
        },
        validators=[likely_day],
        **kwargs,
    )


class PrerequisiteForm(forms.Form):
    """What every kind shares: the document, and days that make sense."""

    kind: ClassVar[Kind]
    layout: ClassVar[tuple[Any, ...]]
    document_label: ClassVar[Any] = _("Document")

    document = VaultFileField(label=_("Document"))

    def __init__(
        self, *args: Any, today: date, kept: StoredFile | None = None, **kwargs: Any
    ) -> None:
        """``kept`` is the file of the record that is being corrected; it may stay."""
        super().__init__(*args, **kwargs)
        self.today = today
        field = self.fields["document"]
        field.label = self.document_label
        field.widget = forms.FileInput(attrs={"accept": field.widget.attrs["accept"]})
        field.required = kept is None
        self.initial["document"] = kept
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(*self.layout, "document")

    def clean_expires_on(self) -> date | None:
        ends: date | None = self.cleaned_data["expires_on"]
        if ends is not None and ends < self.today:
            raise ValidationError(
                _("That day has passed already. Please send the document that holds now.")
            )
        return ends

    def clean_completed_on(self) -> date:
        done: date = self.cleaned_data["completed_on"]
        if done > self.today:
            raise ValidationError(_("That day is still to come. Please add it once you are done."))
        return done

    @property
    def facts(self) -> dict[str, Any]:
        """The cleaned facts without the document."""
        return {name: value for name, value in self.cleaned_data.items() if name != "document"}


class StandingForm(PrerequisiteForm):
    """A licence, supervised practice or studies; each needs its own facts."""

    kind = Kind.STANDING
    document_label = _("Your licence, a letter from your supervisor, or proof of enrolment")
    # What each standing asks for, with the sentence if it is missing.
    asked: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        Standing.LICENSED: {
            "number": _("Please write the number of your licence."),
            "jurisdiction": _("Please write where your licence holds."),
        },
        Standing.SUPERVISED: {
            "institution": _("Please write where you practise, or who supervises you."),
            "jurisdiction": _("Please write where you practise."),
        },
        Standing.STUDENT: {
            "institution": _("Please write where you study."),
            "expires_on": _("Please write when you expect to graduate."),
        },
    }
    # Facts that mean nothing for a standing are dropped, so that a change leaves no remains.
    unasked: ClassVar[Mapping[str, tuple[str, ...]]] = {
        Standing.LICENSED: ("institution",),
        Standing.SUPERVISED: ("number",),
        Standing.STUDENT: ("number", "jurisdiction"),
    }

    standing = forms.ChoiceField(
        label=_("How do you work?"),
        choices=Standing.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what describes you best.")},
    )
    number = PlainTextField(label=_("Number of your licence"), max_length=80, required=False)
    jurisdiction = PlainTextField(
        label=_("Where it holds"),
        max_length=120,
        required=False,
        help_text=_("State or country."),
    )
    institution = PlainTextField(
        label=_("School, workplace or supervisor"), max_length=160, required=False
    )
    expires_on = day_field(
        _("Until when"),
        required=False,
        help_text=_(
            "The last day of a licence, or the day you expect to graduate. "
            "Leave it empty if your licence has no end."
        ),
    )
    layout = (
        "standing",
        Div("number", css_class="only-licensed"),
        Div("jurisdiction", css_class="only-licensed only-supervised"),
        Div("institution", css_class="only-supervised only-student"),
        "expires_on",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        standing = cleaned.get("standing")
        if standing is None:
            return cleaned
        for name in self.unasked[standing]:
            cleaned[name] = ""
        for name, sentence in self.asked[standing].items():
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, sentence)
        return cleaned


class MscForm(PrerequisiteForm):
    """A full MSC programme in one of its three formats."""

    kind = Kind.MSC
    document_label = _("Your certificate, or a note from your teacher")

    msc_format = forms.ChoiceField(
        label=_("Which programme?"),
        choices=Prerequisite.MscFormat.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose the programme you completed.")},
    )
    completed_on = day_field(
        _("Last day"), help_text=_("If you are not sure of the day, the month is what matters.")
    )
    teacher = PlainTextField(label=_("Teacher"), max_length=160)
    layout = ("msc_format", Div("completed_on", "teacher", css_class="field-row"))


class InsuranceForm(PrerequisiteForm):
    """Liability insurance, one's own or through a school or employer."""

    kind = Kind.INSURANCE
    document_label = _("Your certificate of insurance")

    insurer = PlainTextField(
        label=_("Who insures you"),
        max_length=160,
        help_text=_("Cover through your school or employer counts: then write its name."),
    )
    number = PlainTextField(label=_("Number of the policy"), max_length=80, required=False)
    expires_on = day_field(_("Last day of the cover"))
    layout = ("insurer", Div("number", "expires_on", css_class="field-row"))


class PracticeForm(PrerequisiteForm):
    """Clinical practice at present."""

    kind = Kind.PRACTICE
    document_label = _("A note from your workplace, or a statement that you sign yourself")

    practice_setting = PlainTextField(
        label=_("Where and with whom do you work?"),
        max_length=300,
        help_text=_("For example: community clinic, adults, about ten sessions a week."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    layout = ("practice_setting",)


FORMS: Mapping[str, type[PrerequisiteForm]] = {
    form.kind.value: form for form in (StandingForm, MscForm, InsuranceForm, PracticeForm)
}


def form_for(kind: str) -> type[PrerequisiteForm]:
    """The form of a kind; KeyError for a word that is none."""
    return FORMS[kind]
