"""What visitors fill in: the search, a message, a report."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from scip.accounts.languages import NAMES
from scip.community.forms.text import LineField, ParagraphsField
from scip.directory.models import Topic
from scip.directory.queries.searching import Asked
from scip.pages.forms import GuardedForm

# A name with its place; whatever is pasted behind that is not read.
LONGEST_QUESTION = 120


class WordsField(forms.CharField):
    """Whatever somebody types, as much of it as is read: a question is never refused."""

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value) or ""
        return typed.replace("\0", "")[:LONGEST_QUESTION].strip()


class SearchForm(forms.Form):
    """What somebody is looking for; a GET form, so that a search can be kept and shared.

    It reads. The page draws the fields itself, with how many each choice would leave.
    """

    q = WordsField(required=False)
    country = forms.ChoiceField(required=False, choices=lambda: [*countries])
    language = forms.ChoiceField(required=False, choices=lambda: [*NAMES.items()])
    topic = forms.ChoiceField(required=False, choices=Topic.choices)
    online = forms.BooleanField(required=False)
    in_person = forms.BooleanField(required=False)
    accepting = forms.BooleanField(required=False)

    def asked(self) -> Asked:
        """What can be read of the question; what can't be is left out."""
        self.is_valid()
        found = self.cleaned_data
        return Asked(
            q=found.get("q", ""),
            country=found.get("country", ""),
            language=found.get("language", ""),
            topic=found.get("topic", ""),
            online=bool(found.get("online")),
            in_person=bool(found.get("in_person")),
            accepting=bool(found.get("accepting")),
        )


def address_field(*, required: bool, help_text: Any = "") -> forms.EmailField:
    return forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        required=required,
        help_text=help_text,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Where should the answer go?")},
    )


class MessageForm(GuardedForm):
    """A visitor writes to somebody of the directory."""

    form_name = "directory-message"

    name = LineField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = address_field(
        required=True, help_text=_("Only the person you write to sees it, to answer you.")
    )
    message = ParagraphsField(
        label=_("Your message"),
        max_length=3000,
        rows=7,
        help_text=_(
            "It travels as an ordinary letter. A few lines about what you are looking for are "
            "enough; leave what is delicate for when you talk."
        ),
    )


class ReportForm(GuardedForm):
    """A visitor tells the office that something is not right."""

    form_name = "directory-report"

    words = ParagraphsField(
        label=_("What is not right?"),
        max_length=2000,
        rows=5,
        help_text=_("Only CMSC’s office reads it."),
    )
    email = address_field(required=False, help_text=_("If you would like to hear back."))
