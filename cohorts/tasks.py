"""Background work of cohorts (beat); each task may run twice.

A sweep only lists, and hands each case to a task of its own: one difficulty stops nothing else.
"""

from celery import shared_task

from cohorts.services import cancellation, due, reminders, sessions
from payments.services import enqueue

# Seconds after which a portion is dropped that nobody took up, as with beat's own runs
# (`scip.schedule.entry`): until it is written, each plan has it anew.
STALE = 300


@shared_task(name="cohorts.sweep_offers")
def sweep_offers() -> None:
    """Last calls, offers and unpaid places past their time, the waiting list."""
    for case in due.due_cases():
        enqueue("cohorts.settle_case", case.kind, case.pk)


@shared_task(name="cohorts.settle_case")
def settle_case(kind: str, pk: int) -> None:
    """One thing whose time has come."""
    due.settle_case(due.DueCase(kind, pk))


@shared_task(name="cohorts.queue_reminders")
def queue_reminders() -> None:
    """Sessions whose reminders are due."""
    reminders.plan_reminders()


@shared_task(name="cohorts.write_reminders", expires=STALE)
def write_reminders(*sessions: int) -> None:
    """Letters before some sessions. While its queue is busy the same portion is handed out again
    each minute; the older ones are dropped unread, and what is missing stands in the newest."""
    reminders.queue_reminders(only=sessions)


@shared_task(name="cohorts.follow_calendar")
def follow_calendar() -> None:
    """Cohorts that begin and end, people to conclude, and whom a cancelled cohort still holds."""
    for pk in sessions.cohorts_to_follow():
        enqueue("cohorts.follow_cohort", pk)
    for pk in sessions.enrolments_to_conclude():
        enqueue("cohorts.conclude_place", pk)
    for pk in cancellation.applications_to_close():
        enqueue("cohorts.close_application", pk)


@shared_task(name="cohorts.follow_cohort")
def follow_cohort(pk: int) -> None:
    """Sessions of one cohort that are over; its beginning and end."""
    sessions.follow_cohort(pk)


@shared_task(name="cohorts.conclude_place")
def conclude_place(pk: int) -> None:
    """The outcome of one place."""
    sessions.conclude_place(pk)


@shared_task(name="cohorts.close_application")
def close_application(pk: int) -> None:
    """One person's part in a cohort that does not take place."""
    cancellation.close_application(pk)
