"""Planned sessions for somebody's calendar and for the form that logs one."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from scip.accounts.models import Role
from supervision.models import Agreement, Appointment
from supervision.requirements.ledger import PlannedFacts


def appointments_of_person(user: Any) -> QuerySet[Appointment]:
    """Every appointment of somebody, cancelled ones included; for their own calendar."""
    return (
        Appointment.objects.visible_to(user)
        .select_related("agreement__candidacy__user", "agreement__supervisor__user")
        .order_by("starts_at", "pk")
    )


def given_by(user: Any, *, now: datetime) -> tuple[PlannedFacts, ...]:
    """Planned sessions of a supervisor with their candidates, not over yet, soonest first; one
    query, and none for everybody else."""
    if not user.has_role(Role.SUPERVISOR):
        return ()
    rows = (
        Appointment.objects.visible_to(user)
        .ahead()
        .filter(agreement__supervisor__user=user)
        .select_related("agreement__candidacy__user")
        .order_by("starts_at", "pk")
    )
    return tuple(
        PlannedFacts(
            pk=row.pk,
            agreement=row.agreement_id,
            other=str(row.agreement.candidacy.user),
            starts_at=row.starts_at,
            minutes=row.minutes,
            where=row.where,
        )
        for row in rows
        if row.ends_at > now
    )


def to_log(agreement: Agreement, *, now: datetime) -> Appointment | None:
    """The planned session that has begun and is not in the ledger yet, the newest first."""
    rows = Appointment.objects.ahead().filter(agreement=agreement, starts_at__lte=now)
    return rows.filter(session=None).order_by("-starts_at").first()


def planned_on(agreement: Agreement, moment: datetime, *, now: datetime) -> Appointment | None:
    """The planned session that a held one was: of the same day in the active zone, the nearest."""
    rows = Appointment.objects.ahead().filter(
        agreement=agreement, starts_at__lte=now, starts_at__gt=moment - timedelta(days=1)
    )
    day = timezone.localdate(moment)
    same_day = [row for row in rows if timezone.localdate(row.starts_at) == day]
    return min(same_day, key=lambda row: abs(row.starts_at - moment), default=None)
