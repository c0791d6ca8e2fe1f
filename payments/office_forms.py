"""Forms of the office's actions on a charge, and of the books' period.

Each knows its charge and where it stands, so it can propose the likely answer.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.forms import LookForm, OfflinePaymentForm
from payments.models import Adjustment, Charge, Refund
from payments.queries import Balance
from scip.access.fields import MoneyField
from scip.formats import day as written_day
from scip.formats import money

MONTH = timedelta(days=30)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY_INPUT = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


# Further ahead a day to pay by is a slip of the keyboard.
MOST_AHEAD = timedelta(days=3650)


def soon_enough(value: date) -> None:
    """Raise ValidationError for a day to pay by that nobody can mean."""
    if value > timezone.localdate() + MOST_AHEAD:
        raise ValidationError(_("That day is more than ten years away. Please check it."))


class OfCharge:
    """What every action's form is given, beside the typed data."""

    charge: Charge
    standing: Balance

    def __init__(
        self, data: Any = None, *, charge: Charge, standing: Balance, **kwargs: Any
    ) -> None:
        self.charge, self.standing = charge, standing
        super().__init__(data, **kwargs)  # type: ignore[call-arg]
        self.prepare()

    def prepare(self) -> None:
        """Fit fields to the charge."""

    def written(self, cents: int) -> str:
        return money(cents, self.charge.currency)


class ReasonForm(OfCharge, forms.Form):
    """Only why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("Stays on record; the person may read it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    field_order: tuple[str, ...] = ()


class OfflineForm(OfCharge, OfflinePaymentForm):
    """Money that came by bank or cheque."""


class LookedForm(OfCharge, LookForm):
    """What was done about what is flagged, as far as it was on the page."""

    # In millionths of a second, so that nothing is rounded into what was seen.
    shown_at = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=10**16
    )

    def prepare(self) -> None:
        self.fields["shown_at"].initial = (timezone.now() - EPOCH) // MICROSECOND

    @property
    def until(self) -> datetime | None:
        """When the page was shown; None where nothing says so."""
        shown_at = self.cleaned_data["shown_at"]
        return None if shown_at is None else EPOCH + shown_at * MICROSECOND


class AdjustForm(ReasonForm):
    """Owe less or more."""

    LESS, MORE = "less", "more"

    change = forms.ChoiceField(
        label=gettext_lazy("What changes"),
        choices=[
            (Adjustment.Kind.WAIVER.value, gettext_lazy("Waive: take off, out of kindness")),
            (LESS, gettext_lazy("Correct: too much was asked")),
            (MORE, gettext_lazy("Correct: too little was asked")),
        ],
        widget=forms.RadioSelect,
    )
    cents = MoneyField(label=gettext_lazy("Amount"))

    field_order = ("change", "cents", "reason")

    def prepare(self) -> None:
        self.fields["cents"].help_text = _("Owed now: {owed}.").format(
            owed=self.written(self.standing.owed_cents)
        )

    @property
    def kind(self) -> str:
        is_waiver = self.cleaned_data["change"] == Adjustment.Kind.WAIVER
        return Adjustment.Kind.WAIVER if is_waiver else Adjustment.Kind.CORRECTION

    @property
    def signed_cents(self) -> int:
        cents: int = self.cleaned_data["cents"]
        return cents if self.cleaned_data["change"] == self.MORE else -cents


class ExtendForm(ReasonForm):
    """More time to pay."""

    due_on = forms.DateField(
        label=gettext_lazy("Due by the end of"),
        widget=DAY_INPUT,
        validators=[soon_enough],
        help_text=gettext_lazy("That day where the payer lives."),
    )

    field_order = ("due_on", "reason")

    def prepare(self) -> None:
        self.fields["due_on"].initial = timezone.localdate() + MONTH

    @property
    def due_at(self) -> datetime:
        return end_of(self.cleaned_data["due_on"], self.charge)


def end_of(day: date, charge: Charge) -> datetime:
    """The last minute of that day where the payer lives."""
    return datetime.combine(day, time(23, 59), tzinfo=charge.user.zone)


class InstalmentsForm(OfCharge, forms.Form):
    """Two or three parts, proposed even and a month apart. The first keeps the charge's date."""

    parts = forms.ChoiceField(
        label=gettext_lazy("How many instalments"),
        choices=[("2", gettext_lazy("two")), ("3", gettext_lazy("three"))],
        initial="2",
        widget=forms.RadioSelect,
        help_text=gettext_lazy("With two, what stands under the third does not count."),
    )
    cents_1 = MoneyField(label=gettext_lazy("First instalment"))
    cents_2 = MoneyField(label=gettext_lazy("Second instalment"))
    due_2 = forms.DateField(
        label=gettext_lazy("Second, due by the end of"), widget=DAY_INPUT, validators=[soon_enough]
    )
    cents_3 = MoneyField(label=gettext_lazy("Third instalment"), required=False)
    due_3 = forms.DateField(
        label=gettext_lazy("Third, due by the end of"),
        widget=DAY_INPUT,
        required=False,
        validators=[soon_enough],
    )

    def prepare(self) -> None:
        count = 3 if self.initial.get("parts") == "3" else 2
        owed, first_day = (
            self.standing.owed_cents,
            self.charge.due_at.astimezone(self.charge.user.zone).date(),
        )
        even = owed // count
        self.fields["cents_1"].initial = owed - even * (count - 1)
        self.fields["cents_1"].help_text = _(
            "Due as the charge is now, on {day}. Paying it confirms what it pays for."
        ).format(day=written_day(first_day))
        for number in range(2, count + 1):
            self.fields[f"cents_{number}"].initial = even
            self.fields[f"due_{number}"].initial = first_day + MONTH * (number - 1)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        numbers = range(2, int(data["parts"]) + 1)
        for number in numbers:
            for name in (f"cents_{number}", f"due_{number}"):
                if data.get(name) is None:
                    self.add_error(name, _("Please fill this in for each instalment."))
        if not self.errors:
            total = data["cents_1"] + sum(data[f"cents_{number}"] for number in numbers)
            if total != self.standing.owed_cents:
                raise ValidationError(
                    _("Together these come to {total}, and {owed} is owed.").format(
                        total=self.written(total), owed=self.written(self.standing.owed_cents)
                    )
                )
        return data

    @property
    def later(self) -> list[tuple[int, datetime]]:
        """The instalments after the first, as `agree_instalments` takes them."""
        data = self.cleaned_data
        return [
            (data[f"cents_{number}"], end_of(data[f"due_{number}"], self.charge))
            for number in range(2, int(data["parts"]) + 1)
        ]


class ReturnForm(ReasonForm):
    """Send money back."""

    cents = MoneyField(label=gettext_lazy("Amount that goes back"))

    field_order = ("cents", "reason")

    def prepare(self) -> None:
        self.fields["cents"].initial = self.standing.to_return_cents or None
        self.fields["cents"].help_text = _(
            "{free} is here that nobody owes. Up to {held} can go back; what goes beyond is taken "
            "off what is owed, as a correction with your reason."
        ).format(
            free=self.written(self.standing.to_return_cents),
            held=self.written(self.standing.held_cents),
        )


class OfRefund(OfCharge, forms.Form):
    """A refund of the charge that was written down and not sent."""

    refund = forms.ChoiceField(label=gettext_lazy("Which refund"), widget=forms.RadioSelect)

    def prepare(self) -> None:
        rows = (
            Refund.objects.by_hand().filter(charge=self.charge).select_related("payment")
        ).order_by("pk")
        self.refunds = {str(row.pk): row for row in rows}
        field: Any = self.fields["refund"]
        field.choices = [(key, self.label_of(row)) for key, row in self.refunds.items()]
        field.initial = next(iter(self.refunds), None)

    def label_of(self, row: Refund) -> str:
        return _("{amount} by {method}, on payment {reference}").format(
            amount=self.written(row.amount_cents),
            method=row.payment.get_method_display(),
            reference=row.payment.reference,
        )

    @property
    def chosen(self) -> Refund:
        return self.refunds[self.cleaned_data["refund"]]


class ReturnedForm(OfRefund):
    """A transfer or cheque that the office has sent back."""

    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=120,
        help_text=gettext_lazy("The bank's reference of the transfer, or the cheque's number."),
    )


class CallOffForm(OfRefund, ReasonForm):
    """A refund that is not sent after all."""

    field_order = ("refund", "reason")


class CancelForm(ReasonForm):
    """Expect no more money, and send back what the terms say, or another amount."""

    refund_cents = MoneyField(
        label=gettext_lazy("Send back another amount"),
        required=False,
        help_text=gettext_lazy("Leave it empty to follow the terms."),
    )

    field_order = ("reason", "refund_cents")


class GiftForm(forms.Form):
    """Money for the aid fund from outside the price list."""

    cents = MoneyField(label=gettext_lazy("Amount"))
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"),
        help_text=gettext_lazy(
            "Each currency has a fund of its own: aid is given in the currency of the place. A gift "
            "in another currency is booked as the bank changed it."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Where it comes from"),
        max_length=300,
        help_text=gettext_lazy("For example: a foundation's grant, or an alumna's donation."),
    )

    def __init__(self, *args: Any, currencies: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["currency"]
        field.choices = [(code, code) for code in currencies]


class PeriodForm(forms.Form):
    """Whole days, both included."""

    first = forms.DateField(label=gettext_lazy("From"), widget=DAY_INPUT)
    last = forms.DateField(label=gettext_lazy("To, included"), widget=DAY_INPUT)
    day = forms.ChoiceField(
        label=gettext_lazy("By the day"),
        choices=[
            ("value_at", gettext_lazy("on which money moved, as at the bank")),
            ("posted_at", gettext_lazy("of booking: a past period never changes")),
        ],
        required=False,
    )

    def clean_day(self) -> str:
        return self.cleaned_data["day"] or "value_at"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            self.add_error("last", _("This day lies before the first one. Please check both."))
        if (last and last.year > 9998) or (first and first.year < 1900):
            raise ValidationError(_("There are no books for those years."))
        return data
