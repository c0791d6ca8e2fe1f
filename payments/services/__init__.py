"""One function per verb; everything that other apps call is here."""

from payments.queries import Balance, balance
from payments.services.cancellation import (
    Cancellation,
    cancel_charge,
    give_up_charge,
    plan_cancellation,
)
from payments.services.charges import adjust_charge, extend_due, open_charge
from payments.services.checkouts import ask_stripe, end_checkout, start_checkout
from payments.services.credit_notes import make_credit_note, sweep_credit_notes
from payments.services.events import (
    SignatureRefused,
    ask_event_again,
    handle_event,
    mark_event_looked_at,
    receive_event,
    sweep_events,
)
from payments.services.fund import (
    add_gift,
    currencies_in_use,
    fund_balance,
    given_so_far,
    lower_grant,
    put_back,
    set_aside,
)
from payments.services.instalments import agree_instalments
from payments.services.invoices import make_invoice
from payments.services.moves import lock_with_origins, with_origins
from payments.services.offline import record_offline_payment
from payments.services.receipts import make_receipt, sweep_receipts
from payments.services.reconcile import reconcile
from payments.services.refunds import (
    call_off_refund,
    record_returned,
    request_refund,
    return_money,
)
from payments.services.reminders import queue_reminders
from payments.services.settlements import (
    dispatch_settlement,
    mark_looked_at,
    record_payment,
    sweep_settlements,
)
from payments.services.stripe_refunds import send_refund, sweep_refunds
from payments.services.transfers import (
    Transferral,
    pass_on_reliefs,
    reckon,
    reliefs_of,
    replace_charge,
    shares_of,
    standings_of,
)
from scip.background import enqueue

__all__ = [
    "Balance",
    "Cancellation",
    "SignatureRefused",
    "Transferral",
    "add_gift",
    "adjust_charge",
    "agree_instalments",
    "ask_event_again",
    "ask_stripe",
    "balance",
    "call_off_refund",
    "cancel_charge",
    "currencies_in_use",
    "dispatch_settlement",
    "end_checkout",
    "enqueue",
    "extend_due",
    "fund_balance",
    "give_up_charge",
    "given_so_far",
    "handle_event",
    "lock_with_origins",
    "lower_grant",
    "make_credit_note",
    "make_invoice",
    "make_receipt",
    "mark_event_looked_at",
    "mark_looked_at",
    "open_charge",
    "pass_on_reliefs",
    "plan_cancellation",
    "put_back",
    "queue_reminders",
    "receive_event",
    "reckon",
    "reconcile",
    "record_offline_payment",
    "record_payment",
    "record_returned",
    "reliefs_of",
    "replace_charge",
    "request_refund",
    "return_money",
    "send_refund",
    "set_aside",
    "shares_of",
    "standings_of",
    "start_checkout",
    "sweep_credit_notes",
    "sweep_events",
    "sweep_receipts",
    "sweep_refunds",
    "sweep_settlements",
    "with_origins",
]
