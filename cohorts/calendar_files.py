"""Calendar files of sessions.

One event per session, in UTC, with an identity that stays and a sequence number that grows
when the session moves, and for whoever left its cohort and came back: a calendar that was told
to take an event away takes it again only with a higher number (RFC 5546, 2.1.5). No time zone
definitions and no recurrence: calendar programs disagree about those, and every one of them
understands an instant.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from cohorts.models import Session
from cohorts.queries.guests import times_left
from cohorts.queries.roster import sessions_of_person

PRODUCT = "-//Center for Mindful Self-Compassion//SCIP Pathway//EN"
CONTENT_TYPE = "text/calendar; charset=utf-8"
# RFC 6047, section 2.4: a file with a method says so in its type as well.
REMOVING_TYPE = "text/calendar; method=CANCEL; charset=utf-8"


def sessions_calendar(
    sessions: Iterable[Session],
    *,
    name: str,
    left: Mapping[int, int],
    with_join_link: bool = False,
    notes: Mapping[int, str] | None = None,
    more: Iterable[Event] = (),
) -> bytes:
    """An iCalendar file of these sessions (fetched with their cohort).

    The same rows always give the same bytes. ``with_join_link`` is for files that only a
    confirmed participant or a facilitator gets; ``notes`` are sentences for whose calendar
    it is, by the session's id; ``left`` is how often they left a cohort, by its id
    (`cohorts.queries.guests.times_left`); ``more`` are events of other kinds.
    """
    calendar = new_calendar(name)
    for session in sessions:
        event = session_event(
            session,
            with_join_link=with_join_link,
            note=(notes or {}).get(session.pk, ""),
            left=left.get(session.cohort_id, 0),
        )
        calendar.add_component(event)
    for event in more:
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def removing_calendar(
    sessions: Iterable[Session],
    *,
    name: str,
    left: Mapping[int, int],
    at: datetime | None = None,
) -> bytes:
    """A file that takes these sessions (fetched with their cohort) out of somebody's calendar.

    ``at`` is when their place was given up, where the sessions themselves take place: the event
    then gets a sequence beyond the session's, as programs ask of a later word (RFC 5546, 3.2.5).
    A session that is cancelled for everybody has a sequence of its own for that. ``left`` as in
    `sessions_calendar`, of the times before this one.
    """
    calendar = new_calendar(name)
    calendar.add("method", "CANCEL")
    for session in sessions:
        before = left.get(session.cohort_id, 0)
        event = session_event(session, with_join_link=False, left=before)
        event.add("organizer", f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
        event["status"] = "CANCELLED"
        if at is not None:
            del event["sequence"], event["dtstamp"]
            event.add("sequence", sequence_of(session, before) + 1)
            event.add("dtstamp", at.astimezone(UTC).replace(microsecond=0))
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def new_calendar(name: str) -> Calendar:
    """A calendar without events."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    return calendar


def sequence_of(session: Session, left: int) -> int:
    """The session's number for somebody who left its cohort so often: beyond the word that took
    it away each time, which is one beyond what they had."""
    return session.sequence + 2 * left


def session_event(session: Session, *, with_join_link: bool, left: int, note: str = "") -> Event:
    """One session as an event."""
    cohort = session.cohort
    event = Event()
    event.add("uid", str(session.uid))
    event.add("sequence", sequence_of(session, left))
    event.add("dtstamp", session.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", session.starts_at.astimezone(UTC))
    event.add("dtend", session.ends_at.astimezone(UTC))
    event.add("summary", summary_of(session))
    is_cancelled = session.state == Session.State.CANCELLED
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    words = [note] if note and not is_cancelled else []
    if with_join_link and cohort.join_url and not is_cancelled:
        event.add("location", cohort.join_url)
        event.add("url", cohort.join_url)
        words.append(_("Join here: {url}").format(url=cohort.join_url))
    if words:
        event.add("description", "\n".join(words))
    return event


def summary_of(session: Session) -> str:
    """``Spring cohort, session 3: Working with shame``."""
    summary = _("{cohort}, session {number}").format(
        cohort=session.cohort.title, number=session.number
    )
    return f"{summary}: {session.title}" if session.title else summary


def person_calendar(user: Any) -> bytes:
    """Everything in somebody's calendar, with the links to join; three queries."""
    return sessions_calendar(
        sessions_of_person(user),
        name=_("SCIP sessions"),
        with_join_link=True,
        left=times_left(user),
    )
