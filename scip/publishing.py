"""What every public page has: how it may be kept, and how it presents itself elsewhere."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from django.views.decorators.vary import vary_on_cookie

from scip.access import public

type View = Callable[..., HttpResponseBase]

# What could end the block or begin another element, written so that JSON reads the same.
ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def published(view: View) -> View:
    """A public page: asked again each time, answered with 304 while nothing has changed.

    Pages show dates in the visitor's zone (a cookie) and the account menu, so nothing
    between us and the browser may keep them.
    """
    kept_private = cache_control(private=True, no_cache=True)(conditional_page(view))
    return public(vary_on_cookie(kept_private))


@dataclass(frozen=True, slots=True)
class PageMeta:
    """Title and description in words, canonical address and preview picture as full addresses.

    ``structured`` is a block made by `data_block`. Templates extend ``base_public.html``,
    which reads all of it from the context's ``meta``.
    """

    title: str
    description: str
    canonical: str
    image: str
    structured: SafeString | str = ""


def meta_of(
    request: HttpRequest, title: str, description: str, structured: SafeString | None = None
) -> PageMeta:
    """The page's own address without its query: `?about=…` and the like are the same page."""
    return PageMeta(
        title=title,
        description=description,
        canonical=settings.SITE_URL + request.path,
        image=settings.SITE_URL + static("img/share.png"),
        structured=structured or "",
    )


def data_block(*things: dict[str, Any]) -> SafeString:
    """Structured data (schema.org) as a data block, safe to stand in a page; browsers never
    run it, so the strict content policy holds."""
    graph = {"@context": "https://schema.org", "@graph": list(things)}
    body = json.dumps(graph, ensure_ascii=False).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{body}</script>')
