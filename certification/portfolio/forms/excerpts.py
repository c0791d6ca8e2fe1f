"""Handing in an excerpt."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.portfolio import attesting
from certification.portfolio.models import Excerpt
from certification.portfolio.services.excerpts import KINDS_TAKEN
from scip.accounts.forms.days import likely_day
from scip.vault.forms import EVIDENCE_BYTES, VaultFileField
from scip.vault.models import Arrival
from scip.vault.receiving import held_sentence
from supervision.models import Competency

IN_PERSON = "in_person"


def offer(field: Any, competencies: Sequence[Competency]) -> None:
    """Let a field choose among these."""
    field.queryset = Competency.objects.filter(pk__in=[row.pk for row in competencies])
    field.choices = [(row.pk, row.name) for row in competencies]


class MarksForm(forms.ModelForm[Excerpt]):
    """What an excerpt is called, what to listen for, and which competencies it shows."""

    class Meta:
        model = Excerpt
        fields = ("title", "note", "competencies")
        widgets = {
            "title": forms.TextInput(attrs={"dir": "auto"}),
            "note": forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
            "competencies": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, competencies: Sequence[Competency], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["competencies"], competencies)


class ExcerptForm(forms.ModelForm[Excerpt]):
    """A file that came part by part (``arrival``), a small one with the form, or shown in person.

    With an error everything stays, a file that came part by part included.
    """

    how = forms.ChoiceField(
        label=_("How it is shown"),
        choices=[
            ("file", _("I hand it in here")),
            (IN_PERSON, _("I show it to my supervisor in person")),
        ],
        widget=forms.RadioSelect,
        initial="file",
    )
    arrival = forms.UUIDField(required=False, widget=forms.HiddenInput)
    document = VaultFileField(
        label=_("Recording or transcript"),
        required=False,
        allowed=KINDS_TAKEN,
        max_bytes=EVIDENCE_BYTES,
        help_text=_(
            "Sound or film as your phone saves it (M4A, MP3, WAV, MP4, MOV, WebM and others), or a "
            "transcript as PDF or plain text. Recordings up to 2 GB; 20 MB where this page runs without "
            "scripts. Kept encrypted: you can open it, and your supervisor of today; once you submit, readers "
            "of the committee as well, if your client agreed to that."
        ),
    )
    kind = forms.ChoiceField(
        label=_("If you show it in person, what is it?"),
        choices=[("", _("Choose")), *Excerpt.Kind.choices],
        required=False,
    )
    is_attested = forms.BooleanField(label=_("I vouch for this"), required=False)

    class Meta:
        model = Excerpt
        fields = (
            "title",
            "case",
            "note",
            "competencies",
            "consent_on",
            "consent_scope",
            "identity",
        )
        widgets = {
            "title": forms.TextInput(attrs={"dir": "auto"}),
            "consent_on": forms.DateInput(attrs={"type": "date"}),
            "note": forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
            "competencies": forms.CheckboxSelectMultiple,
            "consent_scope": forms.RadioSelect,
            "identity": forms.RadioSelect,
        }

    def __init__(
        self,
        *args: Any,
        user: Any,
        cases: Any,
        competencies: Sequence[Competency] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["competencies"], competencies)
        self.fields["consent_on"].validators.append(likely_day)
        self.user = user
        self.ready: Arrival | None = None
        case: Any = self.fields["case"]
        case.queryset, case.empty_label = cases, _("None in particular")
        for name, choices in (("consent_scope", Excerpt.Scope), ("identity", Excerpt.Identity)):
            field: Any = self.fields[name]
            field.choices = choices.choices  # without an empty one
        document = self.fields["document"]
        document.widget = forms.FileInput(attrs={"accept": document.widget.attrs["accept"]})

    @property
    def wordings(self) -> list[tuple[str, str]]:
        """What is vouched for, by who can be recognised."""
        return [(str(label), attesting.wording(value)) for value, label in Excerpt.Identity.choices]

    def clean_consent_on(self) -> Any:
        day = self.cleaned_data["consent_on"]
        if day > timezone.localdate():
            raise ValidationError(_("This day is still to come. Consent comes before the excerpt."))
        return day

    def clean_arrival(self) -> Any:
        """The person's own file, checked and not handed in yet."""
        key = self.cleaned_data["arrival"]
        if key is None:
            return None
        rows = Arrival.objects.visible_to(self.user).filter(purpose=Excerpt.PURPOSE)
        found = rows.select_related("file").filter(pk=key).first()
        if found is None or found.state == Arrival.State.TAKEN:
            raise ValidationError(_("This file is not here any more. Please choose it again."))
        if found.state == Arrival.State.REFUSED:
            raise ValidationError(found.refusal)
        if found.state == Arrival.State.HELD:
            raise ValidationError(held_sentence())
        if found.state != Arrival.State.READY:
            raise ValidationError(
                _(
                    "The file is not here completely yet. Choose the same file again; it goes on where it stopped."
                )
            )
        self.ready = found
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("how") == IN_PERSON:
            cleaned["arrival"] = cleaned["document"] = None
            if not cleaned.get("kind"):
                self.add_error("kind", _("Please say what you show."))
        elif not {"arrival", "document"} & self.errors.keys():
            cleaned["kind"] = ""
            if not cleaned.get("arrival") and not cleaned.get("document"):
                self.add_error(
                    "document", _("Please choose a file, or say that you show it in person.")
                )
        if not cleaned.get("is_attested"):
            self.add_error(
                "is_attested", _("Please read what you vouch for, then say so with the tick.")
            )
        return cleaned

    @property
    def facts(self) -> dict[str, Any]:
        """What the service takes."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in {"how", "is_attested"}
        }
