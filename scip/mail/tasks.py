from celery import shared_task

from scip.mail import services


@shared_task(name="scip.mail.deliver")
def deliver(dedupe_key: str) -> None:
    """Send one letter; safe to run twice."""
    services.deliver(dedupe_key)


@shared_task(name="scip.mail.deliver_many")
def deliver_many(*keys: str) -> None:
    """Send a portion of many letters; safe to run twice."""
    services.deliver_many(keys)


@shared_task(name="scip.mail.sweep")
def sweep() -> None:
    """Send what a lost task or an unreachable mail server left behind (beat)."""
    services.sweep()
