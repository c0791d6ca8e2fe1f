"""Forms about money: who pays an invoice; money that came by bank or cheque; a closer look."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.models import Invoice, Payment
from payments.services.offline import OFFLINE_METHODS
from scip.accounts.forms.text import PlainTextField, plain_text

# Money that arrived longer ago is a slip of the keyboard.
LONGEST_AGO = timedelta(days=3650)


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
        if day < timezone.localdate() - LONGEST_AGO:
            raise ValidationError(_("That day is more than ten years ago. Please check it."))
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


MOST_ADDRESS_LINES = 8


class InvoiceForm(forms.ModelForm[Invoice]):
    """Who pays: an employer, a practice, somebody else."""

    payer = PlainTextField(
        label=_("Organisation or person who pays"),
        max_length=160,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    address = forms.CharField(
        label=_("Postal address"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "street-address"}),
        help_text=_("Street, place and postal code, as they should stand on the invoice."),
    )
    attention = PlainTextField(
        label=_("For the attention of"),
        max_length=120,
        required=False,
        help_text=_("A person or a department, if the organisation asks for one."),
    )
    tax_number = PlainTextField(label=_("Tax or VAT number"), max_length=40, required=False)
    order_reference = PlainTextField(
        label=_("Their order reference"),
        max_length=80,
        required=False,
        help_text=_("An order or cost-centre number that has to stand on the invoice."),
    )

    class Meta:
        model = Invoice
        fields = ("payer", "attention", "address", "country", "tax_number", "order_reference")

    def clean_address(self) -> str:
        """Line by line without control characters; empty lines go."""
        lines = [plain_text(line) for line in self.cleaned_data["address"].splitlines()]
        kept = [line for line in lines if line]
        if not kept:
            raise ValidationError(_("Please write the address."))
        if len(kept) > MOST_ADDRESS_LINES:
            raise ValidationError(
                _("An address of at most %(most)s lines fits on the invoice."),
                params={"most": MOST_ADDRESS_LINES},
            )
        return "\n".join(kept)

    @property
    def payer_facts(self) -> dict[str, str]:
        """The argument ``payer`` of `make_invoice`."""
        return {name: str(self.cleaned_data[name]) for name in self.Meta.fields}
