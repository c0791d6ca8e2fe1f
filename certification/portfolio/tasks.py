"""Background work of portfolios (beat). Every task may run twice."""

from celery import shared_task

from certification.portfolio.services import papers, retention

# As for a dossier: some dozen case studies take seconds, a book of them minutes.
SECONDS = 100


@shared_task(name="portfolio.follow_retention")
def follow_retention() -> None:
    """Letters about files that go soon, and files whose time is over."""
    retention.follow_retention()


@shared_task(name="portfolio.make_case_paper", soft_time_limit=SECONDS, time_limit=SECONDS + 10)
def make_case_paper(pk: int) -> None:
    """Draw all case studies of a portfolio and keep the PDF in the vault."""
    papers.make_case_paper(pk)


@shared_task(name="portfolio.follow_papers")
def follow_papers() -> None:
    """Ask again for papers whose task was lost, and let go those whose days are over."""
    papers.follow_papers()
