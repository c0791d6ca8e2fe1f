"""Somebody who was certified, for the tests."""

from scip.credentials.certified import issue_certified
from scip.credentials.models import Credential
from scip.credentials.services import make_certificate, record_completion
from tests import world

NOW = world.utc(2026, 5, 28, 12)
LINES = [("Supervision sessions", "11"), ("Case studies", "24"), ("Silent retreat", "5 days")]


def ready(user):
    """Levels A and B on record."""
    for level in "AB":
        record_completion(
            user, level=level, basis="cohort", completed_on=NOW.date(), facts={}, by=None
        )
    return user


def certify(user, *, reference="decision-1", **edition) -> Credential:
    rules = world.make_edition()
    for name, value in edition.items():
        setattr(rules, name, value)
    rules.save()
    return issue_certified(
        ready(user),
        reference=reference,
        lines=LINES,
        facts={"submission": 1},
        edition=rules,
        by=None,
        now=NOW,
    )


def make_papers(credential: Credential) -> None:
    for paper in credential.certificates.all():
        make_certificate(paper.pk)
