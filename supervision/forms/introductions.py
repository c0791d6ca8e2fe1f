"""Asking for a call and answering."""

from datetime import datetime
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scip.accounts.forms.days import likely_day
from scip.accounts.models import User
from scip.community.forms.text import ParagraphsField
from scip.formats import moment
from supervision.models import Introduction
from supervision.requirements.introductions import TIMES_AT_MOST


def plain_helper() -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    return helper


class AskForm(forms.Form):
    """A few words to a supervisor."""

    message = ParagraphsField(
        label=gettext_lazy("Your message"),
        help_text=gettext_lazy(
            "Who you are, what you hope for from supervision, and when a brief call would suit "
            "you. Please leave out anything about clients."
        ),
        max_length=2000,
        rows=8,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = plain_helper()


class TimesForm(forms.Form):
    """Up to five times, typed in the supervisor's zone (the active one)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, TIMES_AT_MOST + 1):
            self.fields[f"time_{number}"] = forms.DateTimeField(
                label=_("Time {number}").format(number=number),
                required=False,
                validators=[likely_day],
                widget=forms.DateTimeInput(
                    attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
                ),
                error_messages={
                    "invalid": _("Please choose a day and a time; the clock has no such moment.")
                },
            )
        self.helper = plain_helper()

    def clean(self) -> dict[str, Any]:
        """Times that have passed are said at their field."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name, value in list(data.items()):
            if name.startswith("time_") and value is not None and value <= timezone.now():
                self.add_error(name, _("This time has passed. Please choose a later one."))
        return data

    @property
    def times(self) -> list[datetime]:
        """What was typed, in order, each once."""
        typed = (value for name, value in self.cleaned_data.items() if name.startswith("time_"))
        return sorted({value for value in typed if value is not None})


class AcceptForm(TimesForm):
    """A yes with a few words, and times if the supervisor likes."""

    answer = ParagraphsField(
        label=gettext_lazy("Your answer"),
        help_text=gettext_lazy("{name} reads it here."),
        max_length=2000,
        rows=5,
    )

    def __init__(self, *args: Any, candidate: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].help_text = _("{name} reads it here.").format(name=candidate)
        self.fields["answer"].initial = _(
            "Thank you for writing. I would be glad to talk with you."
        )


class DeclineForm(forms.Form):
    """A kind no; the wording is a suggestion."""

    answer = ParagraphsField(
        label=gettext_lazy("Your words"),
        help_text=gettext_lazy("A suggestion; change it as you like."),
        max_length=2000,
        rows=6,
    )

    def __init__(self, *args: Any, candidate: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The page has another field of this name.
        self.auto_id = "id_decline_%s"
        self.fields["answer"].initial = _(
            "Dear {name},\n\nthank you for thinking of me. I can’t take on another candidate now, "
            "and I don’t want to promise you time that I don’t have. I am sure that one of my "
            "colleagues in the directory will be glad to hear from you.\n\nI wish you well on "
            "your way."
        ).format(name=candidate)
        self.helper = plain_helper()


class ChooseForm(forms.Form):
    """One of the times that were proposed, as the candidate reads them."""

    time = forms.ChoiceField(
        label=gettext_lazy("Which time suits you?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Please choose one of the times."),
            "invalid_choice": gettext_lazy("That time isn’t offered any more. Please choose one."),
        },
    )

    def __init__(
        self, *args: Any, introduction: Introduction, now: datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time"].choices = [  # type: ignore[attr-defined]
            (time.isoformat(), in_both_zones(time, introduction, introduction.candidacy.user))
            for time in introduction.proposed_times
            if time > now
        ]
        self.helper = plain_helper()

    def clean_time(self) -> datetime:
        """The chosen moment."""
        return datetime.fromisoformat(self.cleaned_data["time"])


def in_both_zones(time: datetime, introduction: Introduction, reader: User) -> str:
    """``Tuesday 3 March 2027, 18:00, Lisbon time (for Tomasz: …)``: the reader's own zone first."""
    pair = (introduction.candidacy.user, introduction.supervisor.user)
    other = next(person for person in pair if person.pk != reader.pk)
    mine = moment(time, reader.time_zone)
    if other.time_zone == reader.time_zone:
        return mine
    return _("{mine} (for {name}: {theirs})").format(
        mine=mine, name=other, theirs=moment(time, other.time_zone)
    )
