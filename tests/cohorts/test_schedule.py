"""Weekly series through both changes of daylight-saving time."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from cohorts.schedule import session_times
from tests.world import utc


def starts(zone: str, starts_on: date, at: time, count: int, skipped=()) -> list[datetime]:
    times = session_times(
        starts_on=starts_on,
        starts_at=at,
        zone=ZoneInfo(zone),
        count=count,
        minutes=180,
        skipped=skipped,
    )
    assert all((end - start).total_seconds() == 180 * 60 for start, end in times)
    return [start for start, _end in times]


def test_the_wall_clock_stays_when_summer_time_begins():
    found = starts("Europe/Lisbon", date(2027, 3, 16), time(18), 3)
    # Lisbon goes to summer time on 28 March 2027.
    assert found == [utc(2027, 3, 16, 18), utc(2027, 3, 23, 18), utc(2027, 3, 30, 17)]


def test_a_series_crosses_both_changes():
    # New York: summer time ends on 1 November 2026 and begins on 14 March 2027.
    found = starts("America/New_York", date(2026, 10, 27), time(12), 21)
    assert (found[0], found[1]) == (utc(2026, 10, 27, 16), utc(2026, 11, 3, 17))
    assert (found[19], found[20]) == (utc(2027, 3, 9, 17), utc(2027, 3, 16, 16))
    zone = ZoneInfo("America/New_York")
    assert {moment.astimezone(zone).time() for moment in found} == {time(12)}


def test_the_southern_summer_is_right_too():
    # Sydney: summer time ends on 4 April 2027.
    found = starts("Australia/Sydney", date(2027, 3, 30), time(9), 2)
    assert found == [utc(2027, 3, 29, 22), utc(2027, 4, 5, 23)]


def test_a_time_that_the_clocks_jump_over_is_held_an_hour_later():
    # 28 March 2027, 01:30 does not exist in Lisbon.
    found = starts("Europe/Lisbon", date(2027, 3, 28), time(1, 30), 1)
    assert found[0].astimezone(ZoneInfo("Europe/Lisbon")).time() == time(2, 30)


def test_a_time_that_comes_twice_means_the_first():
    # 31 October 2027, 01:30 comes twice in Lisbon.
    found = starts("Europe/Lisbon", date(2027, 10, 31), time(1, 30), 1)
    assert found == [datetime(2027, 10, 31, 0, 30, tzinfo=UTC)]


def test_holidays_are_left_out_and_the_series_goes_on_a_week_later():
    found = starts(
        "Europe/Lisbon",
        date(2027, 3, 2),
        time(18),
        3,
        skipped=[date(2027, 3, 9), date(2027, 3, 16), date(2027, 3, 17)],
    )
    assert [moment.date() for moment in found] == [
        date(2027, 3, 2),
        date(2027, 3, 23),
        date(2027, 3, 30),
    ]
