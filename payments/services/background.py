"""What follows in the background when a charge changes."""

from payments.models import Charge, Checkout
from scip.background import enqueue


def end_open_checkouts(charge: Charge) -> None:
    """What is due has changed: nobody should pay the old amount in a tab that is still open."""
    for pk in charge.checkouts.filter(state=Checkout.State.OPEN).values_list("pk", flat=True):
        enqueue("payments.end_checkout", pk)
