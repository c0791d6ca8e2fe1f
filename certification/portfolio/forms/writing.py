"""The guided shape as a form. It has no limits of its own in the browser: a paste that is too
long is told with everything still there, never cut."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from certification.portfolio.models import CaseStudy, ClientLabel, WriteUp, Writing
from supervision.models import Competency

TOO_LONG = _(
    "This part holds up to %(limit_value)d characters, about 50,000 words; yours has "
    "%(show_value)d. It is all still here: shorten it, or move a piece into a write-up."
)


class TextsForm(forms.ModelForm[Any]):
    """Bound to what was typed; saving is the service's business."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self._meta.model.TEXTS:
            text = self.fields[name]
            text.widget.attrs.pop("maxlength", None)
            text.widget.attrs["dir"] = "auto"
            text.error_messages["max_length"] = TOO_LONG
            for validator in getattr(text, "validators", ()):
                if getattr(validator, "code", "") == "max_length":
                    validator.message = TOO_LONG

    def values(self) -> dict[str, Any]:
        """What was typed, in the form in which it is compared and saved."""
        return {
            name: value.replace("\r\n", "\n") if isinstance(value, str) else value
            for name, value in self.cleaned_data.items()
        }


class WritingForm(TextsForm):
    """A text with the competencies it shows."""

    def __init__(
        self, *args: Any, competencies: Sequence[Competency], is_open: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["competencies"]
        chosen.queryset = Competency.objects.filter(pk__in=[row.pk for row in competencies])
        chosen.choices = [(row.pk, row.name) for row in competencies]

    def values(self) -> dict[str, Any]:
        values = super().values()
        values["competencies"] = sorted(row.pk for row in self.cleaned_data["competencies"])
        if "levels" in values:
            values["levels"] = sorted(values["levels"])
        if "label" in values:
            label: ClientLabel | None = values["label"]
            values["label"] = label.pk if label else None
        return values


class CaseForm(WritingForm):
    """One case study."""

    levels = forms.MultipleChoiceField(
        label=CaseStudy._meta.get_field("levels").verbose_name,
        help_text=CaseStudy._meta.get_field("levels").help_text,
        choices=CaseStudy.Level,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = CaseStudy
        fields = ["label", *CaseStudy.PARTS]
        widgets = {
            **{name: forms.Textarea(attrs={"rows": 6}) for name in CaseStudy.TEXTS},
            "competencies": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, labels: Sequence[ClientLabel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label: Any = self.fields["label"]
        label.queryset = ClientLabel.objects.filter(pk__in=[row.pk for row in labels])
        label.choices = [("", _("No label yet")), *((row.pk, row.name) for row in labels)]


class WriteUpForm(WritingForm):
    """A write-up or reflection."""

    class Meta:
        model = WriteUp
        fields = list(WriteUp.PARTS)
        widgets = {
            "text": forms.Textarea(attrs={"rows": 18}),
            "competencies": forms.CheckboxSelectMultiple,
        }


FORMS: dict[type[Writing], type[WritingForm]] = {CaseStudy: CaseForm, WriteUp: WriteUpForm}
