"""Disputes as they would have come about, step by step, without Stripe."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from payments.models import Dispute, Payment
from payments.services.disputes import take_step
from scip.states import lock


@transaction.atomic
def disputed(
    payment: Payment,
    *steps: str,
    cents: int = 0,
    now: datetime | None = None,
    answer_by: datetime | None = None,
) -> Dispute:
    """A dispute over a payment (whole, or ``cents`` of it) that went through ``steps``."""
    now = now or timezone.now()
    lock(payment.charge)
    dispute = Dispute.objects.create(
        charge=payment.charge,
        payment=payment,
        reference=f"dp_{payment.pk}_{payment.disputes.count()}",
        amount_cents=cents or payment.amount_cents,
        currency=payment.currency,
        opened_at=now,
        answer_by=answer_by,
    )
    return go_on(dispute, *steps, now=now)


@transaction.atomic
def go_on(dispute: Dispute, *steps: str, now: datetime | None = None) -> Dispute:
    """The same case, further on."""
    now = now or timezone.now()
    for step in steps:
        lock(dispute.charge)
        dispute = lock(dispute)
        take_step(dispute, step, happened_at=now, now=now)
    return dispute
