"""Noting a payment, and answering one."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext_lazy as _

from scip.accounts.forms.days import likely_day
from scip.accounts.forms.text import PlainTextField


class PaidForm(forms.Form):
    """What was paid, and when."""

    amount = forms.DecimalField(
        label=_("Amount"),
        decimal_places=2,
        max_digits=8,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    paid_on = forms.DateField(
        label=_("Paid on"),
        validators=[likely_day],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    note = PlainTextField(
        label=_("A word about it"),
        max_length=300,
        required=False,
        help_text=_("For example how it was paid. Please no account numbers."),
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = _("Amount, in {currency}").format(currency=currency)

    @property
    def words(self) -> dict[str, Any]:
        """What `services.fees.say_paid` takes; the amount in cents."""
        data = self.cleaned_data
        return {
            "amount_cents": int(data["amount"] * 100),
            "paid_on": data["paid_on"],
            "note": data["note"],
        }


class NotSoForm(forms.Form):
    """What is different."""

    denial = PlainTextField(label=_("What is different?"), max_length=500)
