"""What somebody shares with a group, and whether they want letters."""

from django import forms
from django.utils.translation import gettext_lazy as _

from scip.community.models import DigestChoice, Sharing


class SharingForm(forms.Form):
    """What this group may see."""

    level = forms.ChoiceField(
        label=_("What this group sees of you"),
        choices=Sharing.Level.choices,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Please choose one of the three.")},
    )


class DigestForm(forms.Form):
    """Letters about what is new."""

    frequency = forms.ChoiceField(
        label=_("Letters about what is new"),
        choices=DigestChoice.Frequency.choices,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Please choose one of the two.")},
    )
