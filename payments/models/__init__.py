"""Charges and money, Stripe's side of it, receipts, and the practice checkout's memory."""

from payments.models.checkouts import Checkout, StripeCustomer, StripeEvent
from payments.models.ledger import Adjustment, Charge, Payment, Refund, Settlement
from payments.models.receipts import Receipt, ReceiptNumber
from payments.models.sandbox import SandboxEvent, SandboxObject, SandboxRequest

__all__ = [
    "Adjustment",
    "Charge",
    "Checkout",
    "Payment",
    "Receipt",
    "ReceiptNumber",
    "Refund",
    "SandboxEvent",
    "SandboxObject",
    "SandboxRequest",
    "Settlement",
    "StripeCustomer",
    "StripeEvent",
]
