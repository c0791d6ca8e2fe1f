"""One word for each competency that was touched, with a sentence if one likes."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scip.accounts.forms.text import PlainTextField
from supervision.models import Competency
from supervision.queries.ratings import Framework
from supervision.services.ratings import Touched


@dataclass(frozen=True, slots=True)
class RatingFields:
    """A competency with its two fields, for the template."""

    competency: Competency
    level: Any
    sentence: Any


class RatingForm(forms.Form):
    """Choices for all competencies of a framework; nothing is chosen to begin with."""

    def __init__(self, *args: Any, framework: Framework, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.framework = framework
        words = [(str(level.pk), level.word) for level in framework.levels]
        for competency in framework.competencies:
            self.fields[f"level_{competency.pk}"] = forms.ChoiceField(
                label=competency.short_name,
                choices=[("", _("not touched")), *words],
                widget=forms.RadioSelect,
                required=False,
                initial="",
            )
            self.fields[f"sentence_{competency.pk}"] = PlainTextField(
                label=_("In a sentence"), max_length=400, required=False
            )

    @property
    def rating_fields(self) -> list[RatingFields]:
        return [
            RatingFields(item, self[f"level_{item.pk}"], self[f"sentence_{item.pk}"])
            for item in self.framework.competencies
        ]

    @property
    def touched(self) -> tuple[Touched, ...]:
        """What was chosen."""
        levels = {str(level.pk): level for level in self.framework.levels}
        return tuple(
            Touched(
                competency=item,
                level=levels[self.cleaned_data[f"level_{item.pk}"]],
                sentence=self.cleaned_data[f"sentence_{item.pk}"],
            )
            for item in self.framework.competencies
            if self.cleaned_data.get(f"level_{item.pk}")
        )
