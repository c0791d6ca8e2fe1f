"""The candidate and their supervisor: signed, two sessions in, the third waits for a yes."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from certification.candidacy.queries import current_candidacy
from scip.accounts.models import Prerequisite, User
from scip.demo.world import papers
from scip.demo.world.company import DAY, Company, demo
from scip.demo.world.stage import Story
from supervision.models import Agreement, SupervisionSession, Supervisor
from supervision.queries.agreements import text_hash
from supervision.queries.ratings import framework_of
from supervision.services import (
    agreements,
    appointments,
    fees,
    material,
    notes,
    plans,
    ratings,
    sessions,
)
from supervision.services.ratings import Touched
from supervision.services.sessions import Held, Words

Kind = SupervisionSession.Kind
TEXT: dict[str, Any] = {
    "schedule": "Weekly at first, every second week later on; an hour, online. Whoever can’t come "
    "says so a day before.",
    "rate_cents": 15_000,
    "payment_plan": "The assessment in one sum after the first session, later blocks when they "
    "begin. A sliding-scale rate.",
}
GOALS = (
    "would like to stay with shame and grief instead of hurrying to comfort, and to find words "
    "for what happens in the body meanwhile. We look at short excerpts together."
)


def supervision_begins(company: Company) -> Story:
    """From the draft after the call to the third session, which waits for the candidate."""
    yield company.ago(14)
    candidate = company.users[demo("candidate").email]
    guide = company.users[demo("supervisor").email]
    candidacy = current_candidacy(candidate)
    if candidacy is None or candidacy.edition is None:
        raise AssertionError("the candidate registered before")
    agreement = agreements.draft_agreement(
        candidacy, Supervisor.objects.get(user=guide), by=guide, now=company.now
    )
    goals = f"{candidate.first_name} {GOALS}"
    version = agreements.propose_version(agreement, by=guide, goals=goals, **TEXT, now=company.now)
    yield company.ago(13)
    for person in (guide, candidate):
        agreements.sign_version(
            version,
            by=person,
            name_typed=person.name,
            text_sha256=text_hash(version),
            now=company.now,
        )
    agreement.refresh_from_db(fields=["state", "active_at"])
    look_back(company, agreement, candidate, {1: 0, 3: 1, 6: 1})
    for days, kind, words, feedback in (
        (12, Kind.ORIENTATION, {2: 1}, "You arrived with a clear wish. Keep it small and near."),
        (6, Kind.CASE_REVIEW, {2: 1, 3: 2}, "In minute nine you waited. Notice what that made."),
    ):
        yield company.ago(days)
        row = held(
            company, agreement, guide, kind=kind, words=touched(agreement, words), feedback=feedback
        )
        yield company.ago(days - 0.5)
        sessions.confirm_session(row, by=candidate, now=company.now)
        if kind == Kind.ORIENTATION:
            hands_over(company, agreement, candidate, guide)
    pays_the_assessment(company, agreement, candidate, guide)
    look_back(company, agreement, candidate, {1: 1, 2: 1, 3: 1})
    yield company.ago(1)
    last = touched(agreement, {1: 1, 3: 2})
    held(company, agreement, guide, kind=Kind.PLAN_MEETING, words=last)
    plans.propose_plan(
        agreement,
        by=guide,
        objectives="Wait three breaths before comforting.\nName shame when it is in the room.\n"
        "Bring one excerpt each time in which you hurried.",
        focus=list(framework_of(candidacy.edition).competencies[:3]),
        now=company.now,
    )
    starts_at = company.ago(-4, hour=17)
    appointments.plan_appointment(
        agreement,
        by=candidate,
        starts_at=starts_at,
        minutes=60,
        where="https://meet.example.org/supervision",
        now=company.now,
    )


def held(
    company: Company,
    agreement: Agreement,
    guide: User,
    *,
    kind: str,
    words: tuple[Touched, ...],
    feedback: str = "",
) -> SupervisionSession:
    """A session of an hour that ended an hour ago."""
    started_at: datetime = company.now - DAY / 12
    return sessions.log_session(
        agreement,
        Held(kind=kind, started_at=started_at, minutes=60, focus="Pacing with shame"),
        by=guide,
        words=Words(touched=words, feedback=feedback, own="Ask about her own teacher."),
        now=company.now,
    )


def touched(agreement: Agreement, words: dict[int, int]) -> tuple[Touched, ...]:
    """Competencies by number, each with the place of its word."""
    edition = agreement.candidacy.edition
    if edition is None:
        raise AssertionError("a registered candidate has an edition")
    framework = framework_of(edition)
    return tuple(
        Touched(competency=item, level=framework.levels[words[item.number]])
        for item in framework.competencies
        if item.number in words
    )


def look_back(
    company: Company, agreement: Agreement, candidate: User, words: dict[int, int]
) -> None:
    """How the candidate sees themselves that day."""
    ratings.rate(agreement, touched(agreement, words), by=candidate, now=company.now)


def pays_the_assessment(
    company: Company, agreement: Agreement, candidate: User, guide: User
) -> None:
    """The first block: two sums, one that both say was paid and one that waits for a yes."""
    block = agreement.fee_blocks.order_by("pk")[0]
    for sum_cents, is_answered in ((30_000, True), (15_000, False)):
        payment = fees.say_paid(
            block,
            by=candidate,
            amount_cents=sum_cents,
            paid_on=company.now.astimezone(candidate.zone).date(),
            note="Bank transfer",
            now=company.now,
        )
        if is_answered:
            fees.answer_payment(payment, by=guide, is_received=True, now=company.now)


def hands_over(company: Company, agreement: Agreement, candidate: User, guide: User) -> None:
    """A transcript for the case review; the supervisor opened it. A line for the journal."""
    document = replace(papers.document(Prerequisite.Kind.PRACTICE), name="transcript.pdf")
    row = material.hand_over(
        agreement,
        by=candidate,
        title="Transcript, seventh session",
        note="From minute nine: I think I hurry there.",
        document=document,
        is_deidentified=True,
        now=company.now,
    )
    material.open_material(row, by=guide, now=company.now + DAY)
    notes.write_own(agreement, "She asked what happened in me. Nobody had.", by=candidate)
