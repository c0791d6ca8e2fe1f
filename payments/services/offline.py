"""Money that reached the office outside the checkout: bank transfers and cheques."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from payments.models import Charge, Payment
from payments.services.settlements import record_payment
from scip.accounts.models import User
from scip.requirements import Refusal

OFFLINE_METHODS = (Payment.Method.BANK, Payment.Method.CHEQUE)


def record_offline_payment(
    charge: Charge,
    *,
    method: str,
    reference: str,
    amount_cents: int,
    received_at: datetime,
    by: User,
    now: datetime | None = None,
) -> Payment:
    """Record a bank transfer or cheque on a charge; part of what is owed is fine too.

    ``amount_cents`` in the charge's currency. Raises Refusal for an empty or already used
    reference, an amount of nothing, or a moment in the future; ValueError for a method that
    is not offline. Side effects as in `record_payment`.
    """
    now = now or timezone.now()
    if method not in OFFLINE_METHODS:
        raise ValueError(f"{method} is not an offline method")
    reference = " ".join(reference.split())
    if not reference:
        raise Refusal(_("Please give the reference of the transfer or the cheque's number."))
    if amount_cents <= 0:
        raise Refusal(_("Please give the amount that arrived."))
    if received_at > now:
        raise Refusal(_("The money cannot have arrived later than now. Please check the day."))
    payment, is_new = record_payment(
        charge,
        amount_cents=amount_cents,
        currency=charge.currency,
        method=method,
        reference=reference,
        received_at=received_at,
        by=by,
        now=now,
    )
    if not is_new:
        raise Refusal(
            _(
                "A payment with the reference {reference} is already on record, "
                "for “{charge}”. Nothing was recorded a second time."
            ).format(reference=reference, charge=payment.charge)
        )
    return payment
