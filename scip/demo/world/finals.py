"""Four who came to the end of Level C: certified, being read, about to submit, and not yet."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from certification.candidacy.models import Candidacy
from certification.candidacy.services import begin, register, verify_retreat
from certification.portfolio import services as portfolio
from certification.portfolio.models import ClientLabel
from certification.review import services as review
from scip.accounts.models import User
from scip.credentials.models import Completion, Level
from scip.credentials.services import record_completion
from scip.demo.world import committee
from scip.demo.world.certification import brings_retreat, gives_word, has_receipt, is_paid
from scip.demo.world.company import Company, bring_evidence, demo, verify
from scip.demo.world.finals_texts import (
    ANSWERS,
    ASKS,
    LETTER,
    MOMENTS,
    NOT_YET,
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
REGISTERS, SIGNS, RECOMMENDS, SUBMITS = 39, 38, 7, 5
# The graduate was so many days before the others.
EARLIER = 14
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


def comes_to_the_end(
    company: Company,
    user: User,
    *,
    hour: float,
    earlier: float = 0,
    cases: int = 3,
    letter: dict[str, str] = RECOMMENDATION,
) -> Iterator[datetime]:
    """Registered, ten sessions with ``cases`` case studies beside each, and the supervisor's letter.

    ``hour`` keeps people apart at the same supervisor's, ``earlier`` puts all of it so many days
    back.
    """
    yield company.ago(earlier + REGISTERS + 0.5 + hour / 24)
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
    yield company.ago(earlier + SIGNS + hour / 24)
    agreement = agreements.draft_agreement(candidacy, supervisor, by=guide, now=company.now)
    sign(company, agreement, guide, {})
    for number, (days, kind) in enumerate(TEN):
        yield company.ago(earlier + days + hour / 24)
        words = touched(agreement, {1 + number % 6: min(number // 3, 3)})
        row = held(company, agreement, guide, kind=kind, words=words)
        sessions.confirm_session(row, by=user, now=company.now)
        if kind == Kind.PLAN_MEETING:
            plan_and_final(company, agreement, user, guide)
        writes_cases(company, candidacy, user, first=number * cases, count=cases)
    yield company.ago(earlier + RECOMMENDS + hour / 24)
    draft = recommendations.save_part(agreement, by=guide, now=company.now, **letter)
    recommendations.send_recommendation(draft, by=guide, now=company.now)


def registered(user: User) -> Candidacy:
    return Candidacy.objects.select_related("user").get(user=user)


def graduates(company: Company, user: User) -> Story:
    """The whole way to the certification."""
    yield from comes_to_the_end(company, user, hour=0, earlier=EARLIER)
    yield company.ago(EARLIER + SUBMITS)
    hands_over(company, registered(user), user)
    yield from committee.is_certified(company, registered(user), after=EARLIER + SUBMITS)


def waits_for_the_committee(company: Company, user: User) -> Story:
    """Handed over, and being read."""
    yield from comes_to_the_end(company, user, hour=1.5)
    yield company.ago(SUBMITS)
    hands_over(company, registered(user), user)
    yield from committee.is_being_read(company, registered(user))


def is_about_to(company: Company, user: User) -> Story:
    """Everything is there but the last part of the letter."""
    yield from comes_to_the_end(company, user, hour=3)
    yield company.ago(2)
    parts = {name: text for name, text in LETTER.items() if name != "personal"}
    review.save_letter(registered(user), parts, revision=0, by=user, now=company.now)


def is_not_recommended(company: Company, user: User) -> Story:
    """A "not yet", and an appeal."""
    yield from comes_to_the_end(company, user, hour=4.5, cases=0, letter=NOT_YET)
    yield from committee.appeals(company, registered(user))


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
    """Four, side by side, with the supervisor who has no part in the candidate's work."""
    yield company.ago(EARLIER + REGISTERS + 1)
    graduate = company.users[demo("graduate").email]
    company.stage.tell(graduates(company, graduate))
    yield company.ago(REGISTERS + 1)
    for story in (waits_for_the_committee, is_about_to, is_not_recommended):
        company.stage.tell(story(company, company.register(company.someone())))
