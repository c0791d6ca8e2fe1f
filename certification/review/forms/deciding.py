"""What the chair, the second reader and a candidate who resubmits fill in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from certification.portfolio.forms.writing import TextsForm
from certification.review.models import Decision, Response


class DecisionForm(TextsForm):
    """The letter, part by part, as it is written; nothing is asked of it while it is a draft.
    Points are typed one a line."""

    points = forms.CharField(
        label=_("What a resubmission has to show"),
        required=False,
        help_text=_(
            "One point a line. Only these are read again, so say each so that somebody can answer it."
        ),
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    class Meta:
        model = Decision
        fields = tuple(name for name in Decision.PARTS if name != "points")
        widgets = {
            "outcome": forms.RadioSelect,
            **{name: forms.Textarea(attrs={"rows": 6}) for name in ("strengths", "missing", "how")},
            "by_when": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    field_order = Decision.PARTS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outcome: Any = self.fields["outcome"]
        outcome.choices = Decision.Outcome.choices
        self.fields["further_sessions"].required = False

    def clean_further_sessions(self) -> int:
        return self.cleaned_data.get("further_sessions") or 0

    def values(self) -> dict[str, Any]:
        """As they are compared; the day in its plain spelling, points without empty lines."""
        values = super().values()
        values["by_when"] = on(values["by_when"])
        lines = (" ".join(line.split()) for line in values["points"].splitlines())
        values["points"] = "\n".join(line for line in lines if line)
        return values


def on(value: Any) -> str:
    """A day as it stands in a form; empty without one."""
    return value.isoformat() if value is not None else ""


class SecondForm(forms.Form):
    """Who reads it as the second: the reviewers of this submission, or somebody else who is asked."""

    second = forms.TypedChoiceField(
        label=_("Who reads it as the second"),
        widget=forms.RadioSelect,
        coerce=int,
        empty_value=None,
    )

    def __init__(self, *args: Any, choices: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        second: Any = self.fields["second"]
        second.choices = choices


class RecordForm(DecisionForm):
    """The same for the office, which writes down what the chair has told; it goes to a second
    reader at once."""

    second = forms.TypedChoiceField(label=_("Who reads it as the second"), coerce=int)

    def __init__(
        self, *args: Any, choices: list[tuple[str, Any]], returned: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        second: Any = self.fields["second"]
        second.choices = choices
        if returned:
            # What the second reader would change in the letter that was written down before.
            said = _("The second reader gave it back: {reason}").format(reason=returned)
            self.fields["outcome"].help_text = said
        for name in ("outcome", "strengths", "contact_name", "contact_email"):
            self.fields[name].required = True


class ReturnForm(forms.Form):
    """Why the second reader gives it back."""

    reason = forms.CharField(
        label=_("What you would change"),
        max_length=4000,
        help_text=_(
            "Whoever goes on with the letter reads it: the chair, or the office where it wrote the "
            "letter down for one."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ResponseForm(TextsForm):
    """What a candidate says to one point."""

    class Meta:
        model = Response
        fields = Response.PARTS
        widgets = {"text": forms.Textarea(attrs={"rows": 12})}
