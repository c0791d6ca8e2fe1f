"""The letter of application, and who should not read it."""

from django import forms

from certification.portfolio.forms.writing import TextsForm
from certification.review.models import ApplicationLetter, NotToRead


class LetterForm(TextsForm):
    """The letter, part by part; it has no limits of its own in the browser."""

    class Meta:
        model = ApplicationLetter
        fields = ApplicationLetter.PARTS
        widgets = {name: forms.Textarea(attrs={"rows": 9}) for name in ApplicationLetter.TEXTS}


class NotToReadForm(forms.ModelForm[NotToRead]):
    """One person."""

    class Meta:
        model = NotToRead
        fields = ("name", "tie", "email")
