"""Background work of the public site (beat)."""

from celery import shared_task

from scip.pages import services


@shared_task(name="scip.pages.announce_opening")
def announce_opening() -> None:
    """Tell the interest list when applications have opened; safe to run twice."""
    services.announce_opening()
