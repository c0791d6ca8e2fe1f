"""What is night on somebody's clock, on every date and through both changes of the hour."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultations.allocation.nights import count_at_night, is_at_night
from tests.world import utc

NIGHT = {"night_from": time(22), "night_until": time(7)}
LISBON, TOKYO, NEW_YORK = (
    ZoneInfo(name) for name in ("Europe/Lisbon", "Asia/Tokyo", "America/New_York")
)


def night(start: datetime, zone: ZoneInfo, minutes: int = 120) -> bool:
    return is_at_night(start, start + timedelta(minutes=minutes), zone, **NIGHT)


@pytest.mark.parametrize(
    ("start", "zone", "expected"),
    [
        (utc(2027, 1, 12, 18), LISBON, False),
        (utc(2027, 1, 12, 20), LISBON, False),  # over at 22:00 sharp
        (utc(2027, 1, 12, 20, 1), LISBON, True),
        (utc(2027, 1, 12, 7), LISBON, False),  # begins when the night ends
        (utc(2027, 1, 12, 6, 59), LISBON, True),
        (utc(2027, 1, 12, 18), TOKYO, True),  # 03:00
        (utc(2027, 1, 12, 11), NEW_YORK, True),  # 06:00
        (utc(2027, 7, 12, 11), NEW_YORK, False),  # 07:00 in summer
    ],
)
def test_sessions_that_touch_the_night(start, zone, expected):
    assert night(start, zone) is expected


def test_a_change_of_the_hour_makes_some_sessions_nightly():
    """18:00 UTC from February on is 18:00 in Lisbon, then 19:00; in Tokyo it is always night.
    21:00 in Lisbon, held at 20:00 UTC after the change, runs past ten."""
    weekly = [utc(2027, 3, 2, 20) + timedelta(weeks=week) for week in range(10)]
    sessions = [(start, start + timedelta(minutes=120)) for start in weekly]
    assert count_at_night(sessions, LISBON, **NIGHT) == 6  # from 28 March on it is 21:00 to 23:00
    assert count_at_night(sessions[:4], LISBON, **NIGHT) == 0


def test_hours_of_the_night_are_the_rounds_own():
    start = utc(2027, 1, 12, 21)
    assert not is_at_night(
        start, start + timedelta(hours=1), LISBON, night_from=time(23), night_until=time(6)
    )
    assert is_at_night(
        start, start + timedelta(hours=1), LISBON, night_from=time(1), night_until=time(22)
    )


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
    st.integers(1, 240),
    st.sampled_from(["Europe/Lisbon", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"]),
)
def test_it_agrees_with_looking_at_every_minute(start, minutes, zone):
    begin = start.replace(tzinfo=ZoneInfo("UTC"), second=0, microsecond=0)
    info = ZoneInfo(zone)
    faces = [
        (begin + timedelta(minutes=passed)).astimezone(info).time() for passed in range(minutes)
    ]
    expected = any(face >= time(22) or face < time(7) for face in faces)
    assert night(begin, info, minutes) is expected
