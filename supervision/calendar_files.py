"""Planned supervision sessions in calendar files: one event each, in UTC, with an identity that
stays and a sequence that grows (see `cohorts.calendar_files` for why)."""

import uuid
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from cohorts.calendar_files import CONTENT_TYPE, PRODUCT
from supervision.models import Appointment
from supervision.queries.agreements import other_of

__all__ = ["CONTENT_TYPE", "appointment_events", "appointments_calendar"]

# Any fixed name space will do, as long as it never changes.
NAMESPACE = uuid.UUID("6f1d6a3e-0f0b-5c0e-9b57-2f8f5d2c7a10")


def appointment_event(appointment: Appointment, user: Any) -> Event:
    """One planned session as one of the two sees it."""
    event = Event()
    event.add("uid", str(uuid.uuid5(NAMESPACE, f"appointment {appointment.pk}")))
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", appointment.starts_at.astimezone(UTC))
    event.add("dtend", appointment.ends_at.astimezone(UTC))
    event.add(
        "summary", _("Supervision with {name}").format(name=other_of(appointment.agreement, user))
    )
    is_cancelled = appointment.state == Appointment.State.CANCELLED
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    if appointment.where and not is_cancelled:
        event.add("location", appointment.where)
    return event


def appointment_events(appointments: Iterable[Appointment], user: Any) -> list[Event]:
    """Events for somebody's own calendar."""
    return [appointment_event(appointment, user) for appointment in appointments]


def appointments_calendar(appointments: Iterable[Appointment], user: Any) -> bytes:
    """A calendar file of these appointments for one of the two."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    for event in appointment_events(appointments, user):
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
