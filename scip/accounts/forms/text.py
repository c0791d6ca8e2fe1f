"""Text as people type it, without what nobody can see."""

import re
import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from scip.searching import plain_word

# Overrides, embeddings and isolates reorder the words around them; marks (U+200E, U+200F) and
# joiners (U+200C, U+200D) belong to scripts and emoji, and stay.
BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
INVISIBLE = frozenset("\ufeff\u00ad\u2060")


def plain_text(value: str) -> str:
    """One line without control characters and bidi overrides, composed, spaces collapsed.

    Letters of every script, emoji and ``<script>`` stay as typed: pages escape what they show.
    """
    kept = (
        " " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char
        for char in value
        if char not in BIDI_OVERRIDES and char not in INVISIBLE
    )
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


class PlainTextField(forms.CharField):
    """A line of text that is cleaned quietly instead of being refused."""

    def to_python(self, value: Any) -> str:
        return plain_text(super().to_python(value) or "")


class OwnNameField(PlainTextField):
    """One's own name in place of a signature: ``name`` is that of the profile, and its words have to
    be there, whatever their accents and case; more may stand beside them."""

    name = ""

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and words_of(self.name) - words_of(value):
            raise forms.ValidationError(
                _("Please sign with your name as it stands in your profile: {name}.").format(
                    name=self.name
                )
            )


def words_of(name: str) -> set[str]:
    """The words of a name in small letters, without accents and what stands between them."""
    return set(re.findall(r"\w+", plain_word(name)))
