"""A case for credit: its words, its items, its answer."""

from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from certification.candidacy.models import EquivalencyCase, EquivalencyItem
from scip.accounts.forms.text import PlainTextField
from scip.credentials.models import Level
from scip.vault.forms import VaultFileField

# No format of the programme is older than this.
FIRST_YEAR = 2005


class StartForm(forms.Form):
    """Which earlier format somebody trained in."""

    format = forms.ChoiceField(
        label=_("Which format did you train in?"),
        choices=EquivalencyCase.Format.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose the one that comes closest.")},
    )


class CaseForm(forms.ModelForm[EquivalencyCase]):
    """The format and the person's own words."""

    class Meta:
        model = EquivalencyCase
        fields = ["format", "statement"]
        widgets = {"statement": forms.Textarea(attrs={"rows": 7})}
        help_texts = {
            "statement": _(
                "When and with whom you trained, what you have done with it since, and what "
                "supervision you had. Half a page is plenty."
            )
        }


class ItemForm(forms.Form):
    """One piece of evidence, mapped to what is asked today."""

    level = forms.ChoiceField(label=_("It counts for"), widget=forms.RadioSelect)
    kind = forms.ChoiceField(label=_("What it is"), choices=EquivalencyItem.Kind.choices)
    title = PlainTextField(
        label=_("Name it"), max_length=200, help_text=_("Course, place, with whom.")
    )
    year = forms.IntegerField(label=_("Year"))
    hours = forms.IntegerField(label=_("Hours"), required=False, min_value=1, max_value=2_000)
    document = VaultFileField(label=_("A document that shows it, if you have one"), required=False)

    def __init__(self, *args: Any, levels: list[str], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(code, Level(code).label) for code in levels]
        self.fields["level"].choices = choices  # type: ignore[attr-defined]
        self.today = today
        field = self.fields["document"]
        field.widget = forms.FileInput(attrs={"accept": field.widget.attrs["accept"]})
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            "level", "kind", "title", Div("year", "hours", css_class="field-row"), "document"
        )

    def clean_year(self) -> int:
        year: int = self.cleaned_data["year"]
        if not FIRST_YEAR <= year <= self.today.year:
            raise forms.ValidationError(
                _("Please give a year between {first} and now.").format(first=FIRST_YEAR)
            )
        return year

    @property
    def facts(self) -> dict[str, Any]:
        """The cleaned facts without the document."""
        return {name: value for name, value in self.cleaned_data.items() if name != "document"}


class AnswerForm(forms.Form):
    """An answer to the office's question."""

    answer = forms.CharField(
        label=_("Your answer"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5})
    )
