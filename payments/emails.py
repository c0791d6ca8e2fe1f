"""Letters about money."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.models import Charge, Checkout, CreditNote, DisputeStep, Receipt, Refund
from payments.queries import Balance, balance, edition_in_force
from scip.mail.services import Attachment, Prepared, queue_letter, render_letter


def send_receipt(receipt: Receipt, pdf: bytes) -> None:
    """ "Your payment has arrived", with the receipt attached; once per payment."""
    payment = receipt.payment
    queue_letter(
        "payments/emails/payment_received",
        to=payment.charge.user,
        context=to_statement(payment.charge, payment=payment, receipt=receipt),
        dedupe_key=f"payment-received:{payment.pk}",
        attachments=[Attachment(f"{receipt.label}.pdf", "application/pdf", pdf)],
    )


def send_not_through(checkout: Checkout, charge: Charge) -> None:
    """ "Your payment did not come through", after slow money was on its way; once per checkout."""
    due_cents = balance(charge).due_cents
    to = to_pay if due_cents else to_statement
    queue_letter(
        "payments/emails/payment_not_through",
        to=charge.user,
        context=to(charge, checkout=checkout, due_cents=due_cents),
        dedupe_key=f"payment-not-through:{checkout.pk}",
    )


def send_returning(charge: Charge, refunds: Sequence[Refund]) -> None:
    """ "Your money is on its way back": one letter for all refunds of one act, none for none."""
    if not refunds:
        return
    queue_letter(
        "payments/emails/money_returning",
        to=charge.user,
        context=to_statement(
            charge,
            refunds=refunds,
            amount_cents=sum(refund.amount_cents for refund in refunds),
            currency=refunds[0].currency,
            bank_days=edition_in_force(timezone.now()).bank_return_days,
        ),
        dedupe_key=f"money-returning:{refunds[0].pk}",
    )


def send_credit_note(note: CreditNote, pdf: bytes) -> None:
    """ "Your money was sent back", with the credit note attached; once per refund."""
    refund = note.refund
    queue_letter(
        "payments/emails/money_returned",
        to=refund.charge.user,
        context=to_statement(
            refund.charge,
            refund=refund,
            note=note,
            bank_days=edition_in_force(timezone.now()).bank_return_days,
        ),
        dedupe_key=f"money-returned:{refund.pk}",
        attachments=[Attachment(f"{note.label}.pdf", "application/pdf", pdf)],
    )


def send_undelivered(refund: Refund, note: CreditNote | None) -> None:
    """ "The money did not reach you"; once per refund. ``note`` counts no longer."""
    queue_letter(
        "payments/emails/money_undelivered",
        to=refund.charge.user,
        context=to_statement(refund.charge, refund=refund, note=note),
        dedupe_key=f"money-undelivered:{refund.pk}",
    )


def send_dispute_lost(step: DisputeStep, charge: Charge) -> None:
    """ "Your bank took the money back": what is owed on the ``charge`` that it paid for, and what
    to do; once each time a case is lost."""
    due_cents = balance(charge).due_cents
    to = to_pay if due_cents else to_statement
    queue_letter(
        "payments/emails/dispute_lost",
        to=charge.user,
        context=to(charge, dispute=step.dispute, due_cents=due_cents),
        dedupe_key=f"dispute-lost:{step.pk}",
    )


def send_dispute_over(step: DisputeStep, charge: Charge) -> None:
    """ "The bank let the money stay after all", after a lost case; once each time."""
    standing = balance(charge)
    queue_letter(
        "payments/emails/dispute_over",
        to=charge.user,
        context=to_statement(
            charge,
            dispute=step.dispute,
            due_cents=standing.due_cents,
            to_return_cents=standing.to_return_cents,
        ),
        dedupe_key=f"dispute-over:{step.pk}",
    )


def send_instalments(first: Charge, dues: Sequence[tuple[int, datetime]]) -> None:
    """What was agreed: each instalment's cents and the moment until which it is due."""
    queue_letter(
        "payments/emails/instalments_agreed",
        to=first.user,
        context=to_pay(first, dues=dues),
        dedupe_key=f"instalments-agreed:{first.pk}",
    )


def instalment_letter(kind: str, part: Charge, key: str) -> Prepared:
    """A reminder of one instalment (``instalment_reminder`` before, ``instalment_overdue``
    after its day), rendered and not yet in the outbox; ``part`` comes with its sums."""
    due_cents = Balance.of(part).due_cents
    draft = render_letter(f"payments/emails/{kind}", part.user, to_pay(part, due_cents=due_cents))
    return Prepared(draft, part.user, key)


def to_statement(charge: Charge, **context: Any) -> dict[str, Any]:
    """A letter's context with a button to the person's statement."""
    return {
        "name": charge.user.first_name,
        "charge": charge,
        "button_url": settings.SITE_URL + reverse("payments:list"),
        "button_label": _("See your payments"),
        **context,
    }


def to_pay(charge: Charge, **context: Any) -> dict[str, Any]:
    """A letter's context with a button to the charge's own page."""
    return to_statement(charge, **context) | {
        "button_url": settings.SITE_URL + reverse("payments:pay", args=[charge.pk]),
        "button_label": _("See it and pay"),
    }
