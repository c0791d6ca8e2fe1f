"""Labels, words, and lines of the log."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from certification.portfolio.models import ClientLabel, ClientSession, KnownWord, WriteUp
from scip.accounts.forms.days import likely_day


class NewCaseForm(forms.Form):
    """Whom a new case study is about: a label that is there, a new one, or none yet."""

    label = forms.ModelChoiceField(
        ClientLabel.objects.none(),
        label=_("A client you have a label for"),
        required=False,
        empty_label=_("Choose a label"),
    )
    new_label = forms.CharField(
        label=_("Or a new label"),
        max_length=40,
        required=False,
        help_text=_(
            "For example “Client C”. A label that only you can connect with a person; initials "
            "and first names say too much."
        ),
    )

    def __init__(self, *args: Any, labels: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["label"]
        field.queryset = labels
        if not labels:
            del self.fields["label"]
            self.fields["new_label"].label = _("A label for your client")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("label") and data.get("new_label"):
            self.add_error("new_label", _("Choose a label or type a new one, not both."))
        return data


class LabelForm(forms.ModelForm[ClientLabel]):
    """A label for a client."""

    class Meta:
        model = ClientLabel
        fields = ["name"]


class WordForm(forms.ModelForm[KnownWord]):
    """A name to avoid."""

    class Meta:
        model = KnownWord
        fields = ["text"]
        labels = {"text": _("A name to avoid")}
        help_texts = {
            "text": _(
                "First names, last names, employers, streets: whatever must not slip in. Found "
                "in capitals and small letters alike."
            )
        }


class NewWriteUpForm(forms.ModelForm[WriteUp]):
    """What kind of text, and a title to find it by."""

    class Meta:
        model = WriteUp
        fields = ["kind", "title"]
        widgets = {"kind": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind: Any = self.fields["kind"]
        kind.choices = [
            (WriteUp.Kind.CASE, _("A case written up: one client, at length")),
            (WriteUp.Kind.REFLECTION, _("A clinical reflection: what your work asks of you")),
        ]


class SessionForm(forms.ModelForm[ClientSession]):
    """One line of the log."""

    class Meta:
        model = ClientSession
        fields = ["held_on", "label", "minutes", "practice"]
        widgets = {
            "held_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "minutes": forms.NumberInput(attrs={"inputmode": "numeric"}),
            "practice": forms.TextInput(attrs={"dir": "auto"}),
        }

    def __init__(self, *args: Any, labels: Sequence[ClientLabel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["held_on"].validators.append(likely_day)
        label: Any = self.fields["label"]
        label.queryset = ClientLabel.objects.filter(pk__in=[row.pk for row in labels])
        label.choices = [("", _("Choose a label")), *((row.pk, row.name) for row in labels)]
