"""Text of several paragraphs, and the token that makes a form count once."""

import re
import unicodedata
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from scip.accounts.forms.text import BIDI_OVERRIDES, INVISIBLE, PlainTextField

# Control characters and letters of nobody's script: letters carry placeholders made of the latter.
UNSEEN = {"Cc", "Co", "Cs"}


def paragraphs(value: str) -> str:
    """Text as typed without control characters and bidi overrides, at most one empty line in a row.

    ``<b>`` and the like stay: pages show them as they were typed.
    """
    lines = re.sub(r"\r\n?|\u2028|\u2029|\v|\f|\x85", "\n", value).split("\n")
    kept = (
        "".join(
            " " if char == "\t" else char
            for char in line
            if char not in BIDI_OVERRIDES
            and char not in INVISIBLE
            and (char == "\t" or unicodedata.category(char) not in UNSEEN)
        ).rstrip()
        for line in lines
    )
    text = unicodedata.normalize("NFC", "\n".join(kept))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


class ParagraphsField(forms.CharField):
    """Several paragraphs of plain text; what can't be seen is left out quietly.

    Too long a text is refused with a sentence, never cut off: the browser gets no limit, because
    it would drop the end of what somebody pastes without a word.
    """

    widget = forms.Textarea

    def __init__(self, *, rows: int = 6, max_length: int = 5000, **kwargs: Any) -> None:
        self.limit = max_length
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows, "dir": "auto"}))
        kwargs.setdefault(
            "error_messages", {"required": gettext_lazy("There are no words here yet.")}
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        return paragraphs(super().to_python(value) or "")

    def validate(self, value: str) -> None:
        super().validate(value)
        over = len(value) - self.limit
        if over > 0:
            raise ValidationError(
                ngettext(
                    "{limit} characters fit here and this is {over} more. All of it is still "
                    "in the field.",
                    "{limit} characters fit here and this is {over} more. All of it is still "
                    "in the field.",
                    over,
                ).format(limit=f"{self.limit:,}", over=f"{over:,}"),
                code="max_length",
            )


class LineField(PlainTextField):
    """One line of plain text with a kind sentence when it is too long."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        kwargs.setdefault(
            "error_messages",
            {
                "required": gettext_lazy("A few words are needed here."),
                "max_length": gettext_lazy(
                    "%(limit_value)d characters fit here; this has %(show_value)d."
                ),
            },
        )
        super().__init__(max_length=max_length, **kwargs)


class OnceForm(forms.Form):
    """A form with a token of its own: sent twice, it is done once."""

    token = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"token": uuid.uuid4()} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.fields["token"].error_messages["invalid"] = _("Please send it once more.")

    def clean_token(self) -> uuid.UUID:
        """The form's token; a new one where none came."""
        return self.cleaned_data.get("token") or uuid.uuid4()
