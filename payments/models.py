"""Charges, what was paid on them, and what Stripe told us. Amounts are integer cents.

What is paid or due is always derived from the rows, never stored a second time.
"""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.accounts.models import Role


class ChargeQuerySet(models.QuerySet["Charge"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(user=user)

    def with_sums(self) -> Self:
        """Annotate ``adjusted_cents``, ``paid_cents`` and ``refunded_cents`` (0 where none)."""

        def total(model: type[models.Model]) -> models.Func:
            rows = model._default_manager.filter(charge=models.OuterRef("pk")).order_by()
            sums = rows.values("charge").annotate(total=models.Sum("amount_cents")).values("total")
            return models.functions.Coalesce(
                models.Subquery(sums), 0, output_field=models.BigIntegerField()
            )

        return self.annotate(
            adjusted_cents=total(Adjustment),
            paid_cents=total(Payment),
            refunded_cents=total(Refund),
        )


class Charge(models.Model):
    """Who owes what for which purpose. The amount never changes: adjustments explain."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="charges")
    purpose = models.CharField(max_length=40, help_text=_("For example tuition_level_a."))
    description = models.CharField(max_length=200)
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="USD")
    due_at = models.DateTimeField()
    refund_terms = models.JSONField(
        default=list,
        help_text=_("Frozen at purchase: sentences shown before paying and on the receipt."),
    )
    created_at = models.DateTimeField(default=timezone.now)
    cancelled_at = models.DateTimeField(
        null=True, help_text=_("No longer expected; money that still comes is flagged.")
    )

    objects = ChargeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="charge_of_person")]

    def __str__(self) -> str:
        return self.description


class Adjustment(models.Model):
    """A change of what is owed, with its reason. Negative lowers the amount."""

    class Kind(models.TextChoices):
        AID = "aid", _("aid")
        SCHOLARSHIP = "scholarship", _("scholarship")
        WAIVER = "waiver", _("waiver")
        CORRECTION = "correction", _("correction")

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="adjustments")
    kind = models.CharField(max_length=20, choices=Kind)
    amount_cents = models.IntegerField()
    reason = models.CharField(max_length=300)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount_cents=0), name="adjustment_not_zero"),
            models.CheckConstraint(condition=~Q(reason=""), name="adjustment_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount_cents}"


class Checkout(models.Model):
    """One visit to the checkout. A charge has at most one open at a time."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        PAID = "paid", _("paid")
        FAILED = "failed", _("not paid")
        EXPIRED = "expired", _("expired")

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="checkouts")
    session_id = models.CharField(max_length=120, unique=True, null=True)
    idempotency_key = models.UUIDField(unique=True)
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    url = models.URLField(max_length=2000, blank=True)
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    asked_at = models.DateTimeField(
        null=True, help_text=_("When the reconciler last asked Stripe.")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["charge"], condition=Q(state="open"), name="checkout_one_open_per_charge"
            ),
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0), name="checkout_is_for_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.charge}: {self.get_state_display()}"


class PaymentQuerySet(models.QuerySet["Payment"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(charge__user=user)


class Payment(models.Model):
    """Money that was received: a fact that is never rolled back."""

    class Method(models.TextChoices):
        STRIPE = "stripe", _("card")
        BANK = "bank", _("bank transfer")
        CHEQUE = "cheque", _("cheque")

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="payments")
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=20, choices=Method)
    reference = models.CharField(
        max_length=120, help_text=_("Stripe's payment intent, or the bank's or cheque's reference.")
    )
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    flagged_at = models.DateTimeField(null=True, help_text=_("Needs a look by the office."))
    flag = models.CharField(max_length=40, blank=True)
    looked_at = models.DateTimeField(null=True)
    looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    look_note = models.CharField(max_length=300, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["method", "reference"], name="payment_reference_once"),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="payment_is_something"),
        ]
        indexes = [
            models.Index(
                fields=["flagged_at"],
                name="payment_needs_a_look",
                condition=Q(flagged_at__isnull=False, looked_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount_cents} {self.currency} ({self.get_method_display()})"


class Refund(models.Model):
    """Money that went back."""

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=120, unique=True)
    refunded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="refund_is_something")
        ]

    def __str__(self) -> str:
        return f"{self.amount_cents} {self.currency}"


class Settlement(models.Model):
    """The moment at which nothing more was owed on a charge.

    Committed first, unclaimed; then exactly one receiver of ``charge_settled`` claims it
    in a transaction of its own. What nobody claims goes to the office.
    """

    charge = models.OneToOneField(Charge, models.PROTECT, related_name="settlement")
    settled_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    claimed_as = models.CharField(max_length=60, blank=True)
    flagged_at = models.DateTimeField(null=True)
    flag = models.CharField(max_length=40, blank=True)
    looked_at = models.DateTimeField(null=True)
    looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    look_note = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["settled_at"], name="settlement_unclaimed", condition=Q(claimed_at=None)
            )
        ]

    def __str__(self) -> str:
        return str(self.charge)


class StripeCustomer(models.Model):
    """The person's customer at Stripe, reused for every checkout."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    customer_id = models.CharField(max_length=120, unique=True)

    def __str__(self) -> str:
        return self.customer_id


class StripeEvent(models.Model):
    """What Stripe told us, stored before anything is done about it."""

    event_id = models.CharField(max_length=120, unique=True)
    type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=120, blank=True)
    payload = models.JSONField()
    received_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["received_at"], name="stripe_event_unhandled", condition=Q(handled_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class ReceiptNumber(models.Model):
    """The last receipt number of a year; its row lock keeps the series without gaps."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Receipt(models.Model):
    """A numbered receipt for one payment; its facts are frozen, the PDF made later."""

    payment = models.OneToOneField(Payment, models.PROTECT, related_name="receipt")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    facts = models.JSONField()
    issued_at = models.DateTimeField(default=timezone.now)
    document = models.FileField(upload_to="receipts/%Y/", blank=True)
    made_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["year", "number"], name="receipt_number_once")
        ]
        indexes = [
            models.Index(fields=["issued_at"], name="receipt_to_make", condition=Q(made_at=None))
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """``R-2027-000123``."""
        return f"R-{self.year}-{self.number:06}"
