"""The vault's background work; every task may run twice."""

import logging

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded

from scip.vault import arrivals, services
from scip.vault.models import Arrival

logger = logging.getLogger(__name__)

# Two gigabytes at eight megabytes a second. Below the broker's visibility timeout (settings).
CHECK_SECONDS = 270
# Which leaves time for one more file of the largest size.
BEGIN_SECONDS = 30


@shared_task(name="scip.vault.sweep_orphans")
def sweep_orphans() -> None:
    """Remove sealed bytes that nothing refers to (beat, once a night)."""
    services.sweep_orphans()


@shared_task(
    name="scip.vault.check_arrival", soft_time_limit=CHECK_SECONDS, time_limit=CHECK_SECONDS + 20
)
def check_arrival(pk: str) -> None:
    """Check and seal a large file that is here completely."""
    arrival = Arrival.objects.filter(pk=pk).first()
    if arrival is None:
        return
    try:
        arrivals.inspect(arrival)
    except SoftTimeLimitExceeded:
        # Asked again it would take as long: the office has to look at scanner and storage.
        logger.exception("A large file could not be checked within %d seconds.", CHECK_SECONDS)
        arrivals.hold(arrival)


@shared_task(
    name="scip.vault.check_damaged", soft_time_limit=CHECK_SECONDS, time_limit=CHECK_SECONDS + 20
)
def check_damaged() -> None:
    """Look again at files that did not open, as many as there is time for (beat)."""
    try:
        services.look_again(seconds=BEGIN_SECONDS)
    except SoftTimeLimitExceeded:
        # Whoever comes next begins with another: this file was marked as looked at.
        logger.warning("A damaged file could not be read within %d seconds.", CHECK_SECONDS)


@shared_task(name="scip.vault.follow_arrivals")
def follow_arrivals() -> None:
    """Send again what waits to be checked, and forget what nobody goes on with (beat)."""
    arrivals.ask_again()
    arrivals.sweep()
