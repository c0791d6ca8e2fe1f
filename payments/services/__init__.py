"""One function per verb; everything that other apps call is here."""

from payments.queries import Balance, balance
from payments.services.charges import cancel_charge, open_charge
from payments.services.checkouts import ask_stripe, end_checkout, start_checkout
from payments.services.events import SignatureRefused, handle_event, receive_event, sweep_events
from payments.services.offline import record_offline_payment
from payments.services.receipts import make_receipt, sweep_receipts
from payments.services.reconcile import reconcile
from payments.services.settlements import (
    dispatch_settlement,
    mark_looked_at,
    record_payment,
    sweep_settlements,
)

__all__ = [
    "Balance",
    "SignatureRefused",
    "ask_stripe",
    "balance",
    "cancel_charge",
    "dispatch_settlement",
    "end_checkout",
    "handle_event",
    "make_receipt",
    "mark_looked_at",
    "open_charge",
    "receive_event",
    "reconcile",
    "record_offline_payment",
    "record_payment",
    "start_checkout",
    "sweep_events",
    "sweep_receipts",
    "sweep_settlements",
]
