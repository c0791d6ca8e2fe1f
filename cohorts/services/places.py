"""Seats and places: taken, confirmed, freed.

Order of locks everywhere: cohort, application, offer, enrolment. Whoever changes seats
holds the cohort's lock (READ COMMITTED: a snapshot taken before the lock would oversell).
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.calendar_files import CONTENT_TYPE, sessions_calendar
from cohorts.emails import admission as letters
from cohorts.models import Application, Cohort, Enrolment, Seat
from cohorts.permissions import refuse_own
from cohorts.queries.admission import standing_sessions
from cohorts.queries.guests import times_left
from payments.models import Charge, MoneyMove, Payment, Settlement
from payments.services import cancel_charge, with_origins
from scip.accounts.models import User
from scip.audit.services import record
from scip.mail.services import Attachment, queue_draft
from scip.requirements import Refusal
from scip.states import lock, move


def take_seat(
    application: Application, cohort: Cohort, *, by: User | None, now: datetime
) -> Seat | None:
    """The lowest free seat for this application, or None when all are held.

    ``cohort`` must be locked. The unique number and the capacity trigger refuse a seat
    too many even if it were not.
    """
    taken = set(Seat.objects.filter(cohort=cohort).values_list("number", flat=True))
    free = next((n for n in range(1, cohort.capacity + 1) if n not in taken), None)
    if free is None:
        return None
    seat = Seat.objects.create(cohort=cohort, number=free, application=application, taken_at=now)
    record(
        "seat.taken", application, by=by, subject=application.user, number=free, cohort=cohort.pk
    )
    return seat


def free_place(application: Application, *, by: User | None) -> bool:
    """Give the application's seat back; True if there was one. The cohort is locked.

    The caller offers the seat on (`offers.offer_next`).
    """
    seat = Seat.objects.filter(application=application).first()
    if seat is None:
        return False
    record(
        "seat.freed",
        application,
        by=by,
        subject=application.user,
        number=seat.number,
        cohort=seat.cohort_id,
    )
    seat.delete()
    return True


def give_up_place(
    application: Application, *, to: Enrolment.State, by: User | None, now: datetime
) -> None:
    """End the unpaid place of an accepted application and cancel its charge.

    Raises Refusal once the place is confirmed or money arrived.
    """
    enrolment = lock(
        Enrolment.objects.exclude(
            state__in=[Enrolment.State.LAPSED, Enrolment.State.WITHDRAWN]
        ).get(application=application)
    )
    lock_charges(enrolment)  # money that is just being recorded decides first
    if enrolment.state != Enrolment.State.AWAITING_PAYMENT or is_paid(enrolment):
        raise Refusal(
            _(
                "Money has arrived for this place. Its own page shows what comes back to you "
                "by the refund terms, and you can cancel it there."
            )
        )
    move(enrolment, to, by=by, now=now)
    # The payer reads it on their statement.
    reason = (
        _("The time to pay was over, so the place was passed on.")
        if to == Enrolment.State.LAPSED
        else _("The place was given back before it was paid.")
    )
    cancel_charge(enrolment.charge, by=by, reason=reason, is_told=True, now=now)


def is_paid(enrolment: Enrolment) -> bool:
    """Money arrived, in part or in full, whether or not the place was confirmed yet."""
    parts = Q(charge=enrolment.charge_id) | Q(charge__part_of=enrolment.charge_id)
    return (
        Settlement.objects.filter(parts).exists()
        or Payment.objects.filter(parts).exists()
        or MoneyMove.objects.filter(to_charge=enrolment.charge_id).exists()
    )


def lock_charges(enrolment: Enrolment) -> Charge:
    """Lock the charge of a place with its later instalments, before them the charges whose place
    it took, all in their order; returns the place's own."""
    own = enrolment.charge_id
    rows = Charge.objects.filter(Q(pk__in=with_origins([own])) | Q(part_of=own))
    locked = {row.pk: row for row in rows.select_for_update(no_key=True).order_by("pk")}
    return locked[own]


def confirm_place(
    enrolment: Enrolment, *, by: User | None = None, now: datetime | None = None
) -> bool:
    """Payment is complete: the place is firm, the person is told what happens next.

    Runs when the charge is settled, or at acceptance when aid covers everything. Returns
    False when the place was freed in the meantime (the caller flags the money); a second
    call changes nothing.
    """
    now = now or timezone.now()
    with transaction.atomic():
        lock(enrolment.application)
        enrolment = lock(enrolment)
        if enrolment.state in Enrolment.TAKING_PART:
            return True
        if enrolment.state != Enrolment.State.AWAITING_PAYMENT:
            return False
        move(enrolment, Enrolment.State.CONFIRMED, by=by, now=now)
        tell_confirmed(enrolment)
        return True


def promise_place(
    enrolment: Enrolment, *, by: User, reason: str, now: datetime | None = None
) -> Enrolment:
    """Confirm a place before its payment, on the office's word, with what it relied on.

    Raises Refusal without a reason, for one's own place, or when the place was freed.
    """
    now = now or timezone.now()
    if not reason.strip():
        raise Refusal(_("Please write what the office relies on; it stays on record."))
    with transaction.atomic():
        application = lock(enrolment.application)
        refuse_own(application, by)
        enrolment = lock(enrolment)
        enrolment.promise_reason = reason.strip()[:300]
        enrolment.promised_at, enrolment.promised_by = now, by
        move(enrolment, Enrolment.State.CONFIRMED, by=by, now=now, data={"promised": 1})
        enrolment.save(update_fields=["promise_reason", "promised_at", "promised_by"])
        tell_confirmed(enrolment)
        return enrolment


def tell_confirmed(enrolment: Enrolment) -> None:
    """Queue the letter of a firm place, with every session as a calendar file."""
    cohort = enrolment.cohort
    sessions = standing_sessions(cohort).select_related("cohort")
    calendar = sessions_calendar(
        sessions, name=cohort.title, with_join_link=True, left=times_left(enrolment.user)
    )
    queue_draft(
        letters.place_confirmed(enrolment),
        to=enrolment.user,
        dedupe_key=f"enrolment:{enrolment.pk}:confirmed",
        attachments=[Attachment("sessions.ics", CONTENT_TYPE, calendar)],
    )
