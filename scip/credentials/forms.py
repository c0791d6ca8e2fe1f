"""What somebody wants to check: a code, or a file."""

import re

from django import forms
from django.core.files import File
from django.utils.translation import gettext_lazy as _

from scip.credentials.models import Credential, normalise_code
from scip.vault.inspection.check import megabytes

# Where an address of ours carries a code.
IN_ADDRESS = re.compile(r"/(?:verify|credentials)/([^/?#\s]+)", re.IGNORECASE)
# A sealed document has a few pages; anything larger is another file.
COMPARED_BYTES = 20 * 1024 * 1024


class CodeForm(forms.Form):
    """Forgiving: case, spaces, dashes and look-alike letters don't matter, and a whole address of
    a verification page, or of a paper, is as good as the code in it."""

    code = forms.CharField(
        label=_("Code on the certificate"),
        max_length=300,
        help_text=_(
            "The last part of the address beside the square code, or the whole address. Small or "
            "capital letters, spaces and dashes make no difference."
        ),
    )

    def clean_code(self) -> str:
        typed: str = self.cleaned_data["code"]
        pasted = IN_ADDRESS.search(typed)
        code = normalise_code(pasted[1] if pasted else typed)
        if not code:
            raise forms.ValidationError(
                _("Please type the last part of the address that stands beside the square code.")
            )
        return code


class CompareForm(forms.Form):
    """A file to be held against the one we made. It is read, never kept."""

    document = forms.FileField(
        label=_("The file in your hands"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".pdf,.csv,.jwt,.json"}),
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


class BadgeForm(forms.Form):
    """What the badge says of its holder beside the name."""

    names_email = forms.BooleanField(
        label=_("Put a hash of my e-mail address into the badge"),
        required=False,
        help_text=_(
            "Some sites that collect badges ask for it, to see that the badge is yours. Nobody can "
            "read the address from it, but whoever guesses it can check the guess."
        ),
    )


class GroundForm(forms.Form):
    """Why a credential is suspended or taken back, and who reads an appeal."""

    ground = forms.ChoiceField(
        label=_("Class of reason"),
        choices=Credential.Ground,
        help_text=_("For the books; the person reads your own words."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "The person reads this in their letter; the verification page shows no reason."
        ),
    )
    appeal_contact = forms.CharField(
        label=_("Who reads it if they see it differently"),
        max_length=120,
        help_text=_("By name, and somebody who had no part in this decision."),
    )


class LiftForm(forms.Form):
    """A word with the good news."""

    note = forms.CharField(
        label=_("A word to the person"),
        max_length=1500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class AnewForm(forms.Form):
    """Why a credential gets a new number."""

    reason = forms.ChoiceField(
        label=_("Because of"),
        choices=Credential.Anew,
        help_text=_("A renewal gives it another period; the other two change the name only."),
    )
