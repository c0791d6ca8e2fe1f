"""The calendar file of an introductory call: one event in UTC (see `cohorts.calendar_files`)."""

from datetime import UTC, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from cohorts.calendar_files import PRODUCT
from supervision.models import Introduction

# No rule: a calendar entry needs an end, and a first call is a short one.
CALL = timedelta(minutes=30)


def call_calendar(introduction: Introduction, *, other: str, url: str) -> bytes:
    """The call with ``other`` at the time that was chosen; ``url`` is the page about it.

    Raises ValueError before a time is chosen. The same row always gives the same bytes.
    """
    if introduction.chosen_time is None or introduction.accepted_at is None:
        raise ValueError(f"introduction {introduction.pk} has no time yet")
    event = Event()
    event.add("uid", f"introduction-{introduction.pk}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("sequence", 0)
    event.add("dtstamp", introduction.accepted_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", introduction.chosen_time.astimezone(UTC))
    event.add("dtend", (introduction.chosen_time + CALL).astimezone(UTC))
    event.add("summary", _("Introductory call with {name}").format(name=other))
    event.add("description", _("How to reach each other stands here: {url}").format(url=url))
    event.add("status", "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
