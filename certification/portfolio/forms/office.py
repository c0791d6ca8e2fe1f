"""What the office says before it opens something."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from certification.portfolio.models import CaseStudy, Excerpt
from certification.portfolio.queries.office import name_of


def key_of(thing: Excerpt | CaseStudy) -> str:
    return f"{thing._meta.model_name}-{thing.pk}"


class OfficeAccessForm(forms.Form):
    """One thing, and why."""

    thing = forms.ChoiceField(label=_("What you need to open"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why you need to open it"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("A sentence at least. The candidate reads these words, and your name."),
    )
    is_meant = forms.BooleanField(
        label=_("There is no other way, and I know that a letter goes to the candidate now")
    )

    def __init__(
        self, *args: Any, things: Sequence[Excerpt | CaseStudy], least_words: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.things = {key_of(thing): thing for thing in things}
        self.least_words = least_words
        choice: Any = self.fields["thing"]
        choice.choices = [(key, name_of(thing)) for key, thing in self.things.items()]

    def clean_thing(self) -> Excerpt | CaseStudy:
        return self.things[self.cleaned_data["thing"]]

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if len(reason.split()) < self.least_words:
            raise ValidationError(
                _("Please say it in a sentence: whoever it is about should be able to understand.")
            )
        return reason
