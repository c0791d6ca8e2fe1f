"""Background work of candidacies (beat); each task may run twice."""

from celery import shared_task

from certification.candidacy.services import leaves, reminders


@shared_task(name="candidacy.follow_leaves")
def follow_leaves() -> None:
    """Leaves that begin or end today, where the person is."""
    leaves.follow_leaves()


@shared_task(name="candidacy.remind_of_fees")
def remind_of_fees() -> None:
    """Registration fees that wait."""
    reminders.remind_of_fees()
