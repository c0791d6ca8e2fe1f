"""Forms of the office: money that came by bank or cheque, and a note about a closer look."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.models import Payment
from payments.services.offline import OFFLINE_METHODS


class OfflinePaymentForm(forms.Form):
    """A bank transfer or cheque. ``amount_cents`` and ``received_at`` are derived.

    "Today" is the day of whoever types: the active zone.
    """

    method = forms.ChoiceField(
        label=_("How it came"),
        choices=[(item.value, item.label) for item in Payment.Method if item in OFFLINE_METHODS],
    )
    reference = forms.CharField(
        label=_("Reference"),
        max_length=120,
        help_text=_("The bank's reference of the transfer, or the cheque's number and bank."),
    )
    amount = forms.DecimalField(
        label=_("Amount that arrived"), min_value=Decimal("0.01"), max_digits=9, decimal_places=2
    )
    received_on = forms.DateField(
        label=_("Day it arrived"),
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    @property
    def amount_cents(self) -> int:
        """The amount in cents."""
        return int(self.cleaned_data["amount"] * 100)

    def clean_received_on(self) -> date:
        day: date = self.cleaned_data["received_on"]
        if day > timezone.localdate():
            raise ValidationError(_("That day is still to come. Please check it."))
        return day

    def received_at(self, now: datetime, zone: ZoneInfo) -> datetime:
        """Noon of that day in the payer's zone, so that their receipt names the very day (a
        bank statement knows days only); now at the latest."""
        return min(datetime.combine(self.cleaned_data["received_on"], time(12), tzinfo=zone), now)

    def payment(self, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
        """The arguments for `record_offline_payment`; ``zone`` is the payer's."""
        return {
            "method": self.cleaned_data["method"],
            "reference": self.cleaned_data["reference"],
            "amount_cents": self.amount_cents,
            "received_at": self.received_at(now, zone),
        }


class LookForm(forms.Form):
    """What the office did about a flagged payment."""

    note = forms.CharField(
        label=_("What was done"),
        max_length=300,
        help_text=_("For example: refunded at Stripe, or moved to the spring cohort."),
    )
