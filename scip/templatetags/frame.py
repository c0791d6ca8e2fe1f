"""Parts of the frame around every page that are the same for everybody.

Rendered once a process instead of once a page: footer, stylesheet links, icons, and the header of
whoever is not signed in.
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
def constant(template_name: str, **words: object) -> SafeString:
    """``{% constant "components/site_footer.html" %}``: a template that needs no context but these
    words, which are the same for everybody.

    Kept for the life of the process, once per language; with DEBUG, rendered anew.
    """
    return kept(str(template_name), **{key: str(value) for key, value in words.items()})


def kept(template_name: str, /, **context: str) -> SafeString:
    if settings.DEBUG:
        return render_to_string(template_name, context)
    return rendered(template_name, get_language() or "", **context)


@cache
def rendered(template_name: str, _language: str, /, **context: str) -> SafeString:
    return render_to_string(template_name, context)


# The pages whose entry of the menu the header marks, with and without those below them.
MARKED_WITH_ALL_BELOW = ("/program/", "/cohorts/")
MARKED_ALONE = ("/certification/", "/fees/", "/faq/")


@register.simple_tag
def visitor_header(path: str) -> SafeString:
    """``{% visitor_header request.path %}``: the header for whoever is not signed in."""
    marked = path if path in MARKED_ALONE else ""
    for place in MARKED_WITH_ALL_BELOW:
        if path.startswith(place):
            marked = place
    return kept("components/site_header.html", path=marked)


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A lucide icon in the text's colour, silent for screen readers; "s" for the text's height."""
    return drawn(str(name), "icon icon-s" if size == "s" else "icon")


@cache
def drawn(name: str, classes: str) -> SafeString:
    attributes: dict[str, Any] = {"class": classes, "aria_hidden": "true", "focusable": "false"}
    return SafeString(lucide(name, **attributes))
