"""Background work of cohorts (beat); each task may run twice."""

from celery import shared_task

from cohorts.services import offers, reminders, sessions


@shared_task(name="cohorts.sweep_offers")
def sweep_offers() -> None:
    """Last calls, offers and unpaid places past their time, the waiting list."""
    offers.sweep_offers()


@shared_task(name="cohorts.queue_reminders")
def queue_reminders() -> None:
    """Letters before sessions whose time it is."""
    reminders.queue_reminders()


@shared_task(name="cohorts.follow_calendar")
def follow_calendar() -> None:
    """Sessions that are over, cohorts that begin and end."""
    sessions.follow_calendar()
