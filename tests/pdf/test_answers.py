"""The committee's answer on paper, however long its letter is."""

from datetime import UTC, datetime
from io import BytesIO

from pypdf import PdfReader

from scip.pdf.decisions import AnswerLetter, AnswerPart, render_answer
from scip.pdf.papers import Paper


def pages(lines: int) -> list[str]:
    """What stands on each page of a letter with so many short paragraphs."""
    answer = AnswerLetter(
        organisation="An organisation",
        title="The answer",
        reference="Submission 1, answer 1",
        candidate="Carla Candidate",
        sent_at=datetime(2026, 5, 5, tzinfo=UTC),
        edition="2026 edition",
        lead="That is not a no.",
        parts=(AnswerPart("What was seen", "\n\n".join(["You waited."] * lines)),),
        contact="Ines, office@example.org",
    )
    reader = PdfReader(BytesIO(render_answer(answer, Paper.A4)))
    return [page.extract_text() for page in reader.pages]


def test_the_committees_name_never_stands_alone_on_a_page() -> None:
    letters = [pages(lines) for lines in range(8, 22)]
    assert {len(letter) for letter in letters} == {1, 2}
    assert all("Who answers your questions".upper() in letter[-1].upper() for letter in letters)
