"""Text as people type it, without what nobody can see."""

import unicodedata
from typing import Any

from django import forms

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
