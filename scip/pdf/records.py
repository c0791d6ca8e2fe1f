"""A record on paper: who it is about, sections of lines, and the code under which it is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from scip.pdf.papers import Paper


@dataclass(frozen=True, slots=True)
class Section:
    """A table with its title. A row holds as many texts as there are columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that the paper and its table say. ``about`` are labelled facts at its head."""

    organisation: str
    title: str
    about: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    note: str

    def lines(self) -> Iterator[tuple[str, ...]]:
        """The same as rows of a spreadsheet: facts, then one block for each section."""
        yield (self.title, self.organisation)
        yield from self.about
        for section in self.sections:
            yield ()
            yield (section.title,)
            yield section.columns
            yield from section.rows


@dataclass(frozen=True, slots=True)
class Sealing:
    """How the paper is recognised: its code, where to ask, the hash of what it says, and when."""

    code: str
    verify_url: str
    content_sha256: str
    made_at: datetime


def render_record(record: Record, sealing: Sealing, paper: Paper) -> bytes:
    """The record as a PDF on its side; raises ForbiddenFetch as `render` does."""
    # Loaded when something is drawn: WeasyPrint is half of a process's start.
    from scip.pdf.rendering import render

    context = {"record": record, "sealing": sealing}
    # On its side: a line of the ledger is long.
    return render("pdf/record.html", context, paper=paper, landscape=True)
