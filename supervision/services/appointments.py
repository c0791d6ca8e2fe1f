"""Sessions that are planned: made, moved, cancelled, and brought to mind a day before."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Leave
from scip.accounts.models import User
from scip.audit.services import record
from scip.requirements import Refusal
from scip.states import lock, move
from supervision.emails import appointments as emails
from supervision.models import Agreement, Appointment
from supervision.services.agreements import locked, refuse_strangers

State = Appointment.State
REMINDER = timedelta(days=1)


@transaction.atomic
def plan_appointment(
    agreement: Agreement,
    *,
    by: User,
    starts_at: datetime,
    minutes: int,
    is_online: bool = True,
    where: str = "",
    now: datetime | None = None,
) -> Appointment:
    """Plan a session; both get a letter with the calendar file.

    Raises Refusal for strangers, a moment that has passed, unless the agreement is active, and
    where one of the two has another planned session at that time.
    """
    now = now or timezone.now()
    agreement = locked(agreement)
    refuse_strangers(agreement, by)
    if agreement.state != Agreement.State.ACTIVE:
        raise Refusal(_("Sessions are planned while the agreement is active."))
    refuse_when(agreement, starts_at, minutes, now)
    appointment = Appointment.objects.create(
        agreement=agreement,
        starts_at=starts_at,
        minutes=minutes,
        is_online=is_online,
        where=where,
        planned_by=by,
        planned_at=now,
    )
    record("appointment.planned", appointment, by=by, subject=appointment.audit_subject)
    emails.appointment_planned(appointment, by=by)
    return appointment


def refuse_when(
    agreement: Agreement,
    starts_at: datetime,
    minutes: int,
    now: datetime,
    *,
    but: Appointment | None = None,
) -> None:
    """Raise Refusal for the past and for two sessions at once.

    The supervisor's row is locked, after candidacy and agreement: of two candidates who choose
    the same hour one is first, and the other is told.
    """
    if starts_at <= now:
        raise Refusal(_("That moment has passed. Please choose one that is still to come."))
    lock(agreement.supervisor)
    end = starts_at + timedelta(minutes=minutes)
    near = Appointment.objects.ahead().filter(
        Q(agreement__supervisor=agreement.supervisor_id)
        | Q(agreement__candidacy=agreement.candidacy_id),
        starts_at__lt=end,
        starts_at__gt=starts_at - timedelta(days=1),
    )
    if any(row.ends_at > starts_at and row != but for row in near):
        raise Refusal(
            _("One of you has another supervision session planned at that time. Nothing was saved.")
        )


@transaction.atomic
def move_appointment(
    appointment: Appointment,
    *,
    by: User,
    starts_at: datetime,
    minutes: int,
    is_online: bool = True,
    where: str = "",
    now: datetime | None = None,
) -> Appointment:
    """Move or change a planned session; calendars follow by its sequence, both get a letter.

    Raises Refusal like `plan_appointment`, and once the session is held or cancelled. The same
    again changes nothing.
    """
    now = now or timezone.now()
    agreement = locked(appointment.agreement)
    refuse_strangers(agreement, by)
    appointment = lock(appointment)
    appointment.agreement = agreement
    values = {"starts_at": starts_at, "minutes": minutes, "is_online": is_online, "where": where}
    if all(getattr(appointment, name) == value for name, value in values.items()):
        return appointment
    if appointment.state != State.PLANNED:
        raise Refusal(_("This session is not ahead any more, so it can't be moved."))
    refuse_when(agreement, starts_at, minutes, now, but=appointment)
    for name, value in values.items():
        setattr(appointment, name, value)
    appointment.sequence += 1
    appointment.planned_by, appointment.planned_at = by, now
    appointment.save(update_fields=[*values, "sequence", "planned_by", "planned_at"])
    record(
        "appointment.moved",
        appointment,
        by=by,
        subject=appointment.audit_subject,
        sequence=appointment.sequence,
    )
    emails.appointment_moved(appointment, by=by)
    return appointment


@transaction.atomic
def cancel_appointment(
    appointment: Appointment, *, by: User, now: datetime | None = None
) -> Appointment:
    """Cancel a planned session; both get a letter. Harmless when repeated."""
    agreement = locked(appointment.agreement)
    refuse_strangers(agreement, by)
    appointment = lock(appointment)
    appointment.agreement = agreement
    if appointment.state == State.CANCELLED:
        return appointment
    appointment.sequence += 1
    appointment.save(update_fields=["sequence"])
    move(appointment, State.CANCELLED, by=by, now=now)
    emails.appointment_cancelled(appointment, by=by)
    return appointment


def remind_appointments(now: datetime | None = None) -> int:
    """Letters to both, a day before, once for each appointment and date; returns how many
    were written. Nobody on leave is reminded, nor who they would meet."""
    now = now or timezone.now()
    resting = Leave.objects.running(now.date()).values("candidacy")
    due = (
        Appointment.objects.ahead()
        .filter(
            starts_at__gt=now,
            starts_at__lte=now + REMINDER,
            agreement__state=Agreement.State.ACTIVE,
        )
        .exclude(agreement__candidacy__in=resting)
        .select_related("agreement__candidacy__user", "agreement__supervisor__user")
    )
    return sum(remind(appointment) for appointment in due)


def remind(appointment: Appointment) -> int:
    """Queue both letters in a transaction of their own; how many are new."""
    with transaction.atomic():
        return emails.appointment_near(appointment)
