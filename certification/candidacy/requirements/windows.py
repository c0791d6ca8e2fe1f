"""Until when somebody may appeal, or resubmit: the days that the edition grants, what the office
added for one person, and the days of a leave, which never count. Rules alone, no queries.

`domain.md`, "Product defaults", gives the days; a leave rests every clock that runs against a
candidate, and this is the one place where it does so for these two.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scip.formats import day
from scip.policy.models import Edition

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rest:
    """A leave: its first day and the day of coming back; None while it is open."""

    first_on: date
    back_on: date | None


@dataclass(frozen=True, slots=True)
class Later:
    """The office gave time until a day, on another."""

    last_on: date
    moved_on: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """``granted_on`` is the last day by the edition, ``last_on`` the one that counts; days are UTC's
    and the last one belongs to the window whole. ``rested`` days of leave are in it; ``later`` is
    what the office gave, where that counts."""

    granted_on: date
    last_on: date
    rested: int = 0
    later: Later | None = None

    @property
    def until(self) -> datetime:
        """The first moment at which it is too late."""
        return datetime.combine(self.last_on + DAY, time(), UTC)

    def is_open(self, now: datetime) -> bool:
        return now < self.until

    @property
    def why(self) -> str:
        """Why the last day is not the edition's, for the candidate; empty where it is."""
        words = []
        if self.later is not None:
            words.append(
                _("The office gave you more time: {reason}").format(reason=self.later.reason)
            )
        if self.rested:
            words.append(
                ngettext(
                    "{count} day of your leave is in it.",
                    "{count} days of your leave are in it.",
                    self.rested,
                ).format(count=self.rested)
            )
        if not words:
            return ""
        first = _("By the rules alone it would have been {day}.").format(day=day(self.granted_on))
        return " ".join([first, *words])

    @property
    def why_for_office(self) -> str:
        """The same for the office, which reads its reasons beside it."""
        if self.later is None and not self.rested:
            return ""
        words = [_("By the edition it was {day}.").format(day=day(self.granted_on))]
        if self.later is not None:
            words.append(
                _("The office gave time until {day}, on {given}.").format(
                    day=day(self.later.last_on), given=day(self.later.moved_on)
                )
            )
        if self.rested:
            words.append(
                ngettext(
                    "{count} day of the candidate’s leave is in it.",
                    "{count} days of the candidate’s leave are in it.",
                    self.rested,
                ).format(count=self.rested)
            )
        return " ".join(words)


def appeal_granted(told_at: datetime, edition: Edition) -> date:
    """The last UTC day for an appeal, by the edition alone."""
    return (told_at.astimezone(UTC) + timedelta(days=edition.appeal_days)).date()


def resubmission_granted(told_at: datetime, edition: Edition) -> date:
    """The last UTC day for a resubmission: so many calendar months later, by the edition alone."""
    begins = told_at.astimezone(UTC).date()
    years, month = divmod(begins.month - 1 + edition.resubmission_months, 12)
    year, month = begins.year + years, month + 1
    return date(year, month, min(begins.day, calendar.monthrange(year, month)[1]))


def window(
    *,
    told_on: date,
    granted_on: date,
    rests: Iterable[Rest] = (),
    laters: Iterable[Later] = (),
    as_of: date,
) -> Window:
    """The window as it stands on a day.

    Days of leave after ``told_on`` that lie within it come on top, those of an open leave up to
    ``as_of``. What the office gave is a day as such: only leave after it was given lengthens it
    further, and it never shortens anything.
    """
    rests = sorted(rests, key=lambda rest: rest.first_on)
    end = rested_until(told_on, granted_on, rests, as_of=as_of)
    best = Window(granted_on, end, (end - granted_on).days)
    for later in laters:
        end = rested_until(later.moved_on, later.last_on, rests, as_of=as_of)
        if end > best.last_on:
            best = Window(granted_on, end, (end - later.last_on).days, later)
    return best


def rested_until(begins: date, last: date, rests: Iterable[Rest], *, as_of: date) -> date:
    """A last day with the days of leave between ``begins`` (which counts for nothing) and itself
    added, leave by leave."""
    for rest in rests:
        first = max(rest.first_on, begins + DAY)
        if first > last:
            break
        back = rest.back_on or as_of + DAY
        last += max(back - first, timedelta())
    return last
