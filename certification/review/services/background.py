"""Background work by task name, once the transaction has committed; a sweep finds what is lost."""

from celery import current_app
from django.db import transaction


def enqueue(task: str, *args: int) -> None:
    """Hand over to a worker on commit; a broker that is away costs nobody the page."""
    transaction.on_commit(lambda: current_app.send_task(task, args=list(args)), robust=True)
