"""Writing, signing and ending an agreement."""

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from scip.accounts.forms.text import OwnNameField
from supervision.models import Agreement, AgreementVersion


class VersionForm(forms.ModelForm[AgreementVersion]):
    """The text that both will sign."""

    rate = forms.DecimalField(
        label=_("Rate for a session"),
        decimal_places=2,
        max_digits=8,
        validators=[MinValueValidator(0)],
        help_text=_("In {currency}. Only the two of you and CMSC see it."),
    )

    class Meta:
        model = AgreementVersion
        fields = ["goals", "schedule", "payment_plan"]
        widgets = {
            "goals": forms.Textarea(attrs={"rows": 5}),
            "schedule": forms.Textarea(attrs={"rows": 3}),
            "payment_plan": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "goals": _("What the candidate would like to learn, and what the supervisor offers."),
            "schedule": _(
                "How often, how long, online or in person, and what if one of you cannot."
            ),
            "payment_plan": _("When and how the sessions are paid, directly between you."),
        }

    field_order = ("goals", "schedule", "rate", "payment_plan")

    def __init__(self, *args: Any, rate_cents: int, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rate = self.fields["rate"]
        rate.initial = Decimal(rate_cents) / 100
        rate.help_text = str(rate.help_text).format(currency=currency)

    @property
    def text(self) -> dict[str, Any]:
        """What the service takes; the rate in cents."""
        values = dict(self.cleaned_data)
        values["rate_cents"] = int(values.pop("rate") * 100)
        return values


class SignForm(forms.Form):
    """One's name under the text that stands above it."""

    name_typed = OwnNameField(
        label=_("Your full name, as your signature"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    text_sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("OwnNameField", self.fields["name_typed"]).name = name


class EndForm(forms.ModelForm[Agreement]):
    """Why, for CMSC alone, and kind words for the other."""

    class Meta:
        model = Agreement
        fields = ["farewell", "end_reason"]
        widgets = {
            "farewell": forms.Textarea(attrs={"rows": 4}),
            "end_reason": forms.Textarea(attrs={"rows": 4}),
        }
        labels = {
            "farewell": _("Words for the other"),
            "end_reason": _("Why, for CMSC alone"),
        }
        help_texts = {
            "farewell": _(
                "They read this in the letter. A thank-you is enough; it may stay empty."
            ),
            "end_reason": _("A sentence is enough. The other does not read it."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["end_reason"].required = True
