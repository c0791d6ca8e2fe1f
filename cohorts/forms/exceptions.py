"""Asking for an exception and handing in make-up work."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cohorts.models import AbsenceException, ExceptionComment


class ExceptionRequestForm(forms.ModelForm[AbsenceException]):
    """Why somebody could not be there."""

    class Meta:
        model = AbsenceException
        fields = ["reason"]
        widgets = {"reason": forms.Textarea(attrs={"rows": 4})}


class MakeUpForm(forms.Form):
    """The make-up work itself, written or pasted."""

    work = forms.CharField(
        label=AbsenceException._meta.get_field("make_up_work").verbose_name,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 12}),
    )


class CommentForm(forms.ModelForm[ExceptionComment]):
    """A facilitator's word for the office."""

    class Meta:
        model = ExceptionComment
        fields = ["text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 5})}
        help_texts = {
            "text": _(
                "The office and the facilitators of this group read it; the participant does not. "
                "It can be added to, not changed. The office may decide without it."
            )
        }
