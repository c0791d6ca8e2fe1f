"""What resubmissions answer and how far their answers are; in bulk, and for one's own page."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import F

from certification.candidacy.queries.windows import paces_of
from certification.review.models import Appeal, Ask, Decision, Response, Snapshot, Submission
from certification.review.requirements.resubmission import AgainFacts
from supervision.requirements.ledger import LedgerEvidence, State, is_counted

OPEN = Submission.State.DRAFT


def again_facts(
    submissions: Iterable[Submission],
    ledgers: Mapping[int, LedgerEvidence],
    *,
    paid: Iterable[int],
    now: datetime,
) -> dict[int, AgainFacts]:
    """What the gate looks at, by submission, of those that follow another one; five queries, none
    where nobody resubmits. ``ledgers`` are by candidacy, ``paid`` keys of submissions whose fee
    is here."""
    rows = [row for row in submissions if row.follows_id is not None]
    if not rows:
        return {}
    decisions = {
        item.submission_id: item
        for item in Decision.objects.filter(submission__in=[row.follows_id for row in rows])
    }
    numbers: dict[int, list[Ask]] = defaultdict(list)
    for ask in Ask.objects.filter(decision__in=decisions.values()).order_by("number"):
        numbers[ask.decision_id].append(ask)
    said = {
        (item.submission_id, item.ask_id)
        for item in Response.objects.filter(submission__in=rows)
        if item.text.strip()
    }
    settled, paces = set(paid), paces_of([row.candidacy_id for row in rows])
    found = {}
    for row in rows:
        decision = decisions.get(row.follows_id or 0)
        if decision is None or decision.sent_at is None:
            continue
        asks = numbers[decision.pk]
        handed = handed_at(row, row.pk in settled, now)
        found[row.pk] = AgainFacts(
            window=paces[row.candidacy_id].resubmission(
                row.edition, told_at=decision.sent_at, now=handed
            ),
            handed_on=handed.astimezone(UTC).date(),
            unanswered=tuple(item.number for item in asks if (row.pk, item.pk) not in said),
            points=len(asks),
            sessions_needed=decision.further_sessions,
            sessions_held=held_since(ledgers[row.candidacy_id], row, decision.sent_at),
        )
    return found


def handed_at(row: Submission, is_paid: bool, now: datetime) -> datetime:
    """When it was handed in, as far as its candidate is concerned: the button was pressed. Until
    then it is now; what the fee's way takes is not held against anybody."""
    if row.awaiting_payment_at is not None and (is_paid or row.state != OPEN):
        return row.awaiting_payment_at
    return now


def heard_now(candidacy_ids: Collection[int]) -> frozenset[int]:
    """Which of these candidacies have an answer of the committee before a panel; one query, none
    for nobody."""
    if not candidacy_ids:
        return frozenset()
    rows = Appeal.objects.filter(
        candidacy__in=candidacy_ids,
        decision__isnull=False,
        state__in=(Appeal.State.FILED, Appeal.State.HEARING),
    )
    return frozenset(rows.values_list("candidacy", flat=True))


def went_back(decision_id: int) -> bool:
    """Did a panel bring the submission of this decision back to the committee? Then another one
    holds the same frozen bytes; what a candidate hands in anew never does."""
    rows = Snapshot.objects.filter(submission__follows__decision=decision_id)
    return rows.filter(sha256=F("submission__follows__snapshot__sha256")).exists()


def asks_points_alone(submission: Submission) -> bool:
    """Are the committee's points all that is read again? Not where a panel brought it back."""
    if submission.follows_id is None:
        return False
    decision = Decision.objects.filter(submission=submission.follows_id).only("pk").first()
    return decision is not None and not went_back(decision.pk)


def held_since(ledger: LedgerEvidence, row: Submission, since: datetime) -> int:
    """Confirmed sessions that count and began after the letter."""
    return sum(
        item.state == State.CONFIRMED
        and item.started_at > since
        and is_counted(item, ledger, edition=row.edition)
        for item in ledger.sessions
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """A point with what its candidate says to it."""

    ask: Ask
    response: Response | None

    @property
    def is_there(self) -> bool:
        return self.response is not None and bool(self.response.text.strip())


def answers_of(submission: Submission) -> tuple[Answer, ...]:
    """Every point that a resubmission answers, in order; two queries."""
    if submission.follows_id is None:
        return ()
    asks = Ask.objects.filter(decision__submission=submission.follows_id).order_by("number")
    said = {item.ask_id: item for item in Response.objects.filter(submission=submission)}
    return tuple(Answer(ask, said.get(ask.pk)) for ask in asks)


def asks_in(submission: Submission) -> list[dict[str, Any]]:
    """The points with their answers, as they are frozen."""
    return [
        {
            "number": item.ask.number,
            "text": item.ask.text,
            "response": item.response.text if item.response is not None else "",
        }
        for item in answers_of(submission)
    ]
