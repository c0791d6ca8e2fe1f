"""Asking Stripe about everything that is still under way: the guarantee behind the webhook."""

import logging
from dataclasses import dataclass, field
from datetime import datetime

import stripe
from django.db.models import F
from django.utils import timezone

from payments.models import Checkout
from payments.services.checkouts import ask_stripe

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Report:
    """What a run found: how many were asked about, what changed, what could not be asked."""

    asked: int = 0
    changed: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)


def reconcile(now: datetime | None = None, *, limit: int = 500) -> Report:
    """Ask Stripe about checkouts under way, those longest not asked about first.

    One that cannot be asked is reported and does not hold up the others; when Stripe cannot
    be reached at all the run ends, the next one goes on.
    """
    now = now or timezone.now()
    report = Report()
    under_way = Checkout.objects.under_way().select_related("charge")
    for checkout in under_way.order_by(F("asked_at").asc(nulls_first=True), "pk")[:limit]:
        report.asked += 1
        try:
            followed = ask_stripe(checkout, now=now)
        except stripe.APIConnectionError as error:
            logger.warning("Stripe cannot be reached: %s", error)
            report.unanswered.append(f"{checkout.pk}: {type(error).__name__}")
            break
        except stripe.StripeError as error:
            logger.warning("Stripe has no answer about checkout %s: %s", checkout.pk, error)
            report.unanswered.append(f"{checkout.pk}: {type(error).__name__}")
            Checkout.objects.filter(pk=checkout.pk).update(asked_at=now)
            continue
        if followed.state != checkout.state:
            report.changed.append(f"{checkout.pk}: {checkout.state} → {followed.state}")
    return report
