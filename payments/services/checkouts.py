"""Paying online: one checkout under way per charge, followed by asking Stripe.

Stripe is never called inside a transaction; what it said is applied under the lock of the
charge, then of the checkout.
"""

import logging
import uuid
from datetime import UTC, datetime, timedelta

import stripe
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.emails import send_not_through
from payments.gateway import stripe_client
from payments.models import Charge, Checkout, Payment, StripeCustomer
from payments.queries import balance
from payments.services.charges import give_second_chance
from payments.services.settlements import record_payment
from scip.accounts.models import User
from scip.requirements import Refusal
from scip.states import lock, move

logger = logging.getLogger(__name__)

# Stripe allows 30 minutes to 24 hours, counted from when it gets the request.
LIFETIME = timedelta(minutes=60)
# A checkout this close to its end is not handed out any more; one that Stripe has not
# heard of yet needs Stripe's half hour before it.
LAST_CALL = timedelta(minutes=5)
TOO_LATE_TO_OPEN = timedelta(minutes=32)
# Stripe's own booking of the money, with the intent and charge on the way to it.
MONEY = "payment_intent.latest_charge.balance_transaction"
STILL_RUNNING = {"processing", "requires_action", "requires_capture", "succeeded"}


def start_checkout(
    charge: Charge, *, by: User, success_url: str, cancel_url: str, now: datetime | None = None
) -> str:
    """The address of the checkout page for what is still due on a charge.

    Two tabs, a double click and a retry after a crash all get the same checkout: it is
    written down with its idempotency key before Stripe is asked. Raises Refusal when
    somebody else tries to pay, nothing is due, money is on its way, or Stripe is away.
    Call it outside a transaction.
    """
    now = now or timezone.now()
    if by.pk != charge.user_id:
        raise Refusal(_("Only the person whom this charge is for can pay it here."))
    checkout = checkout_for(charge, now=now)
    if not is_usable(checkout, charge, now=now):
        try:
            end_checkout(checkout, now=now)
        except stripe.StripeError:
            logger.exception("Stripe did not end checkout %s", checkout.pk)
            raise Refusal(away()) from None
        checkout = checkout_for(charge, now=now)
        if not is_usable(checkout, charge, now=now):
            raise Refusal(away())
    if checkout.url:
        return checkout.url
    return _open_session(checkout, by=by, success_url=success_url, cancel_url=cancel_url, now=now)


def checkout_for(charge: Charge, *, now: datetime) -> Checkout:
    """The checkout under way, or a new one for what is due; Refusal if nothing is due."""
    with transaction.atomic():
        charge = lock(charge)
        under_way = charge.checkouts.under_way().first()
        standing = balance(charge)
        if charge.cancelled_at is not None:
            raise Refusal(
                _("This charge was cancelled, so nothing is asked of you here. Nothing was taken.")
            )
        if not standing.due_cents:
            raise Refusal(_("This is already paid. Nothing more is due, and nothing was taken."))
        if under_way is not None and under_way.state == Checkout.State.PENDING:
            raise Refusal(
                _(
                    "Your payment is on its way: your bank needs some time for it. "
                    "There is nothing more to do; we write to you when it has arrived."
                )
            )
        if under_way is not None:
            return under_way
        return Checkout.objects.create(
            charge=charge,
            idempotency_key=uuid.uuid4(),
            amount_cents=standing.due_cents,
            currency=charge.currency,
            created_at=now,
            expires_at=now + LIFETIME,
        )


def is_usable(checkout: Checkout, charge: Charge, *, now: datetime) -> bool:
    """Still long enough open, and for the amount that is due now."""
    margin = LAST_CALL if checkout.session_id else TOO_LATE_TO_OPEN
    is_due = checkout.amount_cents == balance(charge).due_cents
    return is_due and checkout.expires_at > now + margin


def away() -> str:
    """What to say when Stripe cannot be reached."""
    return _(
        "The payment page cannot be reached right now. Nothing was taken, and what is "
        "reserved for you stays so. Please try again in a few minutes."
    )


def _open_session(
    checkout: Checkout, *, by: User, success_url: str, cancel_url: str, now: datetime
) -> str:
    try:
        session = stripe_client().v1.checkout.sessions.create(
            {
                "mode": "payment",
                "customer": customer_id(by, checkout),
                "client_reference_id": str(checkout.pk),
                "metadata": metadata(checkout),
                "payment_intent_data": {
                    "metadata": metadata(checkout),
                    "description": checkout.charge.description,
                },
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": checkout.currency.lower(),
                            "unit_amount": checkout.amount_cents,
                            "product_data": {"name": checkout.charge.description},
                        },
                    }
                ],
                "expires_at": int(checkout.expires_at.timestamp()),
                "success_url": success_url,
                "cancel_url": cancel_url,
            },
            {"idempotency_key": str(checkout.idempotency_key)},
        )
    except (stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        # Asking the same again would be refused again: this one is over, the next is new.
        if error.code == "resource_missing":
            # The customer was removed at Stripe, or the keys were changed.
            StripeCustomer.objects.filter(user=by).delete()
        logger.exception("Stripe refused checkout %s", checkout.pk)
        with transaction.atomic():
            move(lock(checkout), Checkout.State.FAILED, by=None)
        raise Refusal(away()) from None
    except stripe.StripeError:
        logger.exception("Stripe did not open checkout %s", checkout.pk)
        raise Refusal(away()) from None
    Checkout.objects.filter(pk=checkout.pk, session_id=None).update(
        session_id=session.id, url=session.url or ""
    )
    follow_session(checkout, session, now=now)
    if not session.url:
        raise Refusal(_("This checkout has ended. Please open the page again to pay."))
    return session.url


def metadata(checkout: Checkout) -> dict[str, str]:
    """What leads from anything at Stripe back to our rows."""
    return {"charge": str(checkout.charge_id), "checkout": str(checkout.pk)}


def customer_id(user: User, checkout: Checkout) -> str:
    """The person's customer at Stripe, made once and reused."""
    known = StripeCustomer.objects.filter(user=user).first()
    if known is not None:
        return known.customer_id
    customer = stripe_client().v1.customers.create(
        {"email": user.email, "name": user.name, "metadata": {"user": str(user.pk)}},
        {"idempotency_key": f"customer-{checkout.idempotency_key}"},
    )
    StripeCustomer.objects.bulk_create(
        [StripeCustomer(user=user, customer_id=customer.id)], ignore_conflicts=True
    )
    return StripeCustomer.objects.get(user=user).customer_id


def ask_stripe(checkout: Checkout, *, now: datetime | None = None) -> Checkout:
    """Ask Stripe how a checkout stands, apply it, and return the checkout as it is now.

    Raises stripe.StripeError when Stripe is away. A checkout that never got a session ends
    with its time; one that Stripe does not know (keys were changed) brings no money.
    """
    now = now or timezone.now()
    if not checkout.session_id:
        if checkout.expires_at <= now:
            with transaction.atomic():
                checkout = lock(checkout)
                if checkout.state == Checkout.State.OPEN and not checkout.session_id:
                    move(checkout, Checkout.State.EXPIRED, by=None)
        return checkout
    try:
        session = stripe_client().v1.checkout.sessions.retrieve(
            checkout.session_id, {"expand": [MONEY]}
        )
    except stripe.InvalidRequestError as error:
        if error.code != "resource_missing":
            raise
        logger.warning("Stripe does not know the session of checkout %s", checkout.pk)
        with transaction.atomic():
            checkout = lock(checkout)
            go(checkout, Checkout.State.FAILED)
        return checkout
    return follow_session(checkout, session, now=now)


def end_checkout(checkout: Checkout, *, now: datetime | None = None) -> Checkout:
    """End a checkout at Stripe, so that nobody pays there any more; then see how it stands.

    If it was paid in the meantime, that is what counts. Raises stripe.StripeError when
    Stripe is away.
    """
    now = now or timezone.now()
    if not checkout.session_id:
        with transaction.atomic():
            checkout = lock(checkout)
            if checkout.state == Checkout.State.OPEN and not checkout.session_id:
                move(checkout, Checkout.State.EXPIRED, by=None)
                return checkout
    try:
        stripe_client().v1.checkout.sessions.expire(checkout.session_id or "")
    except stripe.InvalidRequestError:
        logger.info("Checkout %s had ended or was paid already", checkout.pk)
    return ask_stripe(checkout, now=now)


def follow_session(
    checkout: Checkout, session: stripe.checkout.Session, *, now: datetime
) -> Checkout:
    """Apply how a session stands at Stripe. Idempotent, and in any order: it looks at the
    session as it is, not at what an event said.

    Money is recorded as Stripe counted it, for the day on which Stripe took it in; a difference
    to what was asked, or money on a checkout that had ended, is flagged. Slow money that does
    not come gives more time where little is left, and a letter says so.
    """
    intent = session.payment_intent
    if not isinstance(intent, stripe.PaymentIntent):
        intent = None
    with transaction.atomic():
        charge = lock(checkout.charge)
        checkout = lock(checkout)
        if session.payment_status == "paid" and intent is not None:
            flag = ""
            if checkout.state == Checkout.State.EXPIRED:
                flag = Payment.Flag.AFTER_EXPIRY
            elif intent.amount_received != checkout.amount_cents:
                flag = Payment.Flag.AMOUNT_MISMATCH
            record_payment(
                charge,
                amount_cents=intent.amount_received,
                currency=intent.currency.upper(),
                method=Payment.Method.STRIPE,
                reference=intent.id,
                received_at=received_at(intent, now),
                flag=flag,
                now=now,
            )
            go(checkout, Checkout.State.PAID)
        elif session.status == "expired":
            go(checkout, Checkout.State.EXPIRED)
        elif session.status == "complete":
            is_running = intent is not None and intent.status in STILL_RUNNING
            if is_running:
                go(checkout, Checkout.State.PENDING)
            elif go(checkout, Checkout.State.FAILED):
                # Days later, perhaps: nobody is on the page any more to see it.
                give_second_chance(charge, now=now)
                send_not_through(checkout, charge)
        Checkout.objects.filter(pk=checkout.pk).update(asked_at=now)
    return checkout


def received_at(intent: stripe.PaymentIntent, now: datetime) -> datetime:
    """When Stripe took the money in: its own booking, for slow money days after the visit to
    the checkout; else the charge, else the intent. Never later than ``now``, whatever clocks say.
    """
    charge = getattr(intent, "latest_charge", None)
    booking = getattr(charge, "balance_transaction", None)
    for thing in (booking, charge, intent):
        created = getattr(thing, "created", None)
        if created:
            return min(datetime.fromtimestamp(created, UTC), now)
    return now


def go(checkout: Checkout, to: str) -> bool:
    """Move where the table allows it, and say whether; old news about a checkout that is further
    on is dropped."""
    if to not in checkout.TRANSITIONS.get(checkout.state, frozenset()):
        return False
    move(checkout, to, by=None)
    return True
