"""The ledger's rules as pure functions: what counts, which phase is open, what is still asked."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scip.policy.models import Edition
from scip.requirements import Status
from supervision.models import SupervisionSession
from supervision.requirements.ledger import (
    LedgerEvidence,
    SessionFacts,
    counted,
    counts,
    ledger_findings,
    next_kind,
    phase_open,
    supervision_from,
)
from supervision.requirements.track import track
from tests.supervision.pair import ALL, START

Kind = SupervisionSession.Kind
State = SupervisionSession.State
EDITION = Edition(in_force_from=date(2020, 1, 1))
SIGNED = START.date()
PLANNED = SIGNED + timedelta(days=21)


def facts(kind: str, days: int, **fields) -> SessionFacts:
    started_at = fields.pop("started_at", START + timedelta(days=days, hours=1))
    minutes = fields.pop("minutes", 60)
    return SessionFacts(
        **{
            "pk": days,
            "kind": kind,
            "state": State.CONFIRMED,
            "started_at": started_at,
            "ends_at": started_at + timedelta(minutes=minutes),
            "opened_on": SIGNED,
        }
        | fields
    )


def evidence(*sessions: SessionFacts, **fields) -> LedgerEvidence:
    return LedgerEvidence(
        sessions=sessions,
        **{"opened_on": SIGNED, "final_on": PLANNED, "plan_on": PLANNED} | fields,
    )


def assessed(**fields) -> list[SessionFacts]:
    """The three sessions of the assessment."""
    kinds = (Kind.ORIENTATION, Kind.CASE_REVIEW, Kind.PLAN_MEETING)
    return [facts(kind, 1 + 7 * place, **fields) for place, kind in enumerate(kinds)]


def whole(**fields) -> LedgerEvidence:
    """The ten sessions, a week apart."""
    return evidence(*[facts(kind, 1 + 7 * place) for place, kind in enumerate(ALL)], **fields)


def test_the_ten_sessions_are_all_that_is_asked():
    findings = ledger_findings(whole(), edition=EDITION)
    assert [item.status for item in findings] == [Status.MET] * 4
    assert [stop.state for stop in track(whole(), edition=EDITION)] == ["done"] * 10


def test_without_anything_the_way_lies_ahead():
    findings = ledger_findings(LedgerEvidence(), edition=EDITION)
    assert [item.status for item in findings] == [Status.LATER] * 4
    stops = track(LedgerEvidence(), edition=EDITION)
    assert [stop.state for stop in stops] == ["next"] + ["ahead"] * 9
    assert [stop.label for stop in stops][:3] == [
        "Orientation",
        "Case & practice review",
        "Supervision plan meeting",
    ]


@pytest.mark.parametrize(("minutes", "is_met"), [(44, False), (45, True), (46, True)])
def test_a_session_counts_from_the_minutes_of_the_edition(minutes, is_met):
    row = facts(Kind.ORIENTATION, 1, minutes=minutes)
    finding = counts(row, evidence(row), edition=EDITION)
    assert finding.is_met is is_met
    if not is_met:
        assert finding.found == "It lasted 44 minutes; a session counts from 45 minutes on."


def test_the_pinned_edition_decides_not_a_figure_in_the_code():
    edition = Edition(
        in_force_from=date(2020, 1, 1), supervision_minutes=90, supervision_sessions=1
    )
    row = facts(Kind.ORIENTATION, 1, minutes=60)
    assert not counts(row, evidence(row), edition=edition).is_met
    before = assessed(minutes=90)
    one = facts(Kind.SUPERVISION, 22, minutes=90)
    last = facts(Kind.EXIT_INTERVIEW, 30, minutes=90)
    assert counts(last, evidence(*before, one, last), edition=edition).is_met


def test_cmscs_approval_must_have_held_on_that_day():
    row = facts(Kind.ORIENTATION, 1, is_approved=False, supervisor="Gita")
    finding = counts(row, evidence(row), edition=EDITION)
    assert finding.found == "CMSC’s approval of Gita was not in force on that day."


def test_before_both_have_signed_nothing_counts():
    row = facts(Kind.ORIENTATION, -1)
    assert "before both had signed" in counts(row, evidence(row), edition=EDITION).found


@pytest.mark.parametrize("state", [State.LOGGED, State.DISPUTED])
def test_what_is_not_confirmed_waits(state):
    row = facts(Kind.ORIENTATION, 1, state=state)
    assert counts(row, evidence(row), edition=EDITION).status is Status.WAITING
    found = ledger_findings(evidence(row), edition=EDITION)[0]
    assert found.status is Status.WAITING
    assert found.found == "0 of 3 sessions count. 1 waits."


def test_supervision_opens_with_plan_and_final_version_together():
    for missing in ("final_on", "plan_on"):
        gate = phase_open(
            Kind.SUPERVISION,
            evidence(*assessed(), **{missing: None}),
            edition=EDITION,
            held_on=PLANNED,
        )
        assert not gate.is_met
        assert "Still missing" in gate.found
    found = evidence(*assessed())
    assert phase_open(Kind.SUPERVISION, found, edition=EDITION, held_on=PLANNED).is_met
    before = PLANNED - timedelta(days=1)
    assert not phase_open(Kind.SUPERVISION, found, edition=EDITION, held_on=before).is_met


@pytest.mark.parametrize("absent", range(3))
def test_supervision_waits_for_every_session_of_the_assessment(absent):
    rows = assessed()
    gone = rows.pop(absent)
    first = facts(Kind.SUPERVISION, 22)
    gate = phase_open(Kind.SUPERVISION, evidence(*rows), edition=EDITION, held_on=PLANNED)
    assert not gate.is_met
    assert gate.found == f"Still missing: the session “{Kind(gone.kind).label}”."
    assert not counts(first, evidence(*rows, first), edition=EDITION).is_met
    assert counts(first, evidence(*rows, gone, first), edition=EDITION).is_met


def test_an_assessment_session_that_can_not_count_opens_nothing():
    rows = [*assessed()[:2], facts(Kind.PLAN_MEETING, 15, minutes=20)]
    gate = phase_open(Kind.SUPERVISION, evidence(*rows), edition=EDITION, held_on=PLANNED)
    assert not gate.is_met
    assert next_kind(evidence(*rows), edition=EDITION, held_on=PLANNED) == Kind.PLAN_MEETING


def test_what_counts_once_an_earlier_session_is_confirmed_waits_and_is_not_asked_for_again():
    rows = list(whole().sessions)
    rows[3] = facts(Kind.SUPERVISION, 22, state=State.DISPUTED)
    found = evidence(*rows)
    last = counts(rows[-1], found, edition=EDITION)
    assert last.status is Status.WAITING
    assert last.waiting_for == "the confirmation of an earlier session"
    stops = track(found, edition=EDITION)
    assert [stop.state for stop in stops] == [
        *["done"] * 3,
        "talk",
        *["done"] * 4,
        *["waiting"] * 2,
    ]
    closing = ledger_findings(found, edition=EDITION)[-1]
    assert (closing.status, closing.needed) == (Status.WAITING, "")


def test_who_logs_need_not_wait_but_what_counts_does():
    rows = [*assessed()[:2], facts(Kind.PLAN_MEETING, 15, state=State.LOGGED)]
    first = facts(Kind.SUPERVISION, 22)
    found = evidence(*rows, first)
    assert phase_open(Kind.SUPERVISION, found, edition=EDITION, held_on=PLANNED).is_met
    assert not counts(first, found, edition=EDITION).is_met


def test_supervision_begins_with_the_last_session_of_the_assessment():
    late = [*assessed()[:2], facts(Kind.PLAN_MEETING, 30)]
    for days, is_open in ((29, False), (30, True)):
        held_on = SIGNED + timedelta(days=days)
        gate = phase_open(Kind.SUPERVISION, evidence(*late), edition=EDITION, held_on=held_on)
        assert gate.is_met is is_open


def test_an_edition_may_ask_for_more_assessment_than_its_three_kinds():
    edition = Edition(in_force_from=date(2020, 1, 1), assessment_sessions=4)
    found = evidence(*assessed())
    gate = phase_open(Kind.SUPERVISION, found, edition=edition, held_on=PLANNED)
    assert gate.found == "Still missing: 1 more session of the assessment."
    assert next_kind(found, edition=edition, held_on=PLANNED) == Kind.PLAN_MEETING
    more = evidence(*assessed(), facts(Kind.CASE_REVIEW, 18))
    assert phase_open(Kind.SUPERVISION, more, edition=edition, held_on=PLANNED).is_met


def test_what_was_held_with_an_earlier_supervisor_opens_the_phase():
    before = assessed(agreement=1)
    with_next = facts(Kind.SUPERVISION, 40, agreement=2, opened_on=SIGNED + timedelta(days=35))
    assert counts(with_next, evidence(*before, with_next), edition=EDITION).is_met


def test_closing_follows_the_number_of_supervision_sessions():
    four = [*assessed(), *[facts(Kind.SUPERVISION, 22 + place) for place in range(4)]]
    exit_at = facts(Kind.EXIT_INTERVIEW, 40)
    assert not counts(exit_at, evidence(*four, exit_at), edition=EDITION).is_met
    fifth = facts(Kind.SUPERVISION, 39)
    assert counts(exit_at, evidence(*four, fifth, exit_at), edition=EDITION).is_met
    too_late = facts(Kind.SUPERVISION, 41)
    assert not counts(exit_at, evidence(*four, too_late, exit_at), edition=EDITION).is_met


def test_who_logs_need_not_wait_for_the_other_to_confirm():
    five = assessed(state=State.LOGGED)
    five += [facts(Kind.SUPERVISION, 22 + place, state=State.LOGGED) for place in range(5)]
    day = PLANNED + timedelta(days=20)
    assert phase_open(Kind.PORTFOLIO_REVIEW, evidence(*five), edition=EDITION, held_on=day).is_met
    exit_at = facts(Kind.EXIT_INTERVIEW, 41)
    assert not counts(exit_at, evidence(*five, exit_at), edition=EDITION).is_met


def test_an_open_correction_is_not_one_session_more():
    four = [*assessed(), *[facts(Kind.SUPERVISION, 22 + place) for place in range(4)]]
    day = PLANNED + timedelta(days=20)

    def is_open(state: str) -> bool:
        again = facts(Kind.SUPERVISION, 25, pk=99, state=state, is_correction=True)
        rows = evidence(*four, again)
        return phase_open(Kind.PORTFOLIO_REVIEW, rows, edition=EDITION, held_on=day).is_met

    assert not is_open(State.LOGGED)
    assert not is_open(State.DISPUTED)
    assert is_open(State.CONFIRMED)  # it has taken the place of a row that is gone


def test_every_kind_is_needed_however_many_there_are():
    many = [facts(Kind.ORIENTATION, place) for place in range(1, 5)]
    finding = ledger_findings(evidence(*many), edition=EDITION)[0]
    assert finding.status is Status.OPEN
    assert finding.needed == "Still to come: Case & practice review, Supervision plan meeting."


def test_extra_sessions_are_welcome():
    more = evidence(*whole().sessions, facts(Kind.SUPERVISION, 100))
    assert all(item.is_met for item in ledger_findings(more, edition=EDITION))
    assert len(track(more, edition=EDITION)) == 11


def test_the_form_offers_what_comes_next():
    found = []
    for count in range(11):
        rows = whole().sessions[:count]
        found.append(next_kind(evidence(*rows), edition=EDITION, held_on=date(2026, 12, 1)))
    assert found == [*ALL, Kind.SUPERVISION]


def test_a_session_that_does_not_count_is_shown_and_asked_for_again():
    short = facts(Kind.ORIENTATION, 1, minutes=20)
    stops = track(evidence(short), edition=EDITION)
    assert [stop.state for stop in stops[:2]] == ["short", "next"]
    assert stops[0].why.startswith("It lasted 20 minutes")


MOMENTS = st.integers(-5, 120)
SESSIONS = st.lists(
    st.tuples(
        st.sampled_from(list(Kind)),
        MOMENTS,
        st.sampled_from([State.LOGGED, State.CONFIRMED, State.DISPUTED]),
        st.integers(5, 120),
        st.booleans(),
    ),
    max_size=25,
)


@given(SESSIONS, st.none() | st.integers(0, 60), st.none() | st.integers(0, 60))
def test_whatever_is_logged_completion_rests_on_every_fact(rows, final, plan):
    found = evidence(
        *[
            facts(kind, days, pk=place, state=state, minutes=minutes, is_approved=approved)
            for place, (kind, days, state, minutes, approved) in enumerate(rows)
        ],
        final_on=None if final is None else SIGNED + timedelta(days=final),
        plan_on=None if plan is None else SIGNED + timedelta(days=plan),
    )
    findings = ledger_findings(found, edition=EDITION)
    for phase in SupervisionSession.Phase:
        for row in counted(found, phase, edition=EDITION):
            assert row.state == State.CONFIRMED
            assert row.minutes >= EDITION.supervision_minutes
            assert row.is_approved
            assert row.held_on >= SIGNED
            if phase != SupervisionSession.Phase.ASSESSMENT:
                begun = supervision_from(found, edition=EDITION)
                assert begun is not None
                assert row.held_on >= begun
                kinds = {item.kind for item in counted_before(found, row)}
                assert kinds >= {Kind.ORIENTATION, Kind.CASE_REVIEW, Kind.PLAN_MEETING}
    if all(item.is_met for item in findings):
        kinds = [row.kind for row in found.sessions]
        assert set(kinds) == set(Kind)
        assert kinds.count(Kind.SUPERVISION) >= EDITION.supervision_sessions
        assert supervision_from(found, edition=EDITION) is not None


def counted_before(found: LedgerEvidence, row: SessionFacts) -> list[SessionFacts]:
    """Sessions of the assessment that count and were held by the day of another one."""
    rows = counted(found, SupervisionSession.Phase.ASSESSMENT, edition=EDITION)
    return [item for item in rows if item.held_on <= row.held_on]
