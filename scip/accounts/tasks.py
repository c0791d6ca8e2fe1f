"""Background work of accounts (beat)."""

from celery import shared_task

from scip.accounts import services


@shared_task(name="scip.accounts.announce_expiries")
def announce_expiries() -> None:
    """Tell people before their evidence ends; safe to run twice."""
    services.announce_expiries()
