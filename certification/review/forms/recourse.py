"""What the office fills in for a candidate: an appeal on their behalf, more time."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scip.accounts.forms.text import PlainTextField
from scip.vault.forms import EVIDENCE_BYTES, VaultFileField
from scip.vault.inspection.check import megabytes


class OnBehalfForm(forms.Form):
    """What the candidate sent, and why the office files it."""

    KEPT = ("statement", "document", "title", "reason")
    statement = forms.CharField(
        label=_("What the candidate wrote"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("Word for word. Leave it empty where their letter is attached."),
    )
    document = VaultFileField(
        label=_("Their letter"),
        required=False,
        help_text=format_lazy(
            _("PDF or picture, up to {limit} MB. Kept encrypted; its panel opens it."),
            limit=megabytes(EVIDENCE_BYTES),
        ),
    )
    title = PlainTextField(label=_("What the attached letter is"), max_length=160, required=False)
    reason = forms.CharField(
        label=_("Why the office files it"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("A sentence at least. The candidate and the panel read these words."),
    )
    is_meant = forms.BooleanField(label=_("The candidate asked CMSC for it, in what stands above"))
    # The file that was there when the letter was shown: a browser doesn't keep it.
    chosen = forms.CharField(required=False, max_length=255, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any] | None:
        found = super().clean()
        name = self.cleaned_data.get("chosen")
        if name and "send" in self.data and not self.files.get("document"):
            sentence = _(
                "Please choose “{name}” once more, or show the letter again without it. Nothing "
                "was filed."
            )
            self.add_error("document", sentence.format(name=name))
        return found


class MoreTimeForm(forms.Form):
    """A later day, and why."""

    last_on = forms.DateField(
        label=_("The new last day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("It belongs to the time whole, by UTC."),
    )
    reason = forms.CharField(
        label=_("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("A sentence at least. The candidate reads these words."),
    )
