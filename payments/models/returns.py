"""Money that goes back: refunds, and disputes in which a bank takes it back."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.models.ledger import Charge, ForTheOffice, OfPerson, Payment
from scip.formats import money
from scip.states import Stateful


class RefundQuerySet(OfPerson["Refund"]):
    OWNER = "charge__user"

    def by_hand(self) -> Self:
        """What the office has to send back itself: transfers and cheques."""
        return self.filter(state=Refund.State.REQUESTED).exclude(
            payment__method=Payment.Method.STRIPE
        )


class Refund(Stateful, ForTheOffice):
    """Money that goes back on one payment: by Stripe for online payments, else by hand.

    Written down with its idempotency key before Stripe is asked, so that nothing goes back
    twice. One that was started on Stripe's side is imported with its reference.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("to be sent")
        SENT = "sent", _("on its way")
        DONE = "done", _("sent back")
        FAILED = "failed", _("did not arrive")
        CANCELLED = "cancelled", _("called off")

    class Flag(models.TextChoices):
        FAILED = "failed", _("did not arrive")
        FOREIGN = "foreign", _("started on Stripe's side")

    TRANSITIONS = {
        State.REQUESTED: frozenset({State.SENT, State.DONE, State.FAILED, State.CANCELLED}),
        State.SENT: frozenset({State.DONE, State.FAILED, State.CANCELLED}),
        # Stripe tells days later that the payer's bank did not take it.
        State.DONE: frozenset({State.FAILED}),
    }
    # What went back or is on its way: never to be sent again.
    COUNTS = (State.REQUESTED, State.SENT, State.DONE)

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=20, choices=State, default=State.REQUESTED)
    flag = models.CharField(max_length=40, choices=Flag, blank=True)
    idempotency_key = models.UUIDField(unique=True, null=True)
    reference = models.CharField(
        max_length=120,
        unique=True,
        null=True,
        help_text=_("Stripe's refund, or the reference of the transfer or cheque."),
    )
    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    sent_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=120, blank=True, help_text=_("In Stripe's words."))
    cancelled_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True, help_text=_("When Stripe was last asked."))

    objects = RefundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="refund_is_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="refund_has_reason"),
        ]
        indexes = [
            models.Index(
                fields=["requested_at"],
                name="refund_under_way",
                condition=Q(state__in=["requested", "sent"]),
            ),
            models.Index(
                fields=["flagged_at"],
                name="refund_needs_a_look",
                condition=Q(flagged_at__isnull=False, looked_at=None),
            ),
        ]

    def __str__(self) -> str:
        return money(self.amount_cents, self.currency)

    @property
    def is_foreign(self) -> bool:
        """Started on Stripe's side: whatever is sent from here has a key or is sent by hand."""
        return self.payment.method == Payment.Method.STRIPE and self.idempotency_key is None

    @property
    def audit_subject(self) -> Any:
        return self.charge.user


class DisputeQuerySet(OfPerson["Dispute"]):
    OWNER = "charge__user"


class Dispute(Stateful, ForTheOffice):
    """The payer's bank asks for a payment back. Stripe holds the money until it is decided."""

    class State(models.TextChoices):
        INQUIRY = "inquiry", _("a question, nothing taken yet")
        OPEN = "open", _("open")
        WON = "won", _("won")
        LOST = "lost", _("lost")
        CLOSED = "closed", _("closed without money")

    TRANSITIONS = {
        State.INQUIRY: frozenset({State.OPEN, State.WON, State.LOST, State.CLOSED}),
        State.OPEN: frozenset({State.WON, State.LOST, State.CLOSED}),
        # Card networks reopen cases, and a lost one may be decided anew.
        State.WON: frozenset({State.OPEN, State.LOST}),
        State.LOST: frozenset({State.WON}),
        State.CLOSED: frozenset({State.OPEN, State.LOST}),
    }
    FIRST_STAMPS = frozenset({"open_at"})
    # Nothing of it goes back to the payer meanwhile: the bank may give it back itself.
    UNDECIDED = (State.INQUIRY, State.OPEN)

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="disputes")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes")
    reference = models.CharField(max_length=120, unique=True, help_text=_("Stripe's dispute."))
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=60, blank=True, help_text=_("In Stripe's words."))
    answer_by = models.DateTimeField(null=True, help_text=_("Stripe's deadline for evidence."))
    state = models.CharField(max_length=20, choices=State, default=State.INQUIRY)
    opened_at = models.DateTimeField(default=timezone.now)
    open_at = models.DateTimeField(null=True, help_text=_("When the money was taken."))
    won_at = models.DateTimeField(null=True)
    lost_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True, help_text=_("When Stripe was last asked."))

    objects = DisputeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="dispute_is_something")
        ]
        indexes = [
            models.Index(
                fields=["flagged_at"],
                name="dispute_needs_a_look",
                condition=Q(flagged_at__isnull=False, looked_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{money(self.amount_cents, self.currency)}: {self.get_state_display()}"

    @property
    def audit_subject(self) -> Any:
        return self.charge.user


class DisputeStep(models.Model):
    """One change of where disputed money is, in the order in which it happened. A fact: a case
    that is decided a second time adds a step, and every earlier one stays in the books."""

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="steps")
    before = models.CharField(max_length=20, choices=Dispute.State)
    after = models.CharField(max_length=20, choices=Dispute.State)
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    happened_at = models.DateTimeField(help_text=_("When money moved, as Stripe says."))
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(before=models.F("after")), name="dispute_step_leads_on"
            ),
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0), name="dispute_step_is_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_before_display()} → {self.get_after_display()}"
