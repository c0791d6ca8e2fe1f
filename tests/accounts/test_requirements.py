"""The rules, on values alone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from scip.accounts.requirements import (
    EvidencePiece,
    PrerequisiteEvidence,
    prerequisite_findings,
)
from scip.requirements import Assessment, Status

TODAY = date(2027, 3, 2)


def findings(evidence: PrerequisiteEvidence, msc_due_on: date | None = None) -> Assessment:
    return Assessment(prerequisite_findings(evidence, as_of=TODAY, msc_due_on=msc_due_on))


def piece(**fields: object) -> EvidencePiece:
    return EvidencePiece(**({"description": "Care Mutual"} | fields))  # type: ignore[arg-type]


def test_codes_in_their_order() -> None:
    assert [f.code for f in findings(PrerequisiteEvidence())] == [
        "standing",
        "msc",
        "insurance",
        "practice",
    ]


def test_nothing_sent_is_open_with_one_action_each() -> None:
    for finding in findings(PrerequisiteEvidence()):
        assert finding.status is Status.OPEN
        assert finding.next_step == "Add it with a document"
        assert finding.url == f"/profile/prerequisites/{finding.code}/"


@pytest.mark.parametrize(("days", "status"), [(-1, Status.OPEN), (0, Status.MET), (1, Status.MET)])
def test_holds_through_its_last_day(days: int, status: Status) -> None:
    ends = TODAY + timedelta(days=days)
    evidence = PrerequisiteEvidence(verified={"insurance": piece(expires_on=ends)})
    assert findings(evidence)["insurance"].status is status


def test_expired_says_when() -> None:
    evidence = PrerequisiteEvidence(verified={"insurance": piece(expires_on=date(2027, 2, 12))})
    assert (
        findings(evidence)["insurance"].found == "Your document ended on Friday 12 February 2027."
    )


def test_sent_waits_for_the_office_since_then() -> None:
    at = datetime(2027, 3, 1, 9, tzinfo=UTC)
    finding = findings(PrerequisiteEvidence(submitted={"practice": piece(submitted_at=at)}))[
        "practice"
    ]
    assert (finding.status, finding.waiting_for, finding.since) == (
        Status.WAITING,
        "the office",
        at,
    )


def test_sent_and_run_out_meanwhile_is_open() -> None:
    ended = piece(expires_on=TODAY - timedelta(days=1))
    assert (
        findings(PrerequisiteEvidence(submitted={"insurance": ended}))["insurance"].status
        is Status.OPEN
    )


def test_returned_is_open_with_the_reason() -> None:
    evidence = PrerequisiteEvidence(returned={"standing": piece(return_reason="page 2 please")})
    finding = findings(evidence)["standing"]
    assert (finding.status, finding.found) == (Status.OPEN, "The office asks: page 2 please")
    assert finding.next_step == "Correct it and send it again"


def test_a_renewal_on_its_way_leaves_the_verified_one_in_force() -> None:
    evidence = PrerequisiteEvidence(
        verified={"insurance": piece(expires_on=TODAY)}, submitted={"insurance": piece()}
    )
    finding = findings(evidence)["insurance"]
    assert finding.status is Status.MET
    assert "newer document is with the office" in str(finding.found)


@pytest.mark.parametrize(
    ("days", "status"), [(1, Status.LATER), (0, Status.LATER), (-1, Status.OPEN)]
)
def test_deferred_msc_is_for_later_until_its_day(days: int, status: Status) -> None:
    due = TODAY + timedelta(days=days)
    assert findings(PrerequisiteEvidence(), due)["msc"].status is status


def test_deferral_moves_msc_alone() -> None:
    due = TODAY + timedelta(days=30)
    assert [f.status for f in findings(PrerequisiteEvidence(), due)] == [
        Status.OPEN,
        Status.LATER,
        Status.OPEN,
        Status.OPEN,
    ]


def test_deferred_msc_that_was_sent_waits_for_the_office() -> None:
    evidence = PrerequisiteEvidence(submitted={"msc": piece()})
    assert findings(evidence, TODAY)["msc"].status is Status.WAITING


def test_everything_verified_meets_the_gate() -> None:
    kinds = ("standing", "msc", "insurance", "practice")
    assert findings(PrerequisiteEvidence(verified={kind: piece() for kind in kinds})).is_met
