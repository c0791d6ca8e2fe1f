"""Two who came to the end of Level C: one has handed everything over, one is about to."""

from datetime import timedelta
from typing import Any

from certification.candidacy.models import Candidacy
from certification.candidacy.services import begin, register, verify_retreat
from certification.portfolio import services as portfolio
from certification.portfolio.models import ClientLabel
from certification.review import services as review
from scip.accounts.models import User
from scip.credentials.models import Completion, Level
from scip.credentials.services import record_completion
from scip.demo.world.certification import brings_retreat, gives_word, has_receipt, is_paid
from scip.demo.world.company import Company, bring_evidence, demo, verify
from scip.demo.world.finals_texts import (
    ANSWERS,
    ASKS,
    LETTER,
    MOMENTS,
    RECOMMENDATION,
    SHAPE,
)
from scip.demo.world.stage import Story
from scip.demo.world.supervision import TEXT, held, touched
from supervision.models import Agreement, SupervisionSession, Supervisor
from supervision.queries.agreements import text_hash
from supervision.queries.ratings import framework_of
from supervision.services import (
    agreements,
    introductions,
    plans,
    recommendations,
    sessions,
)

Kind = SupervisionSession.Kind
# Days before the present; the closing sessions follow the fifth of supervision.
REGISTERS, SIGNS, SUBMITS = 39, 38, 5
TEN: tuple[tuple[float, str], ...] = (
    (37, Kind.ORIENTATION),
    (34, Kind.CASE_REVIEW),
    (31, Kind.PLAN_MEETING),
    (28, Kind.SUPERVISION),
    (25, Kind.SUPERVISION),
    (22, Kind.SUPERVISION),
    (19, Kind.SUPERVISION),
    (16, Kind.SUPERVISION),
    (12, Kind.PORTFOLIO_REVIEW),
    (9, Kind.EXIT_INTERVIEW),
)


def comes_to_the_end(company: Company, user: User, *, hour: float, submits: bool) -> Story:
    """Registered in the first days, ten sessions, 24 case studies, recommended. ``hour`` keeps
    two of them apart at the same supervisor's; ``submits`` hands it over, paid by transfer."""
    yield company.ago(REGISTERS + 0.5 + hour / 24)
    credited(company, user)
    gives_word(company, user, sessions=42, clients=7)
    verify_retreat(brings_retreat(company, user, days_ago=300), by=company.staff, now=company.now)
    candidacy = register(begin(user, now=company.now), by=user, now=company.now)
    is_paid(company, candidacy)
    has_receipt(company, candidacy)
    candidacy.refresh_from_db()
    guide = company.users[demo("supervisor2").email]
    supervisor = Supervisor.objects.get(user=guide)
    asked = introductions.ask(candidacy, supervisor, message=ASKS, by=user, now=company.now)
    times = [company.now + timedelta(hours=8 + number) for number in range(3)]
    introductions.accept(asked, by=guide, answer=ANSWERS, times=times, now=company.now)
    introductions.choose_time(asked, by=user, time=times[0], now=company.now)
    yield company.ago(SIGNS + hour / 24)
    agreement = agreements.draft_agreement(candidacy, supervisor, by=guide, now=company.now)
    sign(company, agreement, guide, {})
    for number, (days, kind) in enumerate(TEN):
        yield company.ago(days + hour / 24)
        words = touched(agreement, {1 + number % 6: min(number // 3, 3)})
        row = held(company, agreement, guide, kind=kind, words=words)
        sessions.confirm_session(row, by=user, now=company.now)
        if kind == Kind.PLAN_MEETING:
            plan_and_final(company, agreement, user, guide)
        writes_cases(company, candidacy, user, first=number * 3, count=3)
    yield company.ago(7 + hour / 24)
    draft = recommendations.save_part(agreement, by=guide, now=company.now, **RECOMMENDATION)
    recommendations.send_recommendation(draft, by=guide, now=company.now)
    if submits:
        yield company.ago(SUBMITS + hour / 24)
        hands_over(company, candidacy, user)
    else:
        yield company.ago(2)
        parts = {name: text for name, text in LETTER.items() if name != "personal"}
        review.save_letter(candidacy, parts, revision=0, by=user, now=company.now)


def credited(company: Company, user: User) -> None:
    """Level B, and where it is missing Level A, from an earlier format; documents in force."""
    there = set(Completion.objects.filter(user=user).values_list("level", flat=True))
    if not there:
        verify(company, bring_evidence(company, user, valid_days=400))
    for level in (Level.A, Level.B):
        if level not in there:
            record_completion(
                user,
                level=level,
                basis=Completion.Basis.EQUIVALENCY,
                completed_on=company.ago(800).date(),
                facts={"format": "SCIP 2.0"},
                by=company.staff,
            )


def sign(company: Company, agreement: Agreement, guide: User, changes: dict[str, Any]) -> None:
    """A version of the agreement, signed by both."""
    goals = "To let kindness come in at the pace of the room."
    version = agreements.propose_version(
        agreement, by=guide, goals=goals, **TEXT | changes, now=company.now
    )
    for person in (guide, agreement.candidacy.user):
        agreements.sign_version(
            version,
            by=person,
            name_typed=person.name,
            text_sha256=text_hash(version),
            now=company.now,
        )
    agreement.refresh_from_db()


def plan_and_final(company: Company, agreement: Agreement, user: User, guide: User) -> None:
    """What the plan meeting ends with."""
    edition = agreement.candidacy.edition
    if edition is None:
        raise AssertionError("a registered candidate has an edition")
    plan = plans.propose_plan(
        agreement,
        by=guide,
        objectives="Begin smaller than feels right.\nLeave the last word to the client.",
        focus=list(framework_of(edition).competencies[1:4]),
        now=company.now,
    )
    plans.agree_plan(plan, by=user, now=company.now)
    sign(company, agreement, guide, {"schedule": "Twice a week for six weeks, an hour, online."})


def writes_cases(
    company: Company, candidacy: Candidacy, user: User, *, first: int, count: int
) -> None:
    """So many finished case studies, as long as the edition asks for more."""
    edition = candidacy.edition
    if edition is None:
        raise AssertionError("a registered candidate has an edition")
    keys = [row.pk for row in framework_of(edition).competencies]
    labels = list(ClientLabel.objects.filter(portfolio__candidacy=candidacy)) or [
        portfolio.add_label(candidacy, f"Client {letter}", by=user) for letter in "ABCDEFG"
    ]
    for number in range(first, min(first + count, edition.case_studies)):
        label = labels[number % len(labels)]
        row = portfolio.begin_case(candidacy, by=user, label=label, now=company.now)
        values = SHAPE | {
            "happened": MOMENTS[number % len(MOMENTS)],
            "competencies": [keys[number % len(keys)]],
        }
        portfolio.save_writing(row, values, revision=0, by=user, now=company.now)
        portfolio.mark_done(row, True, by=user, now=company.now)


def hands_over(company: Company, candidacy: Candidacy, user: User) -> None:
    """Letter, word, fee: frozen and with the committee."""
    review.save_letter(candidacy, LETTER, revision=0, by=user, now=company.now)
    word = candidacy.attestations.earliest("attested_at")
    review.attest_again(
        candidacy,
        client_sessions=61,
        clients=9,
        wording=word.wording,
        name_typed=user.name,
        by=user,
        now=company.now,
    )
    submission = candidacy.submissions.get()
    submission = review.submit(submission, by=user, now=company.now)
    is_paid(company, submission)
    has_receipt(company, submission)


def finals(company: Company) -> Story:
    """Both, side by side, with the supervisor who has no part in the candidate's work."""
    yield company.ago(REGISTERS + 1)
    graduate = company.users[demo("graduate").email]
    other = company.register(company.someone())
    company.stage.tell(comes_to_the_end(company, graduate, hour=0, submits=True))
    company.stage.tell(comes_to_the_end(company, other, hour=3, submits=False))
