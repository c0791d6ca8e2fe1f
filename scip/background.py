"""Background work by task name, once the transaction has committed.

A broker that is away costs nobody the page: the row is there, and a sweep finds it.
"""

from celery import current_app
from django.db import transaction


def enqueue(task: str, *args: int | str) -> None:
    """Hand over to a worker on commit; what cannot be handed over now is logged, and swept later."""
    transaction.on_commit(lambda: current_app.send_task(task, args=list(args)), robust=True)
