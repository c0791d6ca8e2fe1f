"""What tests of cancelled places and cohorts share."""

from datetime import timedelta

from payments.models import Settlement
from payments.services import dispatch_settlement

PRICE = 289_500
ASK = {"kind": "scholarship", "statement": "CANARY", "affordable_cents": None}


def settle(charge):
    return dispatch_settlement(Settlement.objects.get(charge=charge).pk)


def days_before(cohort, days):
    return cohort.first_session_at - timedelta(days=days)
