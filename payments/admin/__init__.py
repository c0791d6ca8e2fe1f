"""The office's pages about money: charges with what can be done, lists, the books, the aid fund."""

from payments.admin.charges import ChargeAdmin
from payments.admin.fund import FundEntryAdmin
from payments.admin.rows import (
    DisputeAdmin,
    PaymentAdmin,
    RefundAdmin,
    SettlementAdmin,
    StripeEventAdmin,
)

__all__ = [
    "ChargeAdmin",
    "DisputeAdmin",
    "FundEntryAdmin",
    "PaymentAdmin",
    "RefundAdmin",
    "SettlementAdmin",
    "StripeEventAdmin",
]
