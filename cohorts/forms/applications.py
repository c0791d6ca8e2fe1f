"""The steps of an application. Everything may stay empty in a draft; what is still needed
is said by the findings, never by a refusal to save."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cohorts.models import AidRequest, Application, PriceTier

AID_CHOICE = "aid"
MAX_WORDS = 8000
AMOUNT = _("Please write a whole amount from 0 to 100,000, or leave it empty.")


class WordsForm(forms.ModelForm):  # type: ignore[type-arg]
    """The written parts and the confirmation that one can be there live."""

    class Meta:
        model = Application
        fields = ["motivation", "practice", "experience", "needs", "attends_live"]
        widgets = {
            name: forms.Textarea(attrs={"rows": 6, "maxlength": MAX_WORDS})
            for name in ("motivation", "practice", "experience", "needs")
        }
        labels = {
            "motivation": _("What draws you to this training?"),
            "practice": _("Tell us about your practice and the people you work with."),
            "experience": _("What is self-compassion like in your own life?"),
            "needs": _("Is there something that would help you take part?"),
            "attends_live": _("I have looked at the dates and can be there live."),
        }
        help_texts = {
            "motivation": _("A few sentences are enough."),
            "practice": _("Please leave out anything that could identify a client."),
            "experience": _("There is no right answer here."),
            "needs": _("Optional: access, language, anything we should prepare."),
            "attends_live": _("Sessions are not recorded."),
        }

    def clean(self) -> dict[str, Any]:
        """Very long texts come back with what was typed, instead of being cut."""
        cleaned = super().clean() or {}
        for name in ("motivation", "practice", "experience", "needs"):
            if len(cleaned.get(name, "")) > MAX_WORDS:
                self.add_error(
                    name, _("This is longer than we can keep. Please shorten it a little.")
                )
        return cleaned


class PriceForm(forms.Form):
    """A price, or a request for aid with its short statement."""

    tier = forms.ChoiceField(
        label=_("Price"), choices=[*PriceTier.Kind.choices, (AID_CHOICE, "")], required=False
    )
    kind = forms.ChoiceField(
        label=_("What would help?"), choices=AidRequest.Kind.choices, required=False
    )
    statement = forms.CharField(
        label=_("A few words about what you need"),
        help_text=_(
            "Two or three sentences are enough. Only the people who decide on aid read this, "
            "not the office and not your facilitators."
        ),
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": 1500}),
        max_length=1500,
        required=False,
    )
    affordable = forms.IntegerField(
        label=_("What could you pay, in US dollars?"),
        help_text=_("Optional; an honest guess is enough."),
        min_value=0,
        max_value=100_000,
        required=False,
        error_messages={
            "invalid": AMOUNT,
            "min_value": AMOUNT,
            "max_value": AMOUNT,
        },
    )

    def clean(self) -> dict[str, Any]:
        """A request for aid needs its kind and a few words."""
        cleaned = super().clean() or {}
        if cleaned.get("tier") == AID_CHOICE:
            if not cleaned.get("kind"):
                self.add_error("kind", _("Please choose one of the two."))
            if not cleaned.get("statement", "").strip() and "statement" not in self.errors:
                self.add_error("statement", _("A few words are needed, so that we can decide."))
        return cleaned

    def fields_to_save(self) -> dict[str, Any]:
        """What `save_draft` keeps."""
        data = self.cleaned_data
        if data.get("tier") != AID_CHOICE:
            return {"tier": data.get("tier", ""), "aid": None}
        amount = data.get("affordable")
        return {
            "tier": "",
            "aid": {
                "kind": data["kind"],
                "statement": data["statement"].strip(),
                "affordable_cents": None if amount is None else amount * 100,
            },
        }


class AnswerForm(forms.Form):
    """The answer to the office's question."""

    answer = forms.CharField(
        label=_("Your answer"),
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": MAX_WORDS}),
        max_length=MAX_WORDS,
    )
