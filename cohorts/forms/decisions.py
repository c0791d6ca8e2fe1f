"""What the office writes when it decides about an application or a request for aid."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cohorts.models import Application, Enrolment, PriceTier
from payments.services import plan_cancellation
from scip.access.fields import MoneyField
from scip.formats import money

NOTE_HELP = _("Optional. A personal paragraph in the letter, in your own words.")


def words(label: Any, help_text: Any = "", *, required: bool = True, rows: int = 5) -> Any:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": rows, "cols": 80}),
    )


class DecisionForm(forms.Form):
    """A form about one application."""

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.application = application


def prices_of(application: Application) -> list[tuple[str, str]]:
    """The cohort's prices to choose from."""
    return [
        (tier.kind, f"{tier.get_kind_display()}, {money(tier.amount_cents, tier.currency)}")
        for tier in PriceTier.objects.filter(cohort=application.cohort_id)
    ]


class QuestionForm(DecisionForm):
    """More information needed."""

    question = words(_("Question"), _("The person reads exactly this."))


class OfferForm(DecisionForm):
    """A place at a price; granted aid is taken off by itself."""

    tier = forms.ChoiceField(label=_("Price"))
    order_reason = forms.CharField(
        label=_("Why this person comes before somebody who waits longer"),
        help_text=_("Needed only when the order of the waiting list changes. Stays on record."),
        max_length=300,
        required=False,
    )
    note = words(_("Personal paragraph"), NOTE_HELP, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier"].choices = prices_of(self.application)  # type: ignore[attr-defined]
        self.fields["tier"].initial = self.application.tier or PriceTier.Kind.STANDARD


class WaitingListForm(DecisionForm):
    """The waiting list, at its end or earlier with a reason."""

    rank = forms.IntegerField(
        label=_("Place in line"),
        help_text=_("Empty: at the end. 1 is the next to be offered a place."),
        min_value=1,
        required=False,
    )
    reason = forms.CharField(
        label=_("Why the order changes"),
        help_text=_("Needed only with a place in line. Stays on record."),
        max_length=300,
        required=False,
    )
    note = words(_("Personal paragraph"), NOTE_HELP, required=False)


class DeclineForm(DecisionForm):
    """A kind no."""

    note = words(
        _("Words for the person"),
        _("Needed. Why not this time, and what could help another time."),
    )


class PromiseForm(DecisionForm):
    """A place confirmed before its payment."""

    reason = forms.CharField(
        label=_("What the office relies on"),
        help_text=_("For example an employer’s letter. Stays on record."),
        max_length=300,
    )


class CorrectionForm(DecisionForm):
    """Another price for an open offer; the seat is kept."""

    tier = forms.ChoiceField(label=_("Price"))
    note = words(_("Personal paragraph"), NOTE_HELP, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier"].choices = prices_of(self.application)  # type: ignore[attr-defined]


class ReleaseForm(DecisionForm):
    """A place that somebody gives up or can't keep; what goes back is by the terms or not."""

    refund = MoneyField(label=_("Goes back"))

    reason = forms.CharField(
        label=_("Why the place is freed"),
        help_text=_(
            "For example that the person asked for it. Stays with the charge; the person may read it."
        ),
        max_length=300,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = Enrolment.objects.filter(application=self.application).select_related("charge")
        enrolment = places.order_by("-pk").first()
        if enrolment is None:
            return
        plan = plan_cancellation(enrolment.charge)
        self.fields["refund"].initial = plan.back_cents
        self.fields["refund"].help_text = _(
            "By the terms {percent} % comes back now: {back} of {held}. Another amount is a "
            "deviation; the reason below explains it."
        ).format(
            percent=plan.percent,
            back=money(plan.back_cents, plan.currency),
            held=money(plan.held_cents, plan.currency),
        )


class GrantForm(forms.Form):
    """How much is taken off the standard price."""

    amount = forms.DecimalField(
        label=_("Taken off the standard price"),
        help_text=_("In the cohort’s currency. The full standard price is a full scholarship."),
        min_value=0,
        decimal_places=2,
        max_digits=9,
    )

    @property
    def cents(self) -> int:
        return int(self.cleaned_data["amount"] * 100)


class DeclineAidForm(forms.Form):
    """No aid this time."""

    note = words(_("Personal paragraph"), NOTE_HELP, required=False)
