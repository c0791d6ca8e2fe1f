"""What registering asks for: pure rules, at their limits."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.candidacy.requirements.equivalency import (
    ItemFacts,
    decision_findings,
    sending_findings,
)
from certification.candidacy.requirements.registration import (
    AttestationFacts,
    RegistrationEvidence,
    RetreatFacts,
    holding_up_registration,
    registration_findings,
)
from scip.accounts.requirements import EvidencePiece, PrerequisiteEvidence
from scip.policy.models import Edition
from scip.requirements import Assessment, Status

TODAY = date(2027, 3, 2)
NOW = datetime(2027, 3, 2, 12, tzinfo=UTC)
KINDS = ("standing", "msc", "insurance", "practice")
CODES = ["opening", "level_a", "level_b", "client_sessions", "retreat", *KINDS]


def edition(**fields) -> Edition:
    return Edition(**{"name": "E", "applications_open_on": TODAY} | fields)


def evidence(**fields) -> RegistrationEvidence:
    """Everything there, as it has to be."""
    whole = {
        "prerequisites": PrerequisiteEvidence(
            verified={kind: EvidencePiece(description=kind) for kind in KINDS}
        ),
        "completed": {"A": date(2026, 1, 1), "B": date(2026, 6, 1)},
        "attestation": AttestationFacts(client_sessions=24, clients=4, attested_at=NOW),
        "retreat": stay(),
    }
    return RegistrationEvidence(**whole | fields)


def stay(**fields) -> RetreatFacts:
    return RetreatFacts(
        **{
            "state": "verified",
            "title": "Retreat",
            "days": 3,
            "is_silent": True,
            "submitted_at": NOW,
        }
        | fields
    )


def findings(proof=None, rules=None) -> Assessment:
    return Assessment(
        registration_findings(proof or evidence(), edition=rules or edition(), as_of=TODAY)
    )


def held_up(proof=None, rules=None) -> list[str]:
    rules = rules or edition()
    found = registration_findings(proof or evidence(), edition=rules, as_of=TODAY)
    return [item.code for item in holding_up_registration(found, edition=rules)]


def test_with_everything_there_nothing_stands_in_the_way():
    found = findings()
    assert [item.code for item in found] == CODES
    assert found.is_met
    assert held_up() == []


def test_with_nothing_everything_is_open_in_its_order():
    assert held_up(RegistrationEvidence(), edition(applications_open_on=None)) == CODES


@pytest.mark.parametrize(
    ("opens_on", "status"),
    [
        (None, Status.LATER),
        (TODAY + timedelta(days=1), Status.LATER),
        (TODAY, Status.MET),
        (TODAY - timedelta(days=1), Status.MET),
    ],
)
def test_registration_opens_on_the_day_of_the_edition(opens_on, status):
    rules = edition(applications_open_on=opens_on)
    assert findings(rules=rules)["opening"].status is status
    assert held_up(rules=rules) == ([] if status is Status.MET else ["opening"])


@pytest.mark.parametrize("level", ["A", "B"])
def test_both_levels_are_asked_for(level):
    days = {"A": TODAY, "B": TODAY}
    del days[level]
    assert held_up(evidence(completed=days)) == [f"level_{level.lower()}"]


@given(
    sessions=st.integers(1, 200),
    clients=st.integers(1, 60),
    needed=st.integers(1, 60),
    of=st.integers(1, 12),
)
def test_client_sessions_count_from_both_figures_on(sessions, clients, needed, of):
    word = AttestationFacts(client_sessions=sessions, clients=clients, attested_at=NOW)
    rules = edition(client_sessions=needed, clients=of)
    found = findings(evidence(attestation=word), rules)["client_sessions"]
    assert found.is_met == (sessions >= needed and clients >= of)
    assert str(sessions) in str(found.found)


@given(days=st.integers(1, 14), least=st.integers(1, 7), is_silent=st.booleans())
def test_a_verified_retreat_counts_from_its_length_on_and_only_in_silence(days, least, is_silent):
    rules = edition(retreat_min_days=least)
    found = findings(evidence(retreat=stay(days=days, is_silent=is_silent)), rules)["retreat"]
    assert found.is_met == (days >= least and is_silent)


@pytest.mark.parametrize(
    ("retreat", "status"),
    [
        (None, Status.OPEN),
        (stay(state="submitted"), Status.WAITING),
        (stay(state="returned", return_reason="Which days?"), Status.OPEN),
        (stay(), Status.MET),
    ],
)
def test_where_the_retreat_stands(retreat, status):
    found = findings(evidence(retreat=retreat))["retreat"]
    assert found.status is status
    assert (held_up(evidence(retreat=retreat)) == []) == (status is Status.MET)
    if retreat is not None and retreat.return_reason:
        assert "Which days?" in str(found.found)


def test_the_office_may_let_it_wait_and_its_reason_stays_visible():
    found = findings(evidence(retreat=None, deferral="Booked for May."))["retreat"]
    assert found.status is Status.WAIVED
    assert found.waiver_reason == "Booked for May."
    assert held_up(evidence(retreat=None, deferral="Booked for May.")) == []


def test_under_the_other_policy_the_retreat_never_holds_registration_up():
    rules = edition(retreat_required_for=Edition.RetreatRequiredFor.SUBMISSION)
    for retreat in (None, stay(state="submitted"), stay(state="returned"), stay(days=1)):
        assert held_up(evidence(retreat=retreat), rules) == []
    assert findings(evidence(retreat=None), rules)["retreat"].status is Status.LATER


@pytest.mark.parametrize("kind", KINDS)
def test_every_prerequisite_is_asked_again(kind):
    verified = {name: EvidencePiece(description=name) for name in KINDS}
    verified[kind] = EvidencePiece(description=kind, expires_on=TODAY - timedelta(days=1))
    assert held_up(evidence(prerequisites=PrerequisiteEvidence(verified=verified))) == [kind]
    verified[kind] = EvidencePiece(description=kind, expires_on=TODAY)
    assert held_up(evidence(prerequisites=PrerequisiteEvidence(verified=verified))) == []


def test_a_request_for_credit_needs_words_and_an_entry():
    item = ItemFacts(level="A", verdict="open")
    assert [f.is_met for f in sending_findings("  ", [])] == [False, False]
    assert [f.is_met for f in sending_findings("So.", [item])] == [True, True]


@pytest.mark.parametrize(
    ("items", "levels", "unmet"),
    [
        ([("A", "open")], [], ["judged"]),
        ([("A", "not_accepted")], [], []),
        ([("A", "not_accepted")], ["A"], ["accepted_a"]),
        ([("A", "accepted"), ("B", "not_accepted")], ["A", "B"], ["accepted_b"]),
        ([("A", "accepted"), ("B", "accepted")], ["B", "A"], []),
        ([("A", "accepted"), ("A", "open")], ["A"], ["judged"]),
    ],
)
def test_a_decision_rests_on_judged_items(items, levels, unmet):
    facts = [ItemFacts(level=level, verdict=verdict) for level, verdict in items]
    assert [f.code for f in decision_findings(facts, levels=levels) if not f.is_met] == unmet
