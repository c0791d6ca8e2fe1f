from celery import shared_task

from scip.credentials import services


@shared_task(name="scip.credentials.make_certificate", time_limit=30)
def make_certificate(pk: int) -> None:
    """Render and store one certificate; safe to run twice."""
    services.make_certificate(pk)


@shared_task(name="scip.credentials.make_lost_again")
def make_lost_again(pk: int) -> None:
    """Have one certificate made anew if its file is gone from storage; safe to run twice."""
    services.make_lost_again(pk)


@shared_task(name="scip.credentials.sweep")
def sweep() -> None:
    """Make what a lost task or a killed worker left behind (beat)."""
    services.sweep()


@shared_task(name="scip.credentials.announce_expiries")
def announce_expiries() -> None:
    """Tell holders whose credential ends soon or has ended (beat, hourly)."""
    services.announce_endings()
