"""The candidate's portfolio: seven case studies at different points, two texts, a short log."""

from datetime import timedelta
from typing import Any

from certification.candidacy.models import Candidacy
from certification.candidacy.queries import current_candidacy
from certification.portfolio import services
from certification.portfolio.models import CaseStudy, ClientLabel
from scip.accounts.models import User
from scip.demo.world.company import HOUR, Company, demo
from scip.demo.world.portfolio_texts import CASES, REFLECTION, SESSIONS, WRITE_UP
from scip.demo.world.stage import Story
from supervision.queries.ratings import framework_of


def portfolio_grows(company: Company) -> Story:
    """A case study every second day; the first is done and shown to the supervisor."""
    yield company.ago(11.5)
    user = company.users[demo("candidate").email]
    candidacy = current_candidacy(user)
    if candidacy is None or candidacy.edition is None:
        raise AssertionError("the candidate registered before")
    competencies = framework_of(candidacy.edition).competencies
    keys = {row.number: row.pk for row in competencies}
    labels = {
        name: services.add_label(candidacy, name, by=user)
        for name in ("Client A", "Client B", "Client C")
    }
    for days, number, marks, case in CASES:
        yield company.ago(days)
        values = {**case, "competencies": sorted(keys[place] for place in marks)}
        write(company, candidacy, user, labels.get(f"Client {number}"), values)
    services.remember_word(candidacy, "Marta", is_to_avoid=True, by=user, now=company.now)
    yield company.ago(1.5)
    for kind, text in (("case", WRITE_UP), ("reflection", REFLECTION)):
        row = services.begin_write_up(candidacy, kind, by=user, now=company.now)
        values = {**text, "competencies": [keys[6]] if kind == "reflection" else []}
        services.save_writing(row, values, revision=0, by=user, now=company.now)
    for days, letter, minutes, practice in SESSIONS:
        services.log_session(
            candidacy,
            label=labels[f"Client {letter}"],
            held_on=(company.now - timedelta(days=days)).date(),
            minutes=minutes,
            practice=practice,
            by=user,
            now=company.now,
        )


def write(
    company: Company,
    candidacy: Candidacy,
    user: User,
    label: ClientLabel | None,
    values: dict[str, Any],
) -> CaseStudy:
    """A case study; those with a reflection are done, the first is shown."""
    row = services.begin_case(candidacy, by=user, label=label, now=company.now)
    if any(values.values()):
        row = services.save_writing(row, values, revision=0, by=user, now=company.now)
    if values.get("reflection"):
        services.mark_done(row, True, by=user, now=company.now + HOUR)
    if row.number == 1:
        services.show_case(row, True, by=user, now=company.now + HOUR)
    return row
