"""When a weekly series meets: local time in the cohort's zone, written down in UTC."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = timedelta(weeks=1)


def session_times(
    *,
    starts_on: date,
    starts_at: time,
    zone: ZoneInfo,
    count: int,
    minutes: int,
    skipped: Collection[date] = (),
) -> list[tuple[datetime, datetime]]:
    """``count`` weekly meetings as (start, end) in UTC, leaving out the ``skipped`` days.

    The wall clock stays what it is through both changes of daylight-saving time; the length
    in minutes is real time. A local time that the clocks jump over is held as much later as
    they jump (02:30 becomes 03:30); one that comes twice means the first of the two.
    """
    days = set(skipped)
    times: list[tuple[datetime, datetime]] = []
    day = starts_on
    while len(times) < count:
        if day not in days:
            start = datetime.combine(day, starts_at, tzinfo=zone).astimezone(UTC)
            times.append((start, start + timedelta(minutes=minutes)))
        day += WEEK
    return times
