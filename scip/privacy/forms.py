"""Asking to be erased."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class EraseForm(forms.Form):
    """What becomes of certificates (asked only if there are some), and the person's own address,
    typed: nobody does this by a slip."""

    certificates = forms.ChoiceField(
        label=gettext_lazy("Your certificates"),
        choices=[
            ("keep", gettext_lazy("Let them stand with my name, so that they can be verified")),
            (
                "take_down",
                gettext_lazy("Take them down: the name goes, and they are no longer valid"),
            ),
        ],
        widget=forms.RadioSelect,
    )
    address = forms.EmailField(
        label=gettext_lazy("Type your e-mail address"),
        help_text=gettext_lazy("The one you sign in with, so that this can’t happen by a slip."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, address: str, has_certificates: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wanted = address
        if not has_certificates:
            del self.fields["certificates"]

    def clean_address(self) -> str:
        typed: str = self.cleaned_data["address"]
        if typed.strip().lower() != self.wanted.lower():
            raise forms.ValidationError(
                _("This is not the address you sign in with. Nothing was asked for yet.")
            )
        return typed

    @property
    def takes_down(self) -> bool:
        """Does the person want their certificates taken down?"""
        return self.cleaned_data.get("certificates") == "take_down"


class LetterForm(forms.Form):
    """The office enters a request that came by letter."""

    address = forms.EmailField(
        label=gettext_lazy("Address of the person’s account"), max_length=254
    )
    letter_note = forms.CharField(
        label=gettext_lazy("How it came, and how you made sure who is asking"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    takes_down_credentials = forms.BooleanField(
        label=gettext_lazy("They want their certificates taken down"), required=False
    )
