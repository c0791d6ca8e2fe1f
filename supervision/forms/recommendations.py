"""The recommendation, one part at a time."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from supervision.models import Recommendation

# Step in the address → the part of the letter, and how the step is called.
STEPS: dict[str, tuple[str, Promise]] = {
    "view": ("outcome", _("Your view")),
    "elements": ("key_elements", _("The supervision")),
    "readiness": ("assessment", _("Readiness")),
    "reflections": ("reflections", _("Reflections")),
    "guidance": ("guidance", _("What would help")),
}
HINTS = {
    "key_elements": _(
        "What you worked on together: themes, ways of working, the material that you looked at."
    ),
    "assessment": _("How you see competence and readiness, with the framework in mind."),
    "reflections": _("What you would like the committee to know besides."),
    "guidance": _(
        "Written for the candidate, who reads it: what is there already, what would help next, "
        "and how you can be reached about it."
    ),
}


def steps_of(outcome: str) -> list[str]:
    """The steps that a letter with this view has; guidance goes with a "not yet"."""
    is_not_yet = outcome == Recommendation.Outcome.NOT_YET
    return [step for step in STEPS if step != "guidance" or is_not_yet]


class PartForm(forms.ModelForm[Recommendation]):
    """One part of the letter. It is asked for, so that a step that is done is done."""

    class Meta:
        model = Recommendation
        fields = ["outcome", "key_elements", "assessment", "reflections", "guidance"]
        widgets = {
            "outcome": forms.RadioSelect,
            **{name: forms.Textarea(attrs={"rows": 12}) for name in HINTS},
        }
        help_texts = HINTS

    def __init__(self, *args: Any, step: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        part = STEPS[step][0]
        for name in set(self.fields) - {part}:
            del self.fields[name]
        self.fields[part].required = True
        if part == "outcome":
            choice: Any = self.fields[part]
            choice.label = _("Do you recommend this candidate for certification now?")
            choice.choices = [
                (Recommendation.Outcome.RECOMMENDED, _("Yes, I recommend certification")),
                (Recommendation.Outcome.NOT_YET, _("Not yet, and I say what would help")),
            ]
