"""Background work of the groups' spaces (beat); may run twice."""

from celery import shared_task

from scip.community import services


@shared_task(name="scip.community.send_digests")
def send_digests() -> None:
    """Daily letters to whom it is morning and something is new."""
    services.send_digests()
