"""Asking to move to another cohort, and deciding about it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cohorts.models import Transfer
from cohorts.queries.transfers import Exchange


class TransferRequestForm(forms.ModelForm[Transfer]):
    """Why somebody would like to move."""

    class Meta:
        model = Transfer
        fields = ["reason"]
        widgets = {"reason": forms.Textarea(attrs={"rows": 4})}


class BeginTransferForm(TransferRequestForm):
    """The office begins a move for somebody: where to, and why."""

    target = forms.ChoiceField(label=_("Where to"))
    field_order = ("target", "reason")

    def __init__(self, *args: Any, exchanges: list[Exchange], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[tuple[str | int, str]] = [("", "—")]
        choices += [(item.target.pk, item.target.title) for item in exchanges if item.is_possible]
        self.fields["target"] = forms.ChoiceField(
            label=self.fields["target"].label, choices=choices
        )
        self.fields["reason"].label = _("Why")
        self.fields["reason"].help_text = _("It stays on record; only the office reads it.")


class CarryOutForm(forms.Form):
    """The amounts that were shown, in cents."""

    due = forms.IntegerField(widget=forms.HiddenInput)
    back = forms.IntegerField(widget=forms.HiddenInput)


class DeclineTransferForm(forms.Form):
    """Why a move is not possible, as the person reads it."""

    reason = forms.CharField(
        label=_("Why it is not possible this time"),
        help_text=_("The person reads these words in the letter. Their place stays as it is."),
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
