"""Claiming settled review fees."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from certification.review.models import Submission
from certification.review.services.submitting import PURPOSE, submission_paid
from payments.models import Charge
from payments.signals import Claim, charge_settled


@receiver(charge_settled, dispatch_uid="review.submission")
def claim_submission(sender: Any, *, charge: Charge, now: datetime, **kwargs: Any) -> Claim | None:
    """Hand over what this fee is for; flag money for a submission that can't go on.

    The purpose decides, not the submission's present charge: one that was taken back and
    submitted anew has another one, and money for the old one must not stay unclaimed.
    """
    if charge.purpose != PURPOSE:
        return None
    if charge.part_of_id is not None:
        rows = Submission.objects.filter(charge=charge.part_of_id)
        is_gone = not rows.exclude(charge__cancelled_at__isnull=False).exists()
        return Claim("review.instalment", flag="submission_not_there" if is_gone else "")
    is_done = submission_paid(charge, now=now)
    return Claim("review.submission", flag="" if is_done else "submission_not_there")
