"""A dossier on paper: everything that was submitted, in chapters, with contents and their pages."""

from dataclasses import dataclass

from scip.pdf.papers import Paper
from scip.pdf.records import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One of many in a chapter, on a page of its own: ``parts`` are label and words, ``name`` is
    its place on a web page."""

    title: str
    about: str
    parts: tuple[tuple[str, str], ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A chapter with an introduction, facts, texts, tables and entries, each where it has some."""

    name: str
    title: str
    lead: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    tables: tuple[Section, ...] = ()
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedDossier:
    """All of it. ``note`` stands on the first page; ``sha256`` is that of what was frozen."""

    title: str
    candidate: str
    organisation: str
    note: str
    sha256: str
    chapters: tuple[Chapter, ...]


def render_dossier(dossier: PrintedDossier, *, paper: Paper) -> bytes:
    """An upright PDF; the same dossier gives the same bytes. Raises ForbiddenFetch as `render`."""
    # Loaded when something is drawn: WeasyPrint is half of a process's start.
    from scip.pdf.rendering import render

    return render("pdf/dossier.html", {"dossier": dossier}, paper=paper)
