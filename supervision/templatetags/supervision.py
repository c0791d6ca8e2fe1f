"""Small words for pages about supervisors."""

from django import template

from scip import formats

register = template.Library()


@register.filter
def initials(name: str) -> str:
    """``{{ user.name|initials }}``."""
    return formats.initials(name)
