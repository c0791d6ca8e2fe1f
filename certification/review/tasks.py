"""Background work of submissions; each task may run twice."""

from celery import shared_task

from certification.review.services import appeal_clock, dossiers, following, reminding

# The house's limit for one dossier: 24 case studies take seconds, a book of notes minutes.
SECONDS = 100


@shared_task(
    name="certification.review.make_dossier", soft_time_limit=SECONDS, time_limit=SECONDS + 10
)
def make_dossier(pk: int) -> None:
    """Draw one dossier and keep it in the vault."""
    dossiers.make_dossier(pk)


@shared_task(name="certification.review.sweep_dossiers")
def sweep_dossiers() -> None:
    """Ask again for dossiers whose task was lost (beat)."""
    dossiers.sweep()


@shared_task(name="certification.review.follow_submissions")
def follow_submissions() -> None:
    """Fees that wait, and submissions whose registration has ended (beat)."""
    following.remind_of_fees()
    following.put_back_ended()
    following.close_ended()


@shared_task(name="certification.review.follow_readers")
def follow_readers() -> None:
    """People who were asked to read: seats that close, reminders, the office (beat)."""
    reminding.sweep_readers()
    reminding.remind_readers()
    reminding.tell_of_empty_seats()


@shared_task(name="certification.review.follow_appeals")
def follow_appeals() -> None:
    """Appeals: reminders, seats that may not be held any more, days that passed (beat)."""
    appeal_clock.follow()
