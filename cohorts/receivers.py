"""Claiming settled tuition charges; the only signal of the house."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from cohorts.models import Enrolment
from cohorts.services.settled import place_paid
from payments.models import Charge
from payments.signals import Claim, charge_settled


@receiver(charge_settled, dispatch_uid="cohorts.enrolment")
def claim_tuition(
    sender: Any, *, charge: Charge, now: datetime | None = None, **kwargs: Any
) -> Claim | None:
    """Confirm the place that this charge pays for; flag money for a place that is gone."""
    enrolment = (
        Enrolment.objects.filter(charge=charge)
        .select_related("user", "application__cohort", "application__user")
        .first()
    )
    if enrolment is None:
        return None
    return Claim("cohorts.enrolment", flag="" if place_paid(enrolment, now=now) else "place_gone")
