"""Feedback, and words for oneself."""

from django import forms
from django.utils.translation import gettext_lazy as _

from supervision.models import Feedback


class FeedbackForm(forms.ModelForm[Feedback]):
    """The supervisor's words for the candidate."""

    class Meta:
        model = Feedback
        fields = ["text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 5})}
        help_texts = {"text": _("The candidate gets a letter that there is something to read.")}


class OwnWordsForm(forms.Form):
    """A note or an entry in one's journal."""

    own = forms.CharField(
        label=_("For yourself"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 5})
    )


class ChangeOwnForm(forms.Form):
    """One's own words again; an empty text takes them out."""

    own = forms.CharField(
        label=_("For yourself"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("Leave it empty to take it out."),
    )
