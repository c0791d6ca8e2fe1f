"""Parts of the frame around every page that are the same for everybody.

Rendered once a process instead of once a page: footer, stylesheet links, icons.
"""

from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from lucide.templatetags.lucide import lucide

register = template.Library()


@register.simple_tag
def constant(name: str) -> SafeString:
    """``{% constant "components/site_footer.html" %}``: a template that needs no context.

    Kept for the life of the process, once per language; with DEBUG, rendered anew.
    """
    if settings.DEBUG:
        return render_to_string(name)
    return rendered(str(name), get_language() or "")


@cache
def rendered(name: str, language: str) -> SafeString:
    return render_to_string(name)


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A lucide icon in the text's colour, silent for screen readers; "s" for the text's height."""
    return drawn(str(name), "icon icon-s" if size == "s" else "icon")


@cache
def drawn(name: str, classes: str) -> SafeString:
    attributes: dict[str, Any] = {"class": classes, "aria_hidden": "true", "focusable": "false"}
    return SafeString(lucide(name, **attributes))
