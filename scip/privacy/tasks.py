"""Background work about personal data (beat); each task may run twice."""

from celery import shared_task

from scip.privacy import services
from scip.privacy.services import exports

# A part of a copy: two gigabytes at eight megabytes a second, as for a file on its way in. Below the
# broker's visibility timeout (settings).
PART_SECONDS = 270


@shared_task(name="privacy.carry_out_due")
def carry_out_due() -> None:
    """Erase whose days of waiting are over."""
    services.carry_out_due()


@shared_task(name="privacy.sweep_timed")
def sweep_timed() -> None:
    """Let go what is over its days."""
    services.sweep_timed()


@shared_task(name="privacy.make_export", soft_time_limit=PART_SECONDS, time_limit=PART_SECONDS + 20)
def make_export(pk: int) -> None:
    """Make the next part of the copy of somebody's data."""
    exports.make(pk)


@shared_task(name="privacy.follow_exports")
def follow_exports() -> None:
    """Send again copies that nobody works on, and destroy those that are over their days."""
    exports.follow()
