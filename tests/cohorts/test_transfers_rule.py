"""The rule of moving, with no database: what comes along, and what stands in the way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.requirements.attendance import SessionEvidence, is_attended
from cohorts.requirements.transfers import (
    Series,
    TransferEvidence,
    carried_sessions,
    counting,
    holding_up,
    kept_finding,
    transfer_findings,
)
from scip.requirements import Finding, Status

START = datetime(2027, 3, 2, 18, tzinfo=UTC)
WEEK = timedelta(weeks=1)


def series(
    marks: str, *, start: datetime = START, level: str = "A", minutes: int = 180, percent: int = 80
) -> Series:
    """One session per letter: p(resent), a(bsent), e(xcused), short (s), c(ancelled), - unmarked."""
    return Series(
        level=level,
        session_minutes=minutes,
        present_percent=percent,
        sessions=tuple(
            SessionEvidence(
                number=number,
                starts_at=start + (number - 1) * WEEK,
                ends_at=start + (number - 1) * WEEK + timedelta(minutes=minutes),
                is_cancelled=letter == "c",
                mark={"p": "present", "s": "present", "a": "absent", "e": "absent"}.get(letter, ""),
                late_minutes=minutes // 2 if letter == "s" else 0,
                exception="accepted" if letter == "e" else "",
            )
            for number, letter in enumerate(marks, start=1)
        ),
    )


def test_a_session_counts_where_the_one_with_its_number_was_over_already():
    old = series("papes-------")
    new = series("------------", start=START - WEEK)
    carried = carried_sessions(old, new, joined_at=START + 3 * WEEK)
    assert [item.number for item in carried] == [1, 2, 3, 4, 5]
    assert counting(carried, old) == (1, 3, 4)
    finding = kept_finding(
        old, new, old_title="Spring", joined_at=START + 3 * WEEK, is_reachable=True
    )
    assert finding.found == (
        "3 sessions that counted in Spring count here. 2 sessions there are over and do not count."
    )


@pytest.mark.parametrize(
    "new",
    [
        series("----------", start=START - WEEK),
        series("------------", start=START - WEEK, level="B"),
        series("------------", start=START - WEEK, minutes=120),
    ],
)
def test_unlike_series_start_anew(new):
    old = series("pp----------")
    carried = carried_sessions(old, new, joined_at=START + 2 * WEEK)
    assert [item.origin for item in carried] == [None] * 4
    finding = kept_finding(old, new, old_title="Spring", joined_at=START, is_reachable=False)
    assert "starts anew" in str(finding.found)
    assert (finding.status, "exception" in str(finding.next_step)) == (Status.LATER, True)


def test_a_deferral_loses_nothing_that_was_not_there():
    new = series("------------", start=START + 20 * WEEK)
    for marks, words in (("------------", "nothing is lost"), ("pp----------", "still ahead")):
        found = kept_finding(
            series(marks), new, old_title="Spring", joined_at=START, is_reachable=True
        ).found
        assert words in str(found)


LETTERS = st.text("paesc-", min_size=1, max_size=12)


@given(old=LETTERS, new=LETTERS, shift=st.integers(-12, 12), joined=st.integers(-2, 26))
def test_only_what_was_earned_comes_along_and_nothing_ahead(old, new, shift, joined):
    source = series(old)
    target = series(new, start=START + shift * WEEK)
    joined_at = START + joined * WEEK
    carried = carried_sessions(source, target, joined_at=joined_at)
    begun = {
        item.number
        for item in target.sessions
        if item.starts_at <= joined_at and not item.is_cancelled
    }
    assert {item.number for item in carried} == begun
    earned = {
        item.number
        for item in source.sessions
        if not item.is_cancelled
        and (item.exception == "accepted" or is_attended(item, source.present_percent))
    }
    kept = set(counting(carried, source))
    assert kept == (begun & earned if len(old) == len(new) else set())
    kept_finding(source, target, old_title="Spring", joined_at=joined_at, is_reachable=True)


QUIET = TransferEvidence(
    is_held=True,
    is_running=True,
    places_left=1,
    begins_at=START,
    begun=0,
    last_session_to_join=3,
    entry=(),
    is_there_already=False,
    leads_there=False,
    same_currency=True,
    money_on_its_way=False,
    exceptions_with_office=False,
    attendance=Finding(code="attendance", title="Attendance", status=Status.LATER),
)


def test_nothing_stands_in_the_way_of_a_quiet_move():
    assert holding_up(transfer_findings(QUIET)) == ()
    assert holding_up(transfer_findings(replace(QUIET, begun=2))) == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"places_left": 0}, "place"),
        ({"is_there_already": True}, "place"),
        ({"leads_there": True}, "place"),
        ({"is_held": False}, "window"),
        ({"is_running": False}, "window"),
        ({"begun": 3}, "window"),
        ({"same_currency": False}, "currency"),
        ({"money_on_its_way": True}, "money"),
        ({"exceptions_with_office": True}, "exceptions"),
        ({"entry": (Finding(code="level_a", title="Level A", status=Status.OPEN),)}, "level_a"),
    ],
)
def test_each_of_these_alone_stands_in_the_way(changes, code):
    found = holding_up(transfer_findings(replace(QUIET, **changes)))
    assert [finding.code for finding in found] == [code]


def test_a_prerequisite_that_may_follow_holds_nothing_up():
    later = Finding(code="msc", title="MSC", status=Status.LATER)
    assert holding_up(transfer_findings(replace(QUIET, entry=(later,)))) == ()
