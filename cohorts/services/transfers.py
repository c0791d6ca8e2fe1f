"""Exchanging a place for one in another cohort or group: asked for, decided, done at once.

Order of locks: both cohorts by number, then application, offer, enrolment and charges of the old
place (see `places`), the wish last.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.emails import transfers as letters
from cohorts.models import (
    AbsenceException,
    Application,
    Attendance,
    Cohort,
    Enrolment,
    Offer,
    Session,
    Transfer,
)
from cohorts.permissions import refuse_own
from cohorts.queries.admission import tuition_terms
from cohorts.queries.transfers import Exchange, exchange_with
from cohorts.requirements.transfers import Carried
from cohorts.services.cancellation import HeldPlace, lock_place
from cohorts.services.grants import return_grant
from cohorts.services.offers import offer_next
from cohorts.services.places import free_place, take_seat
from payments.models import Charge
from payments.services import Transferral, balance, open_charge, pass_on_reliefs, replace_charge
from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.formats import money
from scip.requirements import Refusal
from scip.states import lock, move

State = Transfer.State
# What the person wrote for the old cohort, which the new application takes over.
WORDS = ("motivation", "practice", "experience", "needs", "attends_live")


class ExchangeChanged(Refusal):
    """The amounts are no longer what was shown; nothing was done."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The amounts have changed since this page was opened. Nothing was moved; "
                "please look again."
            )
        )


def request_transfer(
    enrolment: Enrolment,
    target: Cohort,
    *,
    reason: str,
    by: User,
    now: datetime | None = None,
) -> Transfer:
    """Ask to move to ``target``; the office decides. ``reason`` is for the office alone.

    ``by`` is the person, or somebody of the office who begins it for them. The same wish again
    changes nothing. Raises Refusal without a reason, while another wish is open, or for what
    stands in the way there (its findings).
    """
    now = now or timezone.now()
    if not reason.strip():
        raise Refusal(_("A sentence about why is enough; only the office reads it."))
    with transaction.atomic():
        enrolment = lock(enrolment)
        is_own = by.pk == enrolment.user_id
        if not is_own:
            refuse_own(enrolment.application, by)
        open_wish = Transfer.objects.filter(enrolment=enrolment, state=State.REQUESTED).first()
        if open_wish is not None and open_wish.target_id == target.pk:
            return open_wish
        if open_wish is not None:
            raise Refusal(
                _("You have asked for another one already. Take that back first, then ask anew.")
            )
        plan = possible(enrolment, target, by=by, now=now)
        transfer = Transfer.objects.create(
            enrolment=enrolment,
            target=target,
            kind=plan.kind,
            reason=reason.strip(),
            requested_at=now,
            requested_by=by,
        )
        record(
            "transfer.requested",
            transfer,
            by=by,
            subject=enrolment.user,
            target=target.pk,
            kind=plan.kind,
            reason=fingerprint(reason),
        )
        return transfer


def possible(enrolment: Enrolment, target: Cohort, *, by: User, now: datetime) -> Exchange:
    """What the exchange means now; Refusal with the findings where something stands in its way."""
    plan = exchange_with(enrolment, target, by=by, now=now)
    if plan is None:
        raise Refusal(_("One cannot move there. Nothing was changed."))
    if plan.holding_up:
        first = plan.holding_up[0]
        raise Refusal(
            _("This move is not possible now: {why} Nothing was changed.").format(
                why=first.found or first.title
            ),
            plan.holding_up,
        )
    return plan


def withdraw_transfer(transfer: Transfer, *, by: User, now: datetime | None = None) -> Transfer:
    """The person takes the wish back. A second click changes nothing; IllegalMove once decided."""
    with transaction.atomic():
        transfer = lock(transfer)
        if transfer.state != State.WITHDRAWN:
            move(transfer, State.WITHDRAWN, by=by, now=now)
        return transfer


def decline_transfer(
    transfer: Transfer, *, reason: str, by: User, now: datetime | None = None
) -> Transfer:
    """The office cannot make it possible; ``reason`` is what the person reads. Letter."""
    if not reason.strip():
        raise Refusal(_("Please write a few kind words about why; the person reads them."))
    with transaction.atomic():
        transfer = lock(transfer)
        refuse_own(transfer.enrolment.application, by)
        transfer.decline_reason = reason.strip()
        transfer.save(update_fields=["decline_reason"])
        move(transfer, State.DECLINED, by=by, now=now)
        letters.queue_declined(transfer)
        return transfer


def carry_out_transfer(
    transfer: Transfer,
    *,
    by: User,
    expected_due_cents: int,
    expected_back_cents: int,
    now: datetime | None = None,
) -> Transfer:
    """The office makes the exchange: seat, money, marks, and the old place ends.

    The expected cents are what was shown; ExchangeChanged if they differ by now. A second click
    changes nothing. Raises Refusal for one's own place or for what stands in the way, IllegalMove
    for a wish that was taken back. Whoever was confirmed stays confirmed, with the office's word
    for what is still due. Side effects: refunds through the payments they came by, the seat is
    offered on, letters to the person and to facilitators of groups that have begun.
    """
    now = now or timezone.now()
    with transaction.atomic():
        old, target = lock_both(transfer)
        transfer = lock(transfer)
        if transfer.state == State.DONE:
            return transfer
        refuse_own(old.application, by)
        plan = possible(old.enrolment, target, by=by, now=now)
        if (plan.money.due_cents, plan.money.back_cents) != (
            expected_due_cents,
            expected_back_cents,
        ):
            raise ExchangeChanged
        arrival, done = exchange(old, target, plan, by=by, now=now)
        transfer.arrival = arrival
        transfer.save(update_fields=["arrival"])
        move(transfer, State.DONE, by=by, now=now, data={"arrival": arrival.pk})
        letters.queue_done(transfer, plan, done, now=now)
        offer_next(old.cohort, now=now)
        return transfer


def lock_both(transfer: Transfer) -> tuple[HeldPlace, Cohort]:
    """The old place and the cohort to move to, fresh and locked in their order."""
    enrolment = Enrolment.objects.select_related("cohort", "application", "offer").get(
        pk=transfer.enrolment_id
    )
    cohorts = {pk: lock(Cohort(pk=pk)) for pk in sorted({enrolment.cohort_id, transfer.target_id})}
    return lock_place(enrolment), cohorts[transfer.target_id]


def exchange(
    old: HeldPlace, target: Cohort, plan: Exchange, *, by: User, now: datetime
) -> tuple[Enrolment, Transferral]:
    """End the old place and open the new one with its seat, price, money and marks."""
    was_confirmed = old.enrolment.state == Enrolment.State.CONFIRMED
    reason = _("Moved from {old} to {new}").format(old=old.cohort.title, new=target.title)
    application = admit(old, target, plan, by=by, now=now)
    offer = hold(application, plan, by=by, now=now)
    reliefs = pass_on_reliefs(
        old.charge, price_cents=plan.tier.amount_cents, by=by, reason=reason, now=now
    )
    charge = open_charge(
        application.user,
        purpose=f"tuition_level_{target.level.lower()}",
        description=_("Tuition, {cohort}").format(cohort=target.title)[:200],
        amount_cents=offer.list_cents,
        currency=offer.currency,
        due_at=now + timedelta(hours=target.payment_hours),
        refund_terms=tuition_terms(target),
        gift_cents=offer.gift_cents,
        adjustments=reliefs,
        now=now,
    )
    done = replace_charge(old.charge, charge, by=by, reason=reason, now=now)
    arrival = settle_in(application, offer, charge, was_confirmed, old, by=by, now=now)
    carry_marks(old.enrolment, arrival, plan.carried, by=by, now=now)
    leave(old, by=by, now=now)
    return arrival, done


def admit(
    old: HeldPlace, target: Cohort, plan: Exchange, *, by: User, now: datetime
) -> Application:
    """An application for the new cohort with the words of the old one, accepted, with its seat."""
    steps = Application.State
    application = Application.objects.create(
        user=old.application.user,
        cohort=target,
        tier=plan.tier.kind,
        created_at=now,
        submitted_at=old.application.submitted_at,
        **{name: getattr(old.application, name) for name in WORDS},
    )
    for state in (steps.SUBMITTED, steps.OFFERED):
        move(application, state, by=by, now=now)
    if take_seat(application, target, by=by, now=now) is None:
        raise Refusal(_("The last place there was taken just now. Nothing was changed."))
    move(application, steps.ACCEPTED, by=by, now=now)
    return application


def hold(application: Application, plan: Exchange, *, by: User, now: datetime) -> Offer:
    """The price of the new place, as an offer that is accepted."""
    offer = Offer.objects.create(
        application=application,
        tier=plan.tier.kind,
        list_cents=plan.tier.amount_cents,
        aid_cents=plan.relief_cents,
        gift_cents=plan.gift_cents,
        currency=plan.tier.currency,
        made_at=now,
        made_by=by,
        expires_at=now,
    )
    move(offer, Offer.State.ACCEPTED, by=by, now=now)
    return offer


def settle_in(
    application: Application,
    offer: Offer,
    charge: Charge,
    was_confirmed: bool,
    old: HeldPlace,
    *,
    by: User,
    now: datetime,
) -> Enrolment:
    """The new place: confirmed if the old one was, or if nothing is due."""
    arrival = Enrolment(
        user=application.user,
        cohort=application.cohort,
        application=application,
        offer=offer,
        charge=charge,
        created_at=now,
        pay_by=charge.due_at,
    )
    standing = balance(charge)
    if was_confirmed and not standing.is_settled:
        arrival.promised_at, arrival.promised_by = now, by
        arrival.promise_reason = _("Confirmed in {cohort}; {due} is still due here.").format(
            cohort=old.cohort.title, due=money(standing.due_cents, charge.currency)
        )[:300]
    arrival.save()
    if was_confirmed or standing.is_settled:
        move(arrival, Enrolment.State.CONFIRMED, by=by, now=now)
    return arrival


def leave(old: HeldPlace, *, by: User, now: datetime) -> None:
    """End the old place; its seat is free, its aid has moved on. The caller offers the seat on."""
    move(old.enrolment, Enrolment.State.WITHDRAWN, by=by, now=now)
    move(old.application, Application.State.WITHDRAWN, by=by, now=now)
    return_grant(old.application, by=by, now=now)
    free_place(old.application, by=by)


def carry_marks(
    enrolment: Enrolment,
    arrival: Enrolment,
    carried: tuple[Carried, ...],
    *,
    by: User,
    now: datetime,
) -> None:
    """Write what the sessions that have begun there count as: marks that came along name the one
    they come from; where nothing came the person was absent. Accepted exceptions come along."""
    sessions = {row.number: row for row in Session.objects.filter(cohort=arrival.cohort_id)}
    marks = {
        row.session.number: row
        for row in Attendance.objects.filter(enrolment=enrolment).select_related("session")
    }
    rows = []
    for item in carried:
        mark = marks.get(item.number) if item.origin is not None else None
        rows.append(
            Attendance(
                enrolment=arrival,
                session=sessions[item.number],
                mark=mark.mark if mark else Attendance.Mark.ABSENT,
                late_minutes=mark.late_minutes if mark else 0,
                early_minutes=mark.early_minutes if mark else 0,
                marked_at=now,
                marked_by=mark.marked_by if mark else by,
                carried_from=mark,
            )
        )
    Attendance.objects.bulk_create(rows)
    for item in carried:
        if item.is_excepted:
            carry_exception(enrolment, arrival, sessions[item.number], by=by, now=now)


def carry_exception(
    enrolment: Enrolment, arrival: Enrolment, session: Session, *, by: User, now: datetime
) -> None:
    """An accepted exception of the old place, for the session with the same number."""
    accepted = AbsenceException.objects.filter(
        enrolment=enrolment, session__number=session.number, state=AbsenceException.State.ACCEPTED
    ).first()
    if accepted is None:
        return
    copy = AbsenceException.objects.create(
        enrolment=arrival,
        session=session,
        reason=accepted.reason,
        requested_at=accepted.requested_at,
        decision_reason=_("Counted in {cohort}: {reason}").format(
            cohort=enrolment.cohort.title, reason=accepted.decision_reason
        )[:1500],
    )
    move(copy, AbsenceException.State.ACCEPTED, by=by, now=now)
