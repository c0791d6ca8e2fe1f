"""Money that came in, and telling the process that owns the charge.

The payment and the settlement commit first. Only then, in a transaction of its own, the
owner is told: whatever happens there, the money stays on record and the case is found
again by the sweep.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from payments.models import (
    Charge,
    Dispute,
    ForTheOffice,
    Payment,
    Refund,
    Settlement,
)
from payments.queries import balance
from payments.services.background import end_open_checkouts
from payments.services.fund import book_surplus, follow_loss
from payments.services.moves import chain_from, follow_on
from payments.services.receipts import issue_receipt
from payments.signals import Claim, charge_settled
from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.background import enqueue
from scip.states import lock

# How long a settlement may stay unclaimed before the office is asked to look.
PATIENCE = timedelta(hours=1)
UNCLAIMED = "unclaimed"


class ClaimedTwice(Exception):
    """Two receivers took the same charge for theirs: nothing was done, the office is told."""


def record_payment(
    charge: Charge,
    *,
    amount_cents: int,
    currency: str,
    method: str,
    reference: str,
    received_at: datetime,
    by: User | None = None,
    flag: str = "",
    now: datetime | None = None,
) -> tuple[Payment, bool]:
    """Record money once per method and reference; returns the payment and whether it is new.

    Money is always kept: what does not fit (currency, amount, a cancelled charge) is
    flagged for the office. Side effects in the same transaction: a numbered receipt, and
    the settlement when nothing is owed any more, announced after commit.
    """
    now = now or timezone.now()
    with transaction.atomic():
        charge = lock(charge)
        flag = reason_to_look(charge, amount_cents, currency) or flag
        payment, is_new = Payment.objects.get_or_create(
            method=method,
            reference=reference,
            defaults={
                "charge": charge,
                "amount_cents": amount_cents,
                "currency": currency,
                "received_at": received_at,
                "recorded_at": now,
                "recorded_by": by,
                "flag": flag,
                "flagged_at": now if flag else None,
            },
        )
        if not is_new:
            return payment, False
        record(
            "payment.received",
            payment,
            by=by,
            subject=charge.user,
            charge=charge.pk,
            amount_cents=amount_cents,
            currency=currency,
            method=method,
            reference=fingerprint(reference),
            flag=flag,
        )
        issue_receipt(payment, now=now)
        if charge.moved_to_id is not None:
            last = follow_on(charge, reason=charge.cancel_reason, now=now)
            settle_if_covered(last, now=now)
            follow_loss(last, now=now)
        if settle_if_covered(charge, now=now) is None:
            end_open_checkouts(charge)
        follow_loss(charge, now=now)
        return payment, True


def reason_to_look(charge: Charge, amount_cents: int, currency: str) -> str:
    """Why the office should look at this money, or an empty text."""
    if currency != charge.currency:
        return Payment.Flag.CURRENCY_MISMATCH
    if charge.moved_to_id is not None:
        charge = chain_from(charge)[-1]  # money follows there, as far as it is due
    if charge.cancelled_at is not None:
        return Payment.Flag.AFTER_CANCEL
    if amount_cents > balance(charge).due_cents:
        return Payment.Flag.OVERPAID
    return ""


def settle_if_covered(charge: Charge, *, now: datetime) -> Settlement | None:
    """Note that nothing more is owed, once. Call under the charge's lock.

    On commit the owner is told; checkouts still open for this charge are ended at Stripe.
    """
    if not balance(charge).is_settled:
        return None
    settlement, is_new = Settlement.objects.get_or_create(
        charge=charge, defaults={"settled_at": now}
    )
    if is_new:
        record("charge.settled", charge, subject=charge.user)
        book_surplus(charge, now=now)
        transaction.on_commit(partial(dispatch_settlement, settlement.pk, now), robust=True)
        end_open_checkouts(charge)
    return settlement


def dispatch_settlement(settlement_id: int, now: datetime | None = None) -> Claim | None:
    """Tell the receivers of ``charge_settled``; returns the claim, or None if nobody claims.

    One transaction for the receivers' work and the claim; a settlement that is claimed, or
    that another worker is just telling, is left alone. A receiver's exception and a second
    claim (ClaimedTwice) undo that transaction and nothing else.
    """
    now = now or timezone.now()
    with transaction.atomic():
        settlement = (
            Settlement.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(pk=settlement_id, claimed_at=None)
            .first()
        )
        if settlement is None:
            return None
        charge = Charge.objects.select_related("user").get(pk=settlement.charge_id)
        answers: list[tuple[Any, Any]] = charge_settled.send(
            sender=Charge, charge=charge, settlement=settlement, now=now
        )
        claims = [answer for _, answer in answers if isinstance(answer, Claim)]
        if len(claims) > 1:
            raise ClaimedTwice(", ".join(claim.name for claim in claims))
        if not claims:
            return None
        (claim,) = claims
        settlement.claimed_at = now
        settlement.claimed_as = claim.name
        settlement.flag = claim.flag
        settlement.flagged_at = now if claim.flag else None
        settlement.save(update_fields=["claimed_at", "claimed_as", "flag", "flagged_at"])
        record(
            "settlement.claimed",
            settlement,
            subject=charge.user,
            claim=claim.name,
            flag=claim.flag,
        )
        return claim


def sweep_settlements(now: datetime | None = None) -> list[int]:
    """Tell the owners of unclaimed settlements again, each in a task of its own.

    What has been unclaimed for an hour goes on the office's look-list (and leaves it by
    itself when it is claimed later). Returns the settlements' ids.
    """
    now = now or timezone.now()
    unclaimed = Settlement.objects.filter(claimed_at=None)
    unclaimed.filter(flagged_at=None, settled_at__lte=now - PATIENCE).update(
        flag=UNCLAIMED, flagged_at=now
    )
    ids = list(unclaimed.order_by("settled_at").values_list("pk", flat=True)[:500])
    for pk in ids:
        enqueue("payments.dispatch_settlement", pk)
    return ids


@transaction.atomic
def mark_looked_at(
    charge: Charge,
    *,
    by: User,
    note: str,
    until: datetime | None = None,
    now: datetime | None = None,
) -> int:
    """The office has looked at what is flagged on a charge; returns how many lines.

    The note says what was done about it; flags stay readable. What was flagged after ``until``
    (the moment at which the page was shown) nobody has seen yet, and it keeps waiting.
    """
    now = now or timezone.now()
    charge = lock(charge)
    looked = {"looked_at": now, "looked_by": by, "look_note": note[:300]}
    count = sum(
        model._default_manager.filter(
            ForTheOffice.WAITS, charge=charge, flagged_at__lte=until or now
        ).update(**looked)
        for model in (Payment, Settlement, Refund, Dispute)
    )
    if count:
        record("charge.looked_at", charge, by=by, subject=charge.user, note=fingerprint(note))
    return count
