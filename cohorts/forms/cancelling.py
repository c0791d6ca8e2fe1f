"""Forms for giving up a place and for cancelling a cohort."""

from django import forms
from django.utils.translation import gettext_lazy as _


class CancelPlaceForm(forms.Form):
    """The amount that was shown, and a word if one likes."""

    back = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Would you like to tell us why?"),
        help_text=_("Optional. It stays with your payment; the office reads it."),
        max_length=250,
        required=False,
    )

    def showing(self, back_cents: int) -> "CancelPlaceForm":
        """The form for a page that shows ``back_cents``; what was written stays."""
        reason = self.data.get("reason", "")
        return CancelPlaceForm(initial={"back": back_cents, "reason": reason})


class CancelCohortForm(forms.Form):
    """The words that everybody reads, and the number of people that was shown."""

    reason = forms.CharField(
        label=_("Words for the people"),
        help_text=_("Everybody reads them in their letter: why, and what you can offer instead."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5, "cols": 80}),
    )
