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
    """Confirm the place that this charge pays for; flag money for a place that is gone.

    A later instalment confirms nothing: the first one did, and what is late is for the office.
    """
    if charge.part_of_id is not None:
        return claim_instalment(charge)
    enrolment = (
        Enrolment.objects.filter(charge=charge)
        .select_related("user", "application__cohort", "application__user")
        .first()
    )
    if enrolment is None:
        return None
    return Claim("cohorts.enrolment", flag="" if place_paid(enrolment, now=now) else "place_gone")


def claim_instalment(charge: Charge) -> Claim | None:
    """A later instalment of a place; None for one that pays for something else."""
    enrolment = Enrolment.objects.filter(charge=charge.part_of_id).only("state").first()
    if enrolment is None:
        return None
    # Money for a place that was exchanged for another one has followed there.
    is_left = enrolment.state in {Enrolment.State.LAPSED, Enrolment.State.WITHDRAWN}
    gone = is_left and charge.moved_to_id is None
    return Claim("cohorts.instalment", flag="place_gone" if gone else "")
