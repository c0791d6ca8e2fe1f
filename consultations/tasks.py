"""Background work of the groups. Every task may run twice."""

from celery import shared_task

from consultations.services.rota import remind_presenters


@shared_task(name="consultations.remind_presenters")
def remind() -> None:
    """Letters a week before one's case (beat)."""
    remind_presenters()
