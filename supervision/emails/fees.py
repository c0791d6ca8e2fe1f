"""Letters about what is paid between two people. Never a demand: CMSC does not collect."""

from django.utils.translation import gettext as _

from scip.formats import money
from supervision.emails.agreements import send
from supervision.models import FeePayment
from supervision.queries.agreements import other_of
from supervision.queries.fees import Standing


def payment_said(payment: FeePayment) -> None:
    """The other noted a payment: was it so?"""
    agreement = payment.block.agreement
    send(
        "fee_said",
        other_of(agreement, payment.said_by),
        agreement,
        f"feepayment:{payment.pk}:said",
        page="supervision:fees",
        label=_("Look at it"),
        payment=payment,
        amount=money(payment.amount_cents, payment.block.version.currency),
    )


def payment_answered(payment: FeePayment) -> None:
    """To the one who noted it: yes, or what is different."""
    if payment.said_by is None:
        return
    send(
        "fee_confirmed" if payment.confirmed_at else "fee_denied",
        payment.said_by,
        payment.block.agreement,
        f"feepayment:{payment.pk}:answered",
        page="supervision:fees",
        label=_("Open the page about fees"),
        payment=payment,
        amount=money(payment.amount_cents, payment.block.version.currency),
    )


def fee_reminder(item: Standing) -> None:
    """To the candidate, once for each block that has begun."""
    agreement = item.block.agreement
    send(
        "fee_reminder",
        agreement.candidacy.user,
        agreement,
        f"feeblock:{item.block.pk}:reminder",
        page="supervision:fees",
        label=_("Open the page about fees"),
        block=item.block,
        amount=money(item.open_cents, item.currency),
    )
