"""A listing as lists show it, drawn once for all who read it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()

SHOWN = ("url", "name", "suffix", "initials", "facts", "topics", "photo_url")
REMEMBERED = 4096


@register.simple_tag
def listing_card(card: Mapping[str, Any]) -> SafeString:
    """``{% listing_card card %}``: a card of `views.public.card_of`.

    Remembered by everything that it says, so a card that says something else is another one.
    """
    accepting = card["accepting"]
    words = tuple(card[name] for name in SHOWN)
    return drawn(words, accepting.get("kind", ""), accepting.get("text", ""), get_language())


@lru_cache(maxsize=REMEMBERED)
def drawn(words: tuple[str, ...], kind: str, text: str, language: str | None) -> SafeString:
    accepting = {"kind": kind, "text": text} if text else {}
    card = dict(zip(SHOWN, words, strict=True)) | {"accepting": accepting}
    return mark_safe(get_template("directory/_card.html").render({"card": card}))
