"""When a supervisor's approval is about to end: pure rules."""

from datetime import date, timedelta


def notice_is_due(until_on: date | None, *, on: date, days: int) -> bool:
    """Does an approval end within so many days? ``until_on`` is the first day without it.

    An approval without an end, or one that has ended, needs no notice.
    """
    return until_on is not None and on < until_on <= on + timedelta(days=days)
