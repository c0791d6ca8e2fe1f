"""The office's forms about evidence and roles."""

from django import forms
from django.utils.translation import gettext_lazy as _

from scip.accounts.models import Role


class ReturnForm(forms.Form):
    """What is missing; the person reads it word for word."""

    reason = forms.CharField(
        label=_("What is missing, and what would help"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5, "cols": 70}),
        help_text=_("The person reads this in the letter and on their page."),
        error_messages={"required": _("Please write what is missing and what would help.")},
    )


class RoleForm(forms.Form):
    """A role to give."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class SecondFactorForm(forms.Form):
    """Why a second factor is taken away."""

    reason = forms.CharField(
        label=_("How you made sure who is asking"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 70}),
        help_text=_(
            "For example: called back on the number in the profile. Only a fingerprint is kept."
        ),
    )
