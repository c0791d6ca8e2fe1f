"""The ledger: charges, what was paid on them, what went back. Amounts are integer cents.

What is paid or due is always derived from the rows, never stored a second time.
"""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scip.accounts.models import Role
from scip.formats import money


class ChargeQuerySet(models.QuerySet["Charge"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(user=user)

    def with_sums(self) -> Self:
        """Annotate ``adjusted_cents``, ``paid_cents`` and ``refunded_cents`` (0 where none).

        Money in another currency than the charge's counts for nothing here: it is on the
        office's look-list instead.
        """

        def total(model: type[models.Model], **same: models.OuterRef) -> models.Func:
            rows = model._default_manager.filter(charge=models.OuterRef("pk"), **same).order_by()
            sums = rows.values("charge").annotate(total=models.Sum("amount_cents")).values("total")
            return models.functions.Coalesce(
                models.Subquery(sums), 0, output_field=models.BigIntegerField()
            )

        return self.annotate(
            adjusted_cents=total(Adjustment),
            paid_cents=total(Payment, currency=models.OuterRef("currency")),
            refunded_cents=total(Refund, currency=models.OuterRef("currency")),
        )

    def needing_a_look(self) -> Self:
        """Charges with money or a settlement that the office has not looked at yet."""
        payments = Payment._default_manager.filter(flagged_at__isnull=False, looked_at=None)
        settlements = Settlement._default_manager.filter(flagged_at__isnull=False, looked_at=None)
        return self.filter(
            Q(pk__in=payments.values("charge_id")) | Q(pk__in=settlements.values("charge_id"))
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
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    cancel_reason = models.CharField(max_length=300, blank=True)

    objects = ChargeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "-id"], name="charge_of_person")]

    def __str__(self) -> str:
        return self.description

    @property
    def reference(self) -> str:
        """What to write on a bank transfer or cheque: ``SCIP-000042``."""
        return f"SCIP-{self.pk:06}"


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
        return f"{self.get_kind_display()} {money(self.amount_cents, self.charge.currency)}"


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
        STRIPE = "stripe", _("online")
        BANK = "bank", _("bank transfer")
        CHEQUE = "cheque", _("cheque")

    class Flag(models.TextChoices):
        """Why the office should look at it."""

        CURRENCY_MISMATCH = "currency_mismatch", _("came in another currency")
        AMOUNT_MISMATCH = "amount_mismatch", _("differs from what was asked")
        OVERPAID = "overpaid", _("more than was owed")
        AFTER_CANCEL = "after_cancel", _("came after the charge was cancelled")
        AFTER_EXPIRY = "after_expiry", _("came after the checkout had ended")
        CANCELLED_AFTER_PAYING = "cancelled_after_paying", _("paid, then cancelled")

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
    flag = models.CharField(max_length=40, choices=Flag, blank=True)
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
        return f"{money(self.amount_cents, self.currency)} ({self.get_method_display()})"


class Refund(models.Model):
    """Money that went back."""

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=120, unique=True)
    refunded_at = models.DateTimeField()
    refunded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="refund_is_something")
        ]

    def __str__(self) -> str:
        return money(self.amount_cents, self.currency)


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
            ),
            models.Index(
                fields=["flagged_at"],
                name="settlement_needs_a_look",
                condition=Q(flagged_at__isnull=False, looked_at=None),
            ),
        ]

    def __str__(self) -> str:
        return str(self.charge)

    @property
    def outcome(self) -> str:
        """In words for the office: the claim's name and flag are codes of the receivers."""
        if self.flag == "place_gone":
            return gettext("the place was gone")
        if self.flag:
            return self.flag.replace("_", " ")
        return (
            gettext("taken note of") if self.claimed_at else gettext("nobody took note of it yet")
        )
