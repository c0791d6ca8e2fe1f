"""Background work by task name, once the transaction has committed.

A broker that is away costs nobody the page: the row is there, and a sweep finds it.
"""

from celery import current_app
from django.db import transaction

from payments.models import Charge, Checkout


def enqueue(task: str, *args: int | str) -> None:
    """Hand over to a worker on commit; what cannot be handed over now is swept later."""
    transaction.on_commit(lambda: current_app.send_task(task, args=list(args)), robust=True)


def end_open_checkouts(charge: Charge) -> None:
    """What is due has changed: nobody should pay the old amount in a tab that is still open."""
    for pk in charge.checkouts.filter(state=Checkout.State.OPEN).values_list("pk", flat=True):
        enqueue("payments.end_checkout", pk)
