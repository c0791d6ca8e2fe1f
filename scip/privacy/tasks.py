"""Background work about personal data (beat); each task may run twice."""

from celery import shared_task

from scip.privacy import services


@shared_task(name="privacy.carry_out_due")
def carry_out_due() -> None:
    """Erase whose days of waiting are over."""
    services.carry_out_due()


@shared_task(name="privacy.sweep_timed")
def sweep_timed() -> None:
    """Let go what is over its days."""
    services.sweep_timed()
