"""What an entry of the ledger took along: the planned session that it was, and case material.

An entry that is taken back or set aside gives both free, and the next one takes them again.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from scip.accounts.models import User
from scip.states import lock, move
from supervision.models import Agreement, Appointment, CaseMaterial, SupervisionSession

State = SupervisionSession.State
GONE = (State.WITHDRAWN, State.SET_ASIDE)
NEAR = timedelta(days=1)


def take_along(
    session: SupervisionSession, appointment: Appointment | None, *, by: User, now: datetime
) -> None:
    """A new entry holds its planned session (under its lock), and takes the material for it.

    So it does with material of an entry that stands no more and was of the same kind, or at most
    a day away: somebody took that one back to log it better.
    """
    if appointment is not None:
        move(appointment, Appointment.State.HELD, by=by, now=now)
        appointment.material.update(session=session)
    left = Q(session__kind=session.kind) | Q(
        session__started_at__range=(session.started_at - NEAR, session.started_at + NEAR)
    )
    CaseMaterial.objects.filter(left, agreement=session.agreement, session__state__in=GONE).update(
        session=session
    )


def give_free(session: SupervisionSession, *, by: User, now: datetime) -> None:
    """An entry that stands no more lets go: its planned session is planned again while the
    agreement is active, and its material is for that one. Material of a correction goes back to
    the entry that it was to correct; what belonged to nothing else waits for the next entry."""
    if session.corrects is not None:
        session.material.update(session=session.corrects)
        return
    appointment = session.appointment
    if appointment is None or session.agreement.state != Agreement.State.ACTIVE:
        return
    appointment = lock(appointment)
    if appointment.state != Appointment.State.HELD:
        return
    session.appointment = None
    session.save(update_fields=["appointment"])
    session.material.update(session=None, appointment=appointment)
    planned_by = appointment.planned_by
    move(appointment, Appointment.State.PLANNED, by=by, now=now)
    appointment.planned_by, appointment.held_at = planned_by, None
    appointment.save(update_fields=["planned_by", "held_at"])
