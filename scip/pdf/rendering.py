"""From a template and its context to the bytes of a PDF."""

import hashlib
import os
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import pydyf
from django.template.loader import render_to_string
from django.utils.translation import get_language
from weasyprint import CSS, HTML
from weasyprint.document import Document
from weasyprint.urls import FatalURLFetchingError

from scip.pdf.fetching import SealedFetcher
from scip.pdf.fonts import FAMILIES, FontShelf
from scip.pdf.ornaments import certificate_art, mark_art
from scip.pdf.papers import Paper, Sheet
from scip.pdf.signing import add_field
from scip.pdf.stamps import Drawing, drawing_of, freeze, placeholder, stamp


class ForbiddenFetch(Exception):
    """The document wanted to load something from outside itself; nothing was requested."""


_BASE_STYLE: Final = "pdf/_base.css"
# The widths of the placeholders, in pixels.
ART: Final = 1
QR: Final = 2

# Pango's font maps are not made for two threads at once.
_lock = threading.Lock()
_shelves: list[FontShelf] = []
_fetcher = SealedFetcher()


def render(
    template: str,
    context: Mapping[str, Any],
    *,
    paper: Paper,
    landscape: bool = False,
    style: str = "pdf/_document.css",
    drawings: Mapping[int, Drawing] | None = None,
    is_to_be_signed: bool = False,
) -> bytes:
    """Render a template to a tagged PDF (PDF/UA-1) on the given paper.

    The same template and context give the same bytes: no clock and no random number enters, the
    file's identifier is derived from the document. `style` names the stylesheet template; it and
    `pdf/_base.css` get the sheet, the fonts and the ornaments, and are compiled once per sheet. The
    document gets `sheet` and `lang` beside its context. `drawings` take the places of the placeholders
    of these widths (see `stamps`). `is_to_be_signed` leaves a field for a signature (see `signing`).
    Raises ForbiddenFetch when the document refers to anything but `data:` addresses. Side effects:
    none outside the process (fonts are unpacked to a temporary folder once).
    """
    sheet = Sheet(paper, landscape)
    page = {"sheet": sheet, "lang": get_language() or "en"}
    markup = render_to_string(template, {**context, **page})
    stylesheets = (_stylesheet(_BASE_STYLE, sheet), _stylesheet(style, sheet))
    return render_html(markup, stylesheets, drawings, is_to_be_signed=is_to_be_signed)


@cache
def _stylesheet(template: str, sheet: Sheet) -> CSS:
    """A compiled stylesheet: parsing it anew would be a sixth of a certificate's rendering time."""
    context = {
        "sheet": sheet,
        "font_families": FAMILIES,
        "art": placeholder(ART),
        "mark_art": mark_art(),
    }
    return CSS(string=render_to_string(template, context), url_fetcher=_fetcher)


@cache
def certificate_drawing(sheet: Sheet) -> Drawing:
    """A certificate's art, drawn by WeasyPrint once per sheet and process."""
    drawn: list[Drawing] = []

    def keep(document: Document, pdf: pydyf.PDF) -> None:
        page = document.pages[0]
        drawn.append(drawing_of(pdf, page.width, page.height))

    style = (
        f"@page {{ size: {sheet.css_size}; margin: 0; "
        f"background: url({certificate_art(sheet)}) 0 0 / 100% 100% no-repeat }}"
    )
    with _lock:
        HTML(string="<title>.</title>", url_fetcher=_fetcher).write_pdf(
            stylesheets=[CSS(string=style, url_fetcher=_fetcher)],
            font_config=_shelf().configuration,
            finisher=keep,
        )
    return drawn[0]


def render_html(
    markup: str,
    stylesheets: tuple[CSS, ...] = (),
    drawings: Mapping[int, Drawing] | None = None,
    *,
    is_to_be_signed: bool = False,
) -> bytes:
    """Render a complete HTML document to a tagged PDF; raises ForbiddenFetch as `render` does."""

    def finish(document: Document, pdf: pydyf.PDF) -> None:
        stamp(pdf, drawings or {})
        if is_to_be_signed:
            add_field(pdf)
        freeze(pdf)

    with _lock:
        shelf = _shelf()
        shelf.cover(markup)
        try:
            document = HTML(string=markup, url_fetcher=_fetcher).render(
                font_config=shelf.configuration,
                stylesheets=list(stylesheets),
                pdf_variant="pdf/ua-1",
            )
            identifier = hashlib.sha256(markup.encode()).digest()[:16]
            pdf: bytes = document.write_pdf(
                pdf_variant="pdf/ua-1", pdf_identifier=identifier, finisher=finish
            )
        except FatalURLFetchingError as refusal:
            # It is a BaseException: left alone it would end the worker, not the task.
            raise ForbiddenFetch(str(refusal)) from refusal
    return pdf


def _shelf() -> FontShelf:
    """The shelf of this process; one inherited through a fork is kept, but not used."""
    if not _shelves or _shelves[-1].pid != os.getpid():
        _shelves.append(FontShelf(_fetcher))
    return _shelves[-1]
