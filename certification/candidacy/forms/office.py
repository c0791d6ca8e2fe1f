"""What the office writes: reasons, verdicts, decisions."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from certification.candidacy.models import EquivalencyItem
from scip.credentials.models import Level


class ReasonForm(forms.Form):
    """One text that the person reads."""

    reason = forms.CharField(
        label=_("What you write"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The person reads it in the letter and on their page."),
    )


class VerdictForm(forms.Form):
    """What the office makes of one item."""

    verdict = forms.ChoiceField(label=_("This item"), choices=EquivalencyItem.Verdict.choices)
    note = forms.CharField(label=_("A note that the person reads"), max_length=500, required=False)


class DecisionForm(forms.Form):
    """Which levels are credited, and why. No level: not credited."""

    levels = forms.MultipleChoiceField(
        label=_("Credit"), required=False, widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(
        label=_("What the decision rests on"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The person reads it; it stays on record with the credit."),
    )

    def __init__(self, *args: Any, levels: list[str], **kwargs: Any) -> None:
        """``levels`` are those that are not on record yet."""
        super().__init__(*args, **kwargs)
        choices = [(code, Level(code).label) for code in levels]
        self.fields["levels"].choices = choices  # type: ignore[attr-defined]
