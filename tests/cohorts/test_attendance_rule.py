"""The rule of attendance as a pure function."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohorts.requirements.attendance import (
    AttendanceEvidence,
    SessionEvidence,
    attendance_findings,
    attendance_tally,
    contact_time,
    counts_as_present,
    hours,
    sessions_needed,
)
from scip.requirements import Status

START = datetime(2027, 3, 2, 18, tzinfo=UTC)
LETTERS = {
    "p": {"mark": "present"},
    "l": {"mark": "present", "late_minutes": 60},
    "a": {"mark": "absent"},
    "x": {"mark": "absent", "exception": "accepted", "decision_reason": "made up"},
    "r": {"mark": "absent", "exception": "requested", "exception_since": START},
    "m": {"mark": "absent", "exception": "make_up_agreed"},
    "c": {"mark": "absent", "is_cancelled": True},
    ".": {},
}


def evidence(pattern: str, percent: int = 80) -> AttendanceEvidence:
    """One letter a session, see LETTERS; weekly from START."""
    return AttendanceEvidence(
        attendance_percent=percent,
        present_percent=80,
        sessions=tuple(
            SessionEvidence(
                number=index + 1,
                starts_at=START + timedelta(weeks=index),
                ends_at=START + timedelta(weeks=index, hours=3),
                **LETTERS[letter],
            )
            for index, letter in enumerate(pattern)
        ),
    )


def at(weeks: float) -> datetime:
    """So many weeks after the first session's end."""
    return START + timedelta(weeks=weeks, hours=4)


def finding(pattern: str, weeks: float = 60, percent: int = 80):
    (found,) = attendance_findings(evidence(pattern, percent), as_of=at(weeks))
    return found


@pytest.mark.parametrize(
    ("held", "percent", "needed"),
    [(12, 80, 10), (10, 80, 8), (11, 80, 9), (12, 100, 12), (1, 80, 1), (0, 80, 0), (3, 50, 2)],
)
def test_needed_is_rounded_up(held, percent, needed):
    assert sessions_needed(held, percent) == needed


@pytest.mark.parametrize(
    ("mark", "late", "early", "is_present"),
    [
        ("present", 0, 0, True),
        ("present", 36, 0, True),
        ("present", 37, 0, False),
        ("present", 20, 16, True),
        ("present", 20, 17, False),
        ("absent", 0, 0, False),
        ("", 0, 0, False),
    ],
)
def test_present_means_enough_of_the_minutes(mark, late, early, is_present):
    assert counts_as_present(mark, late, early, 180, 80) is is_present


def test_ten_of_twelve_are_met_and_nine_are_not():
    assert finding("p" * 10 + "aa").status is Status.MET
    assert finding("p" * 9 + "aaa").status is Status.OPEN


def test_exceptions_count_and_are_shown_as_such():
    found = finding("p" * 9 + "xaa")
    assert found.status is Status.MET
    assert found.found == (
        "You have 10 of the 10 sessions needed. "
        "9 attended live, 1 counted by an accepted exception."
    )


def test_cancelled_sessions_count_for_nobody():
    tally = attendance_tally(evidence("p" * 9 + "aac"), as_of=at(60))
    assert (tally.total, tally.needed, tally.counted, tally.is_met) == (11, 9, 9, True)


def test_short_presence_is_not_presence():
    tally = attendance_tally(evidence("p" * 9 + "laa"), as_of=at(60))
    assert (tally.attended, tally.missed) == (9, 3)


def test_after_the_end_it_waits_for_marks_and_then_for_the_office():
    assert finding("p" * 9 + "a.a").waiting_for == "your facilitator"
    waiting = finding("p" * 9 + "raa")
    assert (waiting.status, waiting.waiting_for, waiting.since) == (
        Status.WAITING,
        "the office",
        START,
    )
    unmarked = finding("p" * 9 + "ma.")
    assert (unmarked.status, unmarked.waiting_for) == (Status.WAITING, "your facilitator")
    assert "Hand in" in unmarked.next_step
    assert finding("p" * 9 + "maa").status is Status.OPEN
    assert "Hand in" in finding("p" * 9 + "maa").next_step


def test_on_the_way_it_is_later_until_it_is_out_of_reach():
    assert finding("ppp" + "." * 9, weeks=2).status is Status.LATER
    assert finding("paa" + "." * 9, weeks=2).next_step == "All remaining sessions are needed."
    out = finding("aaa" + "." * 9, weeks=2)
    assert out.status is Status.OPEN
    assert "not the end" in out.next_step


@pytest.mark.parametrize(
    ("pattern", "is_at_risk", "spare"),
    [
        ("ppp.........", False, 2),
        ("ppa.........", True, 1),
        ("paa.........", True, 0),
        ("aaa.........", False, -1),
        ("axp.........", True, 1),
        ("ppppppppppa.", False, 1),
    ],
)
def test_at_risk_only_while_it_can_be_reached(pattern, is_at_risk, spare):
    tally = attendance_tally(evidence(pattern), as_of=at(2))
    assert (tally.is_at_risk, tally.spare) == (is_at_risk, spare)


def test_the_running_percentage_looks_at_marked_sessions():
    assert attendance_tally(evidence("ppa........."), as_of=at(2)).percent == 66
    assert attendance_tally(evidence("............"), as_of=at(0)).percent is None


RANK = {Status.OPEN: 0, Status.WAITING: 1, Status.LATER: 2, Status.MET: 3}


@settings(max_examples=300)
@given(
    pattern=st.text(alphabet="plaxrmc.", min_size=1, max_size=14),
    weeks=st.integers(0, 15),
    percent=st.integers(0, 100),
    data=st.data(),
)
def test_a_present_mark_never_makes_it_worse(pattern, weeks, percent, data):
    place = data.draw(st.integers(0, len(pattern) - 1))
    if pattern[place] == "c":
        return
    better = pattern[:place] + "p" + pattern[place + 1 :]
    before = attendance_tally(evidence(pattern, percent), as_of=at(weeks))
    after = attendance_tally(evidence(better, percent), as_of=at(weeks))
    assert after.counted >= before.counted
    assert after.spare >= before.spare
    assert after.needed == before.needed
    was, is_now = finding(pattern, weeks, percent), finding(better, weeks, percent)
    assert is_now.is_met or not was.is_met
    assert after.is_reachable or not before.is_reachable


# --- The second ledger: contact time ------------------------------------------------------


def test_contact_time_counts_every_minute_and_no_exception():
    """A session too short to count brings its minutes; an exception and one ahead bring none."""
    there = contact_time(evidence("plxcap.."), as_of=START + timedelta(weeks=5, hours=4))
    assert (there.minutes, there.held_minutes) == (180 + 120 + 180, 5 * 180)
    assert (hours(there.minutes), hours(150)) == ("8", "2:30")
