"""Asking for an exception and handing in make-up work."""

from django import forms

from cohorts.models import AbsenceException


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
