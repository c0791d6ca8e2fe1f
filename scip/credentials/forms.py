"""What somebody wants to check: a code, or a file."""

from django import forms
from django.core.files import File
from django.utils.translation import gettext_lazy as _

from scip.credentials.models import normalise_code
from scip.vault.inspection.check import megabytes

# A sealed document has a few pages; anything larger is another file.
COMPARED_BYTES = 20 * 1024 * 1024


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


class CompareForm(forms.Form):
    """A file to be held against the one we made. It is read, never kept."""

    document = forms.FileField(
        label=_("The file in your hands"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".pdf,.csv"}),
        help_text=_("We compare it with the one we made, and keep nothing of it."),
    )

    def clean_document(self) -> File[bytes]:
        upload: File[bytes] = self.cleaned_data["document"]
        if upload.size > COMPARED_BYTES:
            raise forms.ValidationError(
                _("This file is larger than {limit} MB, so it is not one of ours.").format(
                    limit=megabytes(COMPARED_BYTES)
                )
            )
        return upload
