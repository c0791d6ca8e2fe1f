"""Handing over case material."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scip.accounts.forms.text import PlainTextField
from scip.vault.forms import VaultFileField
from scip.vault.inspection.check import megabytes
from supervision.models import Appointment, SupervisionSession
from supervision.services.material import MATERIAL_BYTES


class MaterialForm(forms.Form):
    """A document, or a word on what is shown in person."""

    title = PlainTextField(
        label=_("What it is"),
        max_length=160,
        help_text=_("Without names of clients, for example: transcript, third session."),
    )
    note = forms.CharField(
        label=_("What to look at"),
        required=False,
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    occasion = forms.ChoiceField(
        label=_("For which session"),
        required=False,
        help_text=_("If it belongs to one. It then stands with that session, too."),
    )
    is_shown_in_person = forms.TypedChoiceField(
        label=_("How"),
        choices=[("", _("I hand a document over")), ("1", _("I show it in person"))],
        coerce=bool,
        empty_value=False,  # type: ignore[arg-type]
        required=False,
        widget=forms.RadioSelect,
        initial="",
    )
    document = VaultFileField(label=_("Document"), required=False, max_bytes=MATERIAL_BYTES)
    is_deidentified = forms.BooleanField(
        label=_("Nobody can be recognised in it, and the client has agreed"), required=False
    )

    def __init__(
        self,
        *args: Any,
        occasions: Mapping[str, tuple[str, Appointment | SupervisionSession]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.occasions = occasions
        choices = [(value, label) for value, (label, _row) in occasions.items()]
        self.fields["occasion"].choices = [("", gettext("No session in particular")), *choices]  # type: ignore[attr-defined]
        if not choices:
            del self.fields["occasion"]
        field = self.fields["document"]
        field.widget = forms.FileInput(attrs={"accept": field.widget.attrs["accept"]})
        field.help_text = _(
            "A PDF or a picture, up to {limit} MB. Kept encrypted; only your supervisor can open "
            "it, and you see when. Recordings have their place among the excerpts of your portfolio."
        ).format(limit=megabytes(MATERIAL_BYTES))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "document" in self.errors:
            return cleaned
        if cleaned.get("is_shown_in_person"):
            cleaned["document"] = None
            return cleaned
        if cleaned.get("document") is None:
            self.add_error(
                "document", _("Please choose a file, or say that you show it in person.")
            )
        if not cleaned.get("is_deidentified"):
            self.add_error(
                "is_deidentified",
                ValidationError(_("Please look once more, then say so with the tick.")),
            )
        return cleaned

    @property
    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        left_out = {"is_shown_in_person", "occasion"}
        found = {name: value for name, value in self.cleaned_data.items() if name not in left_out}
        chosen = self.cleaned_data.get("occasion", "")
        if chosen:
            found[chosen.partition("-")[0]] = self.occasions[chosen][1]
        return found
