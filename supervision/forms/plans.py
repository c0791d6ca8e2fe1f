"""The supervision plan."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from supervision.models import Competency, Plan
from supervision.queries.ratings import Framework


class PlanForm(forms.ModelForm[Plan]):
    """Objectives and focus; an amendment says what changed."""

    class Meta:
        model = Plan
        fields = ["objectives", "focus", "amend_reason"]
        widgets = {
            "objectives": forms.Textarea(attrs={"rows": 7}),
            "focus": forms.CheckboxSelectMultiple,
        }
        help_texts = {
            "objectives": _("What you would like to be able to do, and how you will notice it."),
            "focus": _("Those that matter most now; you can change them later."),
        }

    def __init__(self, *args: Any, framework: Framework, is_amendment: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        focus: Any = self.fields["focus"]
        focus.queryset = Competency.objects.filter(
            pk__in=[item.pk for item in framework.competencies]
        )
        focus.label_from_instance = lambda item: item.name
        if is_amendment:
            self.fields["amend_reason"].required = True
        else:
            del self.fields["amend_reason"]
