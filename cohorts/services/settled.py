"""What a settled tuition charge means for a place."""

from datetime import datetime

from django.db import transaction

from cohorts.emails import admission as letters
from cohorts.models import Enrolment
from cohorts.services.places import confirm_place
from payments.services import balance
from scip.mail.services import queue_draft


def place_paid(enrolment: Enrolment, *, now: datetime | None = None) -> bool:
    """Confirm the place, or, when it was freed in the meantime, tell the person that the
    money is safe and return False: the office decides what happens with it. Money that the
    place was given up with, and that was reckoned there, needs neither."""
    with transaction.atomic():
        if confirm_place(enrolment, now=now):
            return True
        if not balance(enrolment.charge).to_return_cents:
            return True
        queue_draft(
            letters.payment_after_lapse(enrolment),
            to=enrolment.user,
            dedupe_key=f"enrolment:{enrolment.pk}:paid-late",
        )
        return False
