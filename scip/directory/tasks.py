"""Background work of the directory (beat)."""

from celery import shared_task

from scip.directory.services import questions


@shared_task(name="directory.ask_whether_true")
def ask_whether_true() -> None:
    """“Still true?” to owners of listings that nobody confirmed for long; safe to run twice."""
    questions.ask_whether_true()
