"""Letters about planned sessions, each with its calendar file."""

from scip.accounts.models import User
from scip.mail.models import Letter
from scip.mail.services import Attachment
from supervision.calendar_files import CONTENT_TYPE, appointments_calendar
from supervision.emails.agreements import pair_of, send
from supervision.models import Appointment


def about(letter: str, appointment: Appointment, key: str, by: User | None = None) -> int:
    """The letter to both; returns how many were not queued before."""
    agreement = appointment.agreement
    stem = f"appointment:{appointment.pk}:{appointment.sequence}:{key}"
    known = set(
        Letter.objects.filter(
            dedupe_key__in=[f"{stem}:{person.pk}" for person in pair_of(agreement)]
        ).values_list("dedupe_key", flat=True)
    )
    for person in pair_of(agreement):
        send(
            letter,
            person,
            agreement,
            stem,
            appointment=appointment,
            by=by,
            is_mine=by is not None and by.pk == person.pk,
            attachments=[
                Attachment(
                    "supervision.ics", CONTENT_TYPE, appointments_calendar([appointment], person)
                )
            ],
        )
    return 2 - len(known)


def appointment_planned(appointment: Appointment, *, by: User) -> None:
    """A session is planned."""
    about("appointment_planned", appointment, "planned", by)


def appointment_moved(appointment: Appointment, *, by: User) -> None:
    """It is at another time or place."""
    about("appointment_moved", appointment, "moved", by)


def appointment_cancelled(appointment: Appointment, *, by: User | None = None) -> None:
    """It does not take place; without ``by``, since the agreement asks for no more."""
    about("appointment_cancelled", appointment, "cancelled", by)


def appointment_near(appointment: Appointment) -> int:
    """It is tomorrow; returns how many letters are new."""
    return about("appointment_near", appointment, "near")
