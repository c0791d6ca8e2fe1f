"""What the office fills in about people who read. Who may be asked is the service's to say."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from certification.review.models import Assignment
from certification.review.queries.suggesting import Suggestion
from certification.review.requirements.assigning import REMARKS, barring, needing_reason

Seat = Assignment.Seat


def label_of(item: Suggestion) -> str:
    """A name with what orders the suggestion."""
    told = [str(finding.found) for finding in item.findings if finding.code in REMARKS]
    return f"{item.member}: {' '.join(word for word in told if word)}"


def standing_of(item: Suggestion) -> str:
    """A name with what is in the way, or what they carry; short, for a list to choose from."""
    in_the_way = [*barring(item.findings), *needing_reason(item.findings)]
    if in_the_way:
        return f"{item.member} – {', '.join(str(finding.title) for finding in in_the_way)}"
    return f"{item.member} – {_('reads {count} now').format(count=item.facts.live)}"


class SuggestedForm(forms.Form):
    """The suggested people, each ticked; whoever is not ticked is not asked."""

    people = forms.MultipleChoiceField(
        label=_("Whom to ask"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Free of ties as far as history tells, with a term that is long enough; whoever reads "
            "least comes first. Each says what ties them before anything opens."
        ),
        error_messages={"required": _("Tick at least one person.")},
    )

    def __init__(self, found: Sequence[Suggestion], data: Any = None) -> None:
        super().__init__(data)
        labels = dict(Seat.choices)
        self.fields["people"].choices = [  # type: ignore[attr-defined]
            (str(item.member.pk), f"{capfirst(labels[Seat(item.seat)])} – {label_of(item)}")
            for item in found
        ]
        self.fields["people"].initial = [str(item.member.pk) for item in found]


class AskForm(forms.Form):
    """Somebody of the office's own choice."""

    seat = forms.ChoiceField(
        label=_("For which seat"),
        choices=[(Seat.REVIEWER, _("reviewer")), (Seat.CHAIR, _("chair"))],
    )
    member = forms.ChoiceField(label=_("Whom to ask"))
    reason = forms.CharField(
        label=_("Why this person"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Kept on record. Needed where a tie may be allowed, where they declined before, and for "
            "one reviewer more than the edition asks."
        ),
    )

    def __init__(
        self, found: Sequence[Suggestion], data: Any = None, *, asks_second: bool = False
    ) -> None:
        super().__init__(data)
        if asks_second:
            # Only a decision that waits for a second look has a place for a second reader.
            self.fields["seat"].choices = [  # type: ignore[attr-defined]
                *self.fields["seat"].choices,  # type: ignore[attr-defined]
                (Seat.SECOND, _("second reader of the decision")),
            ]
        others = [item for item in found if not item.facts.seat_here]
        first = _("Choose somebody") if others else _("Everybody on the committee has a seat here")
        self.fields["member"].choices = [  # type: ignore[attr-defined]
            ("", first),
            *((str(item.member.pk), standing_of(item)) for item in others),
        ]


class WhyForm(forms.Form):
    """A sentence that stays on record; the person reads it where a letter says so."""

    reason = forms.CharField(
        label=_("Why"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )


class TermForm(forms.Form):
    """The day from which a seat is no longer held."""

    until = forms.DateField(
        label=_("The term ends on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("From this day on nothing is open any more. Leave it empty for no end."),
    )


class TimeForm(forms.Form):
    """The day until which somebody has time."""

    until = forms.DateField(
        label=_("Until the end of"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The day ends at midnight UTC."),
    )
