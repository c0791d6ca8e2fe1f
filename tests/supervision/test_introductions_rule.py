"""When a candidate may ask for a brief call, and how long silence is waited for; no database."""

from datetime import UTC, datetime, timedelta

import pytest

from scip.policy.models import Edition
from scip.requirements import Status
from supervision.requirements.introductions import AskingEvidence, asking_findings, patience

DAY = timedelta(days=1)
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def evidence(**changes) -> AskingEvidence:
    return AskingEvidence(
        **{
            "is_registered": True,
            "is_on_leave": False,
            "is_oneself": False,
            "supervisor": "Suna",
            "takes_candidates": True,
            "waiting_for": (),
        }
        | changes
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"is_registered": False}, "registered"),
        ({"is_on_leave": True}, "registered"),
        ({"is_oneself": True}, "taking_on"),
        ({"takes_candidates": False}, "taking_on"),
        ({"waiting_for": ("A", "B", "C")}, "not_too_many"),
    ],
)
def test_each_thing_in_the_way_is_named(changes, code):
    edition = Edition(open_introductions=3)
    assert asking_findings(evidence(), edition=edition).is_met
    assessment = asking_findings(evidence(**changes), edition=edition)
    assert [finding.code for finding in assessment.unmet] == [code]
    assert assessment[code].status is Status.OPEN
    assert assessment[code].next_step


def test_the_limit_is_the_editions_and_names_who_is_waited_for():
    waiting = evidence(waiting_for=("Ana", "Bo"))
    assert asking_findings(waiting, edition=Edition(open_introductions=3)).is_met
    finding = asking_findings(waiting, edition=Edition(open_introductions=2))["not_too_many"]
    assert not finding.is_met
    assert "Ana and Bo" in str(finding.next_step)


def test_patience_runs_from_the_request_or_from_coming_back():
    due = patience(NOW, back_at=None, silent_days=20)
    assert (due.reminder_at, due.lapses_at) == (NOW + 10 * DAY, NOW + 20 * DAY)
    later = patience(NOW, back_at=NOW + 5 * DAY, silent_days=20)
    assert later.lapses_at == NOW + 25 * DAY
    assert patience(NOW, back_at=NOW - 5 * DAY, silent_days=20) == due
