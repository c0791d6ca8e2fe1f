"""A listing as lists show it."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from scip.directory.cards import Card, drawn

register = template.Library()


@register.simple_tag
def listing_card(card: Card) -> SafeString:
    """``{% listing_card card %}``: drawn once for everything that says the same."""
    return drawn(card, get_language())
