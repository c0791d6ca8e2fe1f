"""Background work of supervision. Every task may run twice."""

from celery import shared_task

from supervision.services import (
    appointments,
    fees,
    introductions,
    losses,
    recommendations,
    supervisors,
)


@shared_task(name="supervision.follow_approvals")
def follow_approvals() -> None:
    """Roles that begin or end with an approval, and letters about its end (beat)."""
    supervisors.follow_calendar()
    supervisors.announce_expiries()


@shared_task(name="supervision.lapse_introductions")
def lapse_introductions() -> None:
    """Reminders halfway, and requests that nobody answered (beat)."""
    introductions.lapse_silent()


@shared_task(name="supervision.remind_appointments")
def remind_appointments() -> None:
    """Letters to both on the day before a planned session (beat)."""
    appointments.remind_appointments()


@shared_task(name="supervision.remind_of_fees")
def remind_of_fees() -> None:
    """Gentle reminders about fees between two people who both wanted them (beat)."""
    fees.remind_of_fees()


@shared_task(name="supervision.remind_of_letters")
def remind_of_letters() -> None:
    """Reminders to supervisors of a letter to the committee that is awaited, or was sent back
    (beat)."""
    recommendations.remind_of_letters()
    recommendations.remind_of_second_looks()


@shared_task(name="supervision.follow_losses")
def follow_losses() -> None:
    """Letters to candidates whose supervisor is lost or silent (beat)."""
    losses.follow_losses()
