"""Sending money back: written down first, then sent by Stripe or by hand."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.emails import send_returning
from payments.models import Adjustment, Charge, Dispute, Payment, Refund
from payments.queries import balance
from payments.services.fund import follow_gift
from payments.services.moves import bring_home, lock_with_origins, moved_on
from payments.services.returned import after_done
from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.background import enqueue
from scip.formats import money
from scip.requirements import Refusal
from scip.states import lock, move


@dataclass(frozen=True, slots=True)
class Way:
    """Cents that go back on one payment."""

    payment: Payment
    cents: int


def ways_back(charge: Charge, cents: int) -> list[Way]:
    """How ``cents`` of the charge's currency would go back: newest payment first, the way it
    came, then by the payments of the charges whose place this one took. May add up to less: what
    a bank holds in a dispute is not sent a second time."""
    ways: list[Way] = []
    for payment in charge.payments.filter(currency=charge.currency).order_by("-received_at", "-pk"):
        if not cents:
            break
        part = min(cents, refundable_cents(payment))
        if part > 0:
            ways.append(Way(payment, part))
            cents -= part
    for origin in charge.moved_from.order_by("-pk"):
        found = ways_back(origin, min(cents, moved_on(origin)))
        ways += found
        cents -= sum(way.cents for way in found)
    return ways


def refundable_cents(payment: Payment) -> int:
    """What can still go back on a payment."""
    gone = Q(state__in=Refund.COUNTS)
    back = payment.refunds.filter(gone).aggregate(total=Sum("amount_cents"))["total"] or 0
    stuck = payment.disputes.exclude(state__in=[Dispute.State.WON, Dispute.State.CLOSED])
    held = stuck.aggregate(total=Sum("amount_cents"))["total"] or 0
    return max(payment.amount_cents - back - held, 0)


@transaction.atomic
def request_refund(
    charge: Charge,
    *,
    cents: int,
    by: User | None,
    reason: str,
    is_told: bool = False,
    now: datetime | None = None,
) -> list[Refund]:
    """Have ``cents`` that nobody owes any more sent back; returns one refund per payment.

    ``by`` is None when the terms decide. Raises Refusal when that is more than what was
    received beyond what is owed (give a reason with `return_money` to send more), without a
    reason, or when a bank holds the money in a dispute. Side effects: Stripe is asked after
    commit; transfers and cheques go on the office's list of money to send back; money that came
    with an earlier charge moves home first; one letter tells the person, unless the caller's own
    letter does (``is_told``).
    """
    now = now or timezone.now()
    charge = lock_with_origins(charge)
    most = balance(charge).to_return_cents
    if not 0 < cents <= most:
        raise Refusal(
            _("At most {most} can go back here: the rest is owed.").format(
                most=money(most, charge.currency)
            )
        )
    if not reason.strip():
        raise Refusal(_("Please write why the money goes back; it stays on record."))
    ways = ways_back(charge, cents)
    if sum(way.cents for way in ways) < cents:
        raise Refusal(
            _("A bank holds this money in a dispute. It can go back once that is decided.")
        )
    refunds = [_write_down(charge, way, by=by, reason=reason, now=now) for way in ways]
    if not is_told:
        send_returning(charge, refunds)
    return refunds


def _write_down(charge: Charge, way: Way, *, by: User | None, reason: str, now: datetime) -> Refund:
    is_online = way.payment.method == Payment.Method.STRIPE
    paid_for = way.payment.charge
    if paid_for != charge:
        bring_home(paid_for, charge, cents=way.cents, by=by, reason=reason, now=now)
    refund = Refund.objects.create(
        charge=paid_for,
        payment=way.payment,
        amount_cents=way.cents,
        currency=way.payment.currency,
        reason=reason.strip()[:300],
        idempotency_key=uuid.uuid4() if is_online else None,
        requested_at=now,
        requested_by=by,
    )
    record(
        "refund.requested",
        refund,
        by=by,
        subject=charge.user,
        charge=paid_for.pk,
        amount_cents=way.cents,
        currency=refund.currency,
        reason=fingerprint(reason),
    )
    if is_online:
        enqueue("payments.send_refund", refund.pk)
    return refund


@transaction.atomic
def return_money(
    charge: Charge, *, cents: int, by: User, reason: str, now: datetime | None = None
) -> list[Refund]:
    """The office sends more back than the terms say: what is owed sinks by a correction with
    the same reason, and a gift to the aid fund first. Raises Refusal as `request_refund` does,
    beyond what was received, while something is still due, or while less is here than is owed (sent
    back in Stripe's dashboard: that has its own correction and reason)."""
    now = now or timezone.now()
    charge = lock_with_origins(charge)
    standing = balance(charge)
    if not 0 < cents <= standing.held_cents:
        raise Refusal(
            _("Please give an amount of at most {held}: that much is here.").format(
                held=money(standing.held_cents, charge.currency)
            )
        )
    if not reason.strip():
        raise Refusal(_("Please write why the money goes back; it stays on record."))
    if standing.due_cents:
        raise Refusal(
            _(
                "{due} is still due here, so what came is owed. Waive the rest or cancel the "
                "charge first; then it can go back."
            ).format(due=money(standing.due_cents, charge.currency))
        )
    if standing.held_cents < standing.owed_cents:
        raise Refusal(
            _(
                "{gap} of what is owed here went back before, or a bank took it. Correct what is "
                "owed by that first, with its reason; then more can go back."
            ).format(gap=money(standing.owed_cents - standing.held_cents, charge.currency))
        )
    beyond = cents - standing.to_return_cents
    if beyond > 0:
        Adjustment.objects.create(
            charge=charge,
            kind=Adjustment.Kind.CORRECTION,
            amount_cents=-beyond,
            reason=reason.strip()[:300],
            author=by,
            created_at=now,
        )
        follow_gift(charge, cents=beyond, by=by, reason=reason, now=now)
    return request_refund(charge, cents=cents, by=by, reason=reason, now=now)


@transaction.atomic
def record_returned(
    refund: Refund, *, reference: str, by: User, now: datetime | None = None
) -> Refund:
    """The office has sent a transfer or cheque back; ``reference`` is the bank's.

    Raises Refusal without a reference or with one that is on record, ValueError for money
    that Stripe sends. A second click changes nothing. Side effects: a numbered credit note,
    made and sent with a letter by a worker.
    """
    now = now or timezone.now()
    lock(refund.charge)
    refund = lock(refund)
    if refund.payment.method == Payment.Method.STRIPE:
        raise ValueError("Stripe sends this one back.")
    if refund.state == Refund.State.DONE:
        return refund
    reference = " ".join(reference.split())[:120]
    if not reference:
        raise Refusal(_("Please give the reference of the transfer or the cheque's number."))
    if Refund.objects.filter(reference=reference).exists():
        raise Refusal(_("A refund with this reference is on record already."))
    refund.reference = reference
    refund.save(update_fields=["reference"])
    move(refund, Refund.State.DONE, by=by, now=now)
    after_done(refund, now=now)
    return refund


@transaction.atomic
def call_off_refund(
    refund: Refund, *, by: User, reason: str, now: datetime | None = None
) -> Refund:
    """Do not send a refund that was written down and not sent yet. Raises Refusal when Stripe
    may have been asked already, or without a reason."""
    now = now or timezone.now()
    lock(refund.charge)
    refund = lock(refund)
    if not reason.strip():
        raise Refusal(_("Please write why the money stays; it stays on record."))
    if refund.payment.method == Payment.Method.STRIPE and refund.state != Refund.State.CANCELLED:
        raise Refusal(_("Stripe has been asked to send this one back; it cannot be called off."))
    move(refund, Refund.State.CANCELLED, by=by, now=now, data={"reason": fingerprint(reason)})
    return refund
