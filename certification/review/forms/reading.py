"""What a reader fills in: what ties them, notes, their own view, questions; and a candidate's answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification.portfolio.forms.writing import TextsForm
from certification.review.models import (
    DECLARABLE,
    Question,
    ReadingNotes,
    Tie,
    View,
    ViewLine,
)
from certification.review.requirements.rubric import RubricLine, group_titles

# How the fields of a line are called: these, and the line's code.
SHOWN, WORDS = "shown-", "words-"


class DeclarationForm(forms.Form):
    """What ties a reader to a candidate: each kind that there is, or their word that there is
    none."""

    ties = forms.MultipleChoiceField(
        label=gettext_lazy("What ties you to this person"),
        required=False,
        choices=[(tie.value, tie.label) for tie in (Tie(kind) for kind in DECLARABLE)],
        widget=forms.CheckboxSelectMultiple,
    )
    nothing = forms.BooleanField(
        label=gettext_lazy("Nothing ties me to this person or to their supervisors’ judgement."),
        required=False,
    )
    words = forms.CharField(
        label=gettext_lazy("In your words"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy(
            "What it is, and since when; the office and the chair read it, the candidate never."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        """One of the two, and words beside a tie."""
        data = super().clean() or {}
        ties, nothing = data.get("ties"), data.get("nothing")
        if not ties and not nothing:
            self.add_error("ties", _("Tick what ties you, or say below that nothing does."))
        elif ties and nothing:
            self.add_error(
                "nothing", _("You ticked a tie as well. Keep whichever of the two is true.")
            )
        elif ties and not data.get("words", "").strip():
            self.add_error("words", _("Say in a sentence what it is."))
        return data


class TieForm(forms.Form):
    """A tie that a reader tells of later: one, in their words."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What ties you to this person"), widget=forms.RadioSelect
    )
    words = forms.CharField(
        label=gettext_lazy("In your words"),
        max_length=1000,
        help_text=gettext_lazy(
            "What it is, and since when; the office and the chair read it, the candidate never."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self, data: Any = None, *, told: Collection[str] = (), is_panel: bool = False
    ) -> None:
        super().__init__(data)
        if is_panel:
            self.fields["words"].help_text = gettext_lazy(
                "What it is, and since when; the office reads it, the candidate never."
            )
        kind: Any = self.fields["kind"]
        kind.choices = [(tie.value, tie.label) for tie in DECLARABLE if tie.value not in told]


class DeclineForm(forms.Form):
    """Why somebody cannot read this one."""

    reason = forms.CharField(
        label=gettext_lazy("Why not this time"),
        max_length=1000,
        help_text=gettext_lazy("A few words for the office, for example: away until May."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class NotesForm(TextsForm):
    """Private notes."""

    class Meta:
        model = ReadingNotes
        fields = ReadingNotes.PARTS
        widgets = {"notes": forms.Textarea(attrs={"rows": 8})}


@dataclass(frozen=True, slots=True)
class LineFields:
    """A line of the rubric with its two fields."""

    line: RubricLine
    shown: forms.BoundField
    words: forms.BoundField


@dataclass(frozen=True, slots=True)
class LineGroup:
    """Lines under one heading."""

    name: str
    title: str
    rows: tuple[LineFields, ...]


class ViewForm(TextsForm):
    """One's own view: a word and where it shows for each line, and what one would answer. Nothing
    is asked while it is a draft."""

    class Meta:
        model = View
        fields = View.PARTS
        widgets = {
            "conclusion": forms.RadioSelect,
            **{name: forms.Textarea(attrs={"rows": 5}) for name in View.TEXTS},
        }

    def __init__(self, *args: Any, lines: Sequence[RubricLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = tuple(lines)
        conclusion: Any = self.fields["conclusion"]
        conclusion.choices = View.Conclusion.choices
        for line in self.lines:
            self.fields[f"{SHOWN}{line.code}"] = forms.ChoiceField(
                label=line.title,
                required=False,
                choices=ViewLine.Shown.choices,
                widget=forms.RadioSelect,
            )
            self.fields[f"{WORDS}{line.code}"] = forms.CharField(
                label=_("Where, and what you saw"),
                required=False,
                max_length=4000,
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            self.fields[f"{WORDS}{line.code}"].widget.attrs.pop("maxlength", None)

    def groups(self) -> list[LineGroup]:
        """The lines under their headings, in the order of reading."""
        found = [
            LineGroup(
                name,
                title,
                tuple(
                    LineFields(line, self[f"{SHOWN}{line.code}"], self[f"{WORDS}{line.code}"])
                    for line in self.lines
                    if line.group == name
                ),
            )
            for name, title in group_titles().items()
        ]
        return [group for group in found if group.rows]


def as_values(
    view: Mapping[str, Any], lines: Mapping[str, Mapping[str, str]], rubric: Sequence[RubricLine]
) -> dict[str, Any]:
    """A view's parts and lines, by the names of the form's fields."""
    values = dict(view)
    for line in rubric:
        row = lines.get(line.code, {})
        values[f"{SHOWN}{line.code}"] = row.get("shown", "")
        values[f"{WORDS}{line.code}"] = row.get("words", "")
    return values


def split_values(
    values: Mapping[str, Any], rubric: Sequence[RubricLine]
) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """The other way: parts, and lines by code."""
    lines = {
        line.code: {
            "shown": values[f"{SHOWN}{line.code}"],
            "words": values[f"{WORDS}{line.code}"],
        }
        for line in rubric
    }
    return {name: values[name] for name in View.PARTS}, lines


class QuestionForm(forms.ModelForm[Question]):
    """A question to the candidate."""

    class Meta:
        model = Question
        fields = ("text",)
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "text": gettext_lazy(
                "It goes to the chair first, and to the candidate without your name."
            )
        }


class SendForm(forms.Form):
    """A question as it goes to the candidate."""

    text = forms.CharField(
        label=gettext_lazy("As it goes to the candidate"),
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class WithholdForm(forms.Form):
    """Why a question is not passed on."""

    reason = forms.CharField(
        label=gettext_lazy("Why it stays here"),
        max_length=1000,
        help_text=gettext_lazy("Whoever asked reads this."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AnswerForm(forms.ModelForm[Question]):
    """The candidate's answer."""

    class Meta:
        model = Question
        fields = ("answer",)
        widgets = {"answer": forms.Textarea(attrs={"rows": 6})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].required = True
