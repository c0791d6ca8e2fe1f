"""Planned sessions for somebody's calendar and for the form that logs one."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from supervision.models import Agreement, Appointment


def appointments_of_person(user: Any) -> QuerySet[Appointment]:
    """Every appointment of somebody, cancelled ones included; for their own calendar."""
    return (
        Appointment.objects.visible_to(user)
        .select_related("agreement__candidacy__user", "agreement__supervisor__user")
        .order_by("starts_at", "pk")
    )


def to_log(agreement: Agreement, *, now: datetime) -> Appointment | None:
    """The planned session that has begun and is not in the ledger yet, the newest first."""
    rows = Appointment.objects.ahead().filter(agreement=agreement, starts_at__lte=now)
    return rows.filter(session=None).order_by("-starts_at").first()
