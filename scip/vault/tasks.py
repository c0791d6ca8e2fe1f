"""The vault's background work; every task may run twice."""

from celery import shared_task

from scip.vault import arrivals, services
from scip.vault.models import Arrival

# Two gigabytes at eight megabytes a second. Below the broker's visibility timeout (settings).
CHECK_SECONDS = 270


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
    if arrival is not None:
        arrivals.inspect(arrival)


@shared_task(name="scip.vault.follow_arrivals")
def follow_arrivals() -> None:
    """Send again what waits to be checked, and forget what nobody goes on with (beat)."""
    arrivals.ask_again()
    arrivals.sweep()
