from celery import shared_task

from scip.audit import services


@shared_task(name="scip.audit.seal")
def seal() -> None:
    """Chain what was committed since the last run (beat, every 30 seconds)."""
    services.seal()
