"""Case studies on paper, for their author: one, or all of them with contents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scip.pdf.papers import Paper


@dataclass(frozen=True, slots=True)
class PrintedCase:
    """One case study; ``parts`` are label and words, paragraphs parted by line ends."""

    title: str
    client: str
    is_done: bool
    saved_at: datetime
    parts: tuple[tuple[str, str], ...]


def render_case_studies(
    cases: Sequence[PrintedCase], *, author: str, organisation: str, paper: Paper
) -> bytes:
    """An upright PDF, each case study on a page of its own; raises ForbiddenFetch as `render`
    does."""
    # Loaded when something is drawn: WeasyPrint is half of a process's start.
    from scip.pdf.rendering import render

    context = {"cases": cases, "author": author, "organisation": organisation}
    return render("pdf/case_studies.html", context, paper=paper)
