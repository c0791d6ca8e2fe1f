"""Days that somebody may mean: a slip of the keys in the year is said at its field."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Far from what anybody means, and far from where a calendar's arithmetic ends.
EARLIEST, LATEST = 1900, 2999


def likely_day(value: date | datetime) -> None:
    """ValidationError for a day or moment of a year that nobody means."""
    if not EARLIEST <= value.year <= LATEST:
        raise ValidationError(
            _("Please look at the year: it lies between {first} and {last}.").format(
                first=EARLIEST, last=LATEST
            ),
            code="year",
        )
