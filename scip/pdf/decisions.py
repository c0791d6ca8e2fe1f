"""The committee's answer on paper: the words of its letter, without a name of the committee."""

from dataclasses import dataclass
from datetime import datetime

from scip.pdf.papers import Paper


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """A heading and what stands below it; ``points`` are numbered, ``sentences`` follow them."""

    title: str
    text: str = ""
    points: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerLetter:
    """Everything that the letter says."""

    organisation: str
    title: str
    reference: str
    candidate: str
    sent_at: datetime
    edition: str
    lead: str
    parts: tuple[AnswerPart, ...]
    contact: str


def render_answer(answer: AnswerLetter, paper: Paper) -> bytes:
    """The letter as an upright PDF; raises ForbiddenFetch as `render` does."""
    # Loaded when something is drawn: WeasyPrint is half of a process's start.
    from scip.pdf.rendering import render

    return render("pdf/committee_answer.html", {"answer": answer}, paper=paper)
