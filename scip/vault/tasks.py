"""The vault's background work; every task may run twice."""

from celery import shared_task

from scip.vault import services


@shared_task(name="scip.vault.sweep_orphans")
def sweep_orphans() -> None:
    """Remove sealed bytes that nothing refers to (beat, once a night)."""
    services.sweep_orphans()
