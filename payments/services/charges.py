"""Opening and cancelling charges."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from payments.models import Adjustment, Charge, Checkout, Payment
from payments.services.background import enqueue
from payments.services.settlements import settle_if_covered
from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.states import lock


@transaction.atomic
def open_charge(
    user: User,
    *,
    purpose: str,
    description: str,
    amount_cents: int,
    currency: str,
    due_at: datetime,
    refund_terms: Iterable[str],
    adjustments: Iterable[Adjustment] = (),
    now: datetime | None = None,
) -> Charge:
    """Ask a person for money, in the caller's transaction, and return the charge.

    ``amount_cents`` is the full price in cents of ``currency`` (ISO 4217); ``adjustments``
    are unsaved rows that explain what is taken off (negative cents) or added, with kind,
    reason and author. ``refund_terms`` are sentences, frozen here. Raises ValueError if the
    adjustments take off more than the price. Where nothing is left to pay the charge
    settles at once and ``charge_settled`` is sent after commit: no checkout at all.
    """
    now = now or timezone.now()
    lines = list(adjustments)
    if amount_cents + sum(line.amount_cents for line in lines) < 0:
        raise ValueError("The adjustments take off more than the price.")
    charge = Charge.objects.create(
        user=user,
        purpose=purpose,
        description=description,
        amount_cents=amount_cents,
        currency=currency.upper(),
        due_at=due_at,
        refund_terms=[str(sentence) for sentence in refund_terms],
        created_at=now,
    )
    for line in lines:
        line.charge = charge
        line.created_at = now
        line.save(force_insert=True)
    record(
        "charge.opened",
        charge,
        subject=user,
        purpose=purpose,
        amount_cents=amount_cents,
        adjusted_cents=sum(line.amount_cents for line in lines),
        currency=charge.currency,
    )
    settle_if_covered(charge, now=now)
    return charge


@transaction.atomic
def cancel_charge(
    charge: Charge, *, by: User | None, reason: str, now: datetime | None = None
) -> Charge:
    """Expect no more money on a charge; ``by`` is None when time did it.

    Doing it twice changes nothing. A checkout that is open is ended at Stripe after commit;
    money that comes all the same is kept and flagged. Money that came before is flagged
    too, so that the office looks at what goes back by the refund terms.
    """
    now = now or timezone.now()
    charge = lock(charge)
    if charge.cancelled_at is not None:
        return charge
    charge.cancelled_at = now
    charge.cancelled_by = by
    charge.cancel_reason = reason[:300]
    charge.save(update_fields=["cancelled_at", "cancelled_by", "cancel_reason"])
    # Also what was looked at for another reason before: this one is new.
    charge.payments.filter(Q(flagged_at=None) | Q(looked_at__isnull=False)).update(
        flag=Payment.Flag.CANCELLED_AFTER_PAYING, flagged_at=now, looked_at=None, looked_by=None
    )
    record("charge.cancelled", charge, by=by, subject=charge.user, reason=fingerprint(reason))
    for pk in charge.checkouts.filter(state=Checkout.State.OPEN).values_list("pk", flat=True):
        enqueue("payments.end_checkout", pk)
    return charge
