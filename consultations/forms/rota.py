"""Forms of the case rota."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consultations.models import Presentation
from scip.formats import moment


class SwapForm(forms.Form):
    """One's own session for somebody else's."""

    offered = forms.ModelChoiceField(
        Presentation.objects.none(), label=gettext_lazy("Your session"), empty_label=None
    )
    asked = forms.ModelChoiceField(
        Presentation.objects.none(), label=gettext_lazy("You would like"), empty_label=None
    )

    def __init__(self, *args: Any, mine: Any, others: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("offered", mine), ("asked", others)):
            field = self.fields[name]
            field.queryset = rows  # type: ignore[attr-defined]
            field.widget.attrs["class"] = "form-select"
        self.fields["offered"].label_from_instance = when  # type: ignore[attr-defined]
        self.fields["asked"].label_from_instance = who_and_when  # type: ignore[attr-defined]


def when(presentation: Presentation) -> str:
    return _("Session {number}, {when}").format(
        number=presentation.session.number, when=moment(presentation.session.starts_at)
    )


def who_and_when(presentation: Presentation) -> str:
    return f"{presentation.enrolment.user}: {when(presentation)}"
