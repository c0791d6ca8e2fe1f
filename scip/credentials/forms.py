"""The code somebody wants to check."""

from django import forms
from django.utils.translation import gettext_lazy as _

from scip.credentials.models import normalise_code


class CodeForm(forms.Form):
    """Forgiving: case, spaces, dashes and look-alike letters don't matter."""

    code = forms.CharField(
        label=_("Code on the certificate"),
        max_length=60,
        help_text=_("Small or capital letters, spaces and dashes make no difference."),
    )

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not normalise_code(code):
            raise forms.ValidationError(
                _("Please type the letters and digits as they stand below the square code.")
            )
        return code
