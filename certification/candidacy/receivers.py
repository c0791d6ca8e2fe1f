"""Claiming settled registration fees."""

from typing import Any

from django.dispatch import receiver

from certification.candidacy.models import Candidacy
from certification.candidacy.services.registration import PURPOSE, registration_paid
from payments.models import Charge, Settlement
from payments.signals import Claim, charge_settled


@receiver(charge_settled, dispatch_uid="candidacy.registration")
def claim_registration(
    sender: Any, *, charge: Charge, settlement: Settlement, **kwargs: Any
) -> Claim | None:
    """Register the person whom this charge is for; flag money for a registration taken back.

    The purpose decides, not the candidacy's present charge: a registration that was taken back
    and begun anew has another one, and money for the old one must not stay unclaimed.
    """
    if charge.purpose != PURPOSE:
        return None
    if charge.part_of_id is not None:
        is_gone = not Candidacy.objects.filter(
            charge=charge.part_of_id, active_at__isnull=False
        ).exists()
        return Claim("candidacy.instalment", flag="registration_taken_back" if is_gone else "")
    is_done = registration_paid(charge, settlement)
    return Claim("candidacy.registration", flag="" if is_done else "registration_taken_back")
