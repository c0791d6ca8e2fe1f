"""Which sessions are at night for somebody, on any of their dates."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def is_at_night(
    starts_at: datetime, ends_at: datetime, zone: ZoneInfo, *, night_from: time, night_until: time
) -> bool:
    """Does a session touch the hours of the night on somebody's clock?

    The night begins at ``night_from`` and ends at ``night_until`` (itself no longer night), on
    the next day when that is earlier. Each of the session's days is asked with its own offset.
    """
    day = starts_at.astimezone(zone).date() - timedelta(days=1)
    last = ends_at.astimezone(zone).date()
    over_midnight = night_until <= night_from
    while day <= last:
        begins = datetime.combine(day, night_from, tzinfo=zone)
        ends = datetime.combine(day + timedelta(days=over_midnight), night_until, tzinfo=zone)
        # Compared as instants: within one zone Python would compare the clocks' faces.
        if starts_at.timestamp() < ends.timestamp() and begins.timestamp() < ends_at.timestamp():
            return True
        day += timedelta(days=1)
    return False


def count_at_night(
    sessions: Iterable[tuple[datetime, datetime]],
    zone: ZoneInfo,
    *,
    night_from: time,
    night_until: time,
) -> int:
    """How many of a group's sessions (starts and ends) are at night in this zone."""
    return sum(
        is_at_night(start, end, zone, night_from=night_from, night_until=night_until)
        for start, end in sessions
    )
