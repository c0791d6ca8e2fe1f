"""Background work of portfolios (beat). Every task may run twice."""

from celery import shared_task

from certification.portfolio.services import retention


@shared_task(name="portfolio.follow_retention")
def follow_retention() -> None:
    """Letters about files that go soon, and files whose time is over."""
    retention.follow_retention()
