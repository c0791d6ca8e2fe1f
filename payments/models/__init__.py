"""Charges and money, what goes back, the aid fund, documents, Stripe's side of it, and the
practice checkout's memory."""

from payments.models.checkouts import Checkout, StripeCustomer, StripeEvent
from payments.models.documents import CreditNote, DocumentNumber, Invoice, Receipt
from payments.models.fund import AidFund, FundEntry
from payments.models.ledger import Adjustment, Charge, ForTheOffice, Payment, Settlement
from payments.models.lines import LedgerLine
from payments.models.moves import MoneyMove
from payments.models.returns import Dispute, DisputeStep, Refund
from payments.models.sandbox import SandboxEvent, SandboxObject, SandboxRequest

__all__ = [
    "Adjustment",
    "AidFund",
    "Charge",
    "Checkout",
    "CreditNote",
    "Dispute",
    "DisputeStep",
    "DocumentNumber",
    "ForTheOffice",
    "FundEntry",
    "Invoice",
    "LedgerLine",
    "MoneyMove",
    "Payment",
    "Receipt",
    "Refund",
    "SandboxEvent",
    "SandboxObject",
    "SandboxRequest",
    "Settlement",
    "StripeCustomer",
    "StripeEvent",
]
