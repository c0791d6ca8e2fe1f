"""An appeal's statement and documents; a panel member's declaration and answer."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from certification.review.models import DECLARABLE, Appeal, AppealOutcome, PanelSeat, Tie
from scip.accounts.forms.text import PlainTextField
from scip.vault.forms import EVIDENCE_BYTES, VaultFileField
from scip.vault.inspection.check import megabytes


class StatementForm(forms.ModelForm[Appeal]):
    """The candidate's own words; may stay empty until it is filed."""

    class Meta:
        model = Appeal
        fields = ("statement",)
        widgets = {"statement": forms.Textarea(attrs={"rows": 12})}


class DocumentForm(forms.Form):
    """One document."""

    title = PlainTextField(label=_("What it is"), max_length=160)
    document = VaultFileField(
        label=_("The document"),
        help_text=format_lazy(
            _(
                "PDF or picture, up to {limit} MB. Kept encrypted; only the people who hear your "
                "appeal open it."
            ),
            limit=megabytes(EVIDENCE_BYTES),
        ),
    )


class DeclarationForm(forms.Form):
    """What ties somebody to the candidate: one tick at least, "nothing" among them."""

    NOTHING = "nothing"
    ties = forms.MultipleChoiceField(
        label=_("What ties you to them?"),
        choices=[
            (NOTHING, _("Nothing ties me to them")),
            *((tie.value, Tie(tie).label) for tie in DECLARABLE),
        ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please tick what fits; “nothing” is an answer, too.")},
    )
    words = forms.CharField(
        label=_("In your words, if you want to"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_ties(self) -> list[str]:
        """The ties alone; empty where nothing does."""
        ties: list[str] = self.cleaned_data["ties"]
        if self.NOTHING in ties and len(ties) > 1:
            raise forms.ValidationError(
                _("You ticked “nothing” and something else. Please choose one of the two.")
            )
        return [tie for tie in ties if tie != self.NOTHING]


class DeclineForm(forms.Form):
    """Why somebody cannot hear it, if they want to say."""

    reason = forms.CharField(
        label=_("Why, if you want to say"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class PanelAnswerForm(forms.ModelForm[PanelSeat]):
    """One member's answer while it is being written."""

    outcome = forms.ChoiceField(
        label=_("Your answer"),
        choices=AppealOutcome.choices,
        widget=forms.RadioSelect,
        required=False,
    )

    class Meta:
        model = PanelSeat
        fields = ("outcome", "reasons", "instructions")
        widgets = {
            "reasons": forms.Textarea(attrs={"rows": 9}),
            "instructions": forms.Textarea(attrs={"rows": 4}),
        }
        help_texts = {
            "reasons": _(
                "The person reads them as you write them here. Please name nobody of the panel."
            ),
            "instructions": _("Only where it is to be looked at again: at what, and how."),
        }


class AskForm(forms.Form):
    """Whom the office asks to hear an appeal."""

    member = forms.TypedChoiceField(label=_("Who is asked"), coerce=int)
    reason = forms.CharField(
        label=_("Why this person"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed for somebody who had declined or was released."),
    )

    def __init__(self, data: Any, *, choices: list[tuple[int, str]]) -> None:
        super().__init__(data)
        self.fields["member"].choices = choices  # type: ignore[attr-defined]


class SeatForm(forms.Form):
    """One seat of a panel."""

    seat = forms.TypedChoiceField(label=_("Whose seat"), coerce=int)

    def __init__(self, data: Any, *, choices: list[tuple[int, str]]) -> None:
        super().__init__(data)
        self.fields["seat"].choices = choices  # type: ignore[attr-defined]


class ReleaseForm(SeatForm):
    """One seat, and why it is emptied."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For the record of the office; the letter does not repeat it."),
    )
