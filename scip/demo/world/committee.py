"""The committee at work: one submission answered, one being read; and one appeal before a panel."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from certification.candidacy.models import Candidacy
from certification.review.models import Assignment, Submission
from certification.review.queries.reading import rubric_of
from certification.review.services import appealing, assigning, deciding, hearing, reading
from scip.accounts.models import User
from scip.demo.world.company import READER, Company, demo
from scip.demo.world.finals_texts import (
    CERTIFIES,
    GUIDED_VIEW,
    NOTES,
    NOTHING_TIES,
    QUESTION,
    STATEMENT,
    VIEW,
    WORDS,
)
from scip.demo.world.stage import Story

Seat = Assignment.Seat


def readers(company: Company) -> tuple[tuple[User, str], ...]:
    """Who is asked, and for which seat."""
    return (
        (company.users[demo("reviewer").email], Seat.REVIEWER),
        (company.users[READER.email], Seat.REVIEWER),
        (company.users[demo("chair").email], Seat.CHAIR),
    )


def are_asked(company: Company, submission: Submission) -> dict[str, Assignment]:
    """The office asks everybody; by address."""
    return {
        user.email: assigning.ask(submission, user, seat=seat, by=company.staff, now=company.now)
        for user, seat in readers(company)
    }


def accepts(company: Company, row: Assignment) -> None:
    """Nothing ties them."""
    assigning.answer(row, ties=(), words=NOTHING_TIES, by=row.member, now=company.now)


def writes_view(
    company: Company, row: Assignment, parts: Mapping[str, Any], *, share: int = 1
) -> None:
    """A view as a draft, with a word on every line, or on the first half of them (``share`` 2)."""
    row.refresh_from_db()
    asked = [line for line in rubric_of(row.submission.snapshot) if line.is_asked]
    lines = {
        line.code: {"shown": "clearly", "words": WORDS[number % len(WORDS)]}
        for number, line in enumerate(asked[: len(asked) // share])
    }
    reading.save_view(row, parts, lines, revision=0, by=row.member, now=company.now)


def is_certified(company: Company, candidacy: Candidacy, *, after: float) -> Iterator[datetime]:
    """Read by two, decided by the chair, read by a second, sent; ``after`` is the day of the
    submission, counted back from the present."""
    submission = candidacy.submissions.get()
    yield company.ago(after - 1)
    rows = are_asked(company, submission)
    yield company.ago(after - 2)
    for row in rows.values():
        accepts(company, row)
    for number, email in enumerate((demo("reviewer").email, READER.email)):
        yield company.ago(after - 6 - number)
        writes_view(company, rows[email], VIEW if number else GUIDED_VIEW)
        reading.give_view(rows[email], by=rows[email].member, now=company.now)
    yield company.ago(after - 8)
    chair, second = (company.users[email] for email in (demo("chair").email, READER.email))
    decision = deciding.save_decision(
        submission, CERTIFIES, (), revision=0, by=chair, now=company.now
    )
    deciding.propose(decision, by=chair, second=second, now=company.now)
    yield company.ago(after - 9)
    deciding.approve(decision, by=second, now=company.now)
    deciding.send_decision(decision, by=chair, now=company.now)


def is_being_read(company: Company, candidacy: Candidacy) -> Iterator[datetime]:
    """One reader is in the middle of it, one has not answered yet, a question waits for the chair."""
    submission = candidacy.submissions.get()
    yield company.ago(3.5)
    rows = are_asked(company, submission)
    yield company.ago(2.5)
    reader = rows[demo("reviewer").email]
    for row in (reader, rows[demo("chair").email]):
        accepts(company, row)
    yield company.ago(1)
    writes_view(company, reader, {"strengths": VIEW["strengths"]}, share=2)
    reading.save_notes(reader, {"notes": NOTES}, revision=0, by=reader.member, now=company.now)
    reading.ask_candidate(reader, QUESTION, by=reader.member, now=company.now)


def appeals(company: Company, candidacy: Candidacy) -> Story:
    """Against a "not yet": one of the panel reads already, the demo's own is asked."""
    yield company.ago(4)
    user = candidacy.user
    appeal = appealing.begin(candidacy, by=user, now=company.now)
    appealing.save_statement(appeal, STATEMENT, by=user)
    appealing.file_appeal(appeal, by=user, now=company.now)
    yield company.ago(2)
    first, second = (company.users[demo(name).email] for name in ("supervisor", "panel"))
    seat = hearing.ask(appeal, first, by=company.staff, now=company.now)
    hearing.ask(appeal, second, by=company.staff, now=company.now)
    yield company.ago(1)
    hearing.answer(seat, ties=(), words=NOTHING_TIES, by=first, now=company.now)
