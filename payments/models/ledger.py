"""The ledger: charges, what explains them, what was paid. Amounts are integer cents.

What is paid or due is always derived from the rows, never stored a second time. The rows are
append-only: triggers refuse to change or delete what was booked (docs/decisions/0009).
"""

from functools import cache
from typing import Any, Self

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.refund_terms import RefundTerms
from scip.accounts.models import Role
from scip.formats import money


class OfPerson[M: models.Model](models.QuerySet[M]):
    """Rows that belong to a person; ``OWNER`` is the way to them."""

    OWNER = "user"

    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(**{self.OWNER: user})


class ForTheOffice(models.Model):
    """A row that the office may have to look at: why, since when, who looked, what was done."""

    flag = models.CharField(max_length=40, blank=True)
    flagged_at = models.DateTimeField(null=True, help_text=_("Needs a look by the office."))
    looked_at = models.DateTimeField(null=True)
    looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    look_note = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True

    WAITS = Q(flagged_at__isnull=False, looked_at=None)


@cache
def _sums() -> dict[str, models.expressions.Combinable]:
    """The expressions of `ChargeQuerySet.with_sums`, made once: every query resolves copies of
    them, and making them took longer than asking."""
    refund, dispute, moves = (
        apps.get_model("payments", name) for name in ("Refund", "Dispute", "MoneyMove")
    )

    def total(
        model: type[models.Model], condition: Q | None = None, by: str = "charge"
    ) -> models.Func:
        rows = model._default_manager.filter(condition or Q(), **{by: models.OuterRef("pk")})
        sums = rows.order_by().values(by).annotate(total=models.Sum("amount_cents")).values("total")
        return models.functions.Coalesce(
            models.Subquery(sums), 0, output_field=models.BigIntegerField()
        )

    def came(condition: Q) -> models.expressions.CombinedExpression:
        return total(moves, condition, by="to_charge") - total(moves, condition, by="from_charge")

    same = Q(currency=models.OuterRef("currency"))
    return {
        "adjusted_cents": total(Adjustment),
        "paid_cents": total(Payment, same),
        "moved_cents": came(Q(refund=None)),
        "refunded_cents": total(refund, same & Q(state__in=refund.COUNTS))
        - came(Q(refund__isnull=False)),
        "lost_cents": total(dispute, same & Q(state=dispute.State.LOST)),
    }


class ChargeQuerySet(OfPerson["Charge"]):
    def with_sums(self) -> Self:
        """Annotate ``adjusted_cents``, ``paid_cents``, ``moved_cents``, ``refunded_cents`` and
        ``lost_cents``.

        ``refunded_cents`` is what went back or is on its way back; ``lost_cents`` what a bank
        took back for good in a dispute, ``moved_cents`` what came from other charges of the
        person, less what moved on. What moved home because Stripe's dashboard sent it back counts
        as refunded where it was, and asks nobody to pay again. Money in another currency than the
        charge's counts for nothing here: it is on the office's look-list instead.
        """
        return self.annotate(**_sums())

    def undivided(self) -> Self:
        """Charges on which instalments can still be agreed, as long as something is owed: none
        are, and no money came, moved here or is on its way."""
        payment, move, checkout = (
            apps.get_model("payments", name)._default_manager
            for name in ("Payment", "MoneyMove", "Checkout")
        )
        of_charge = {"charge": models.OuterRef("pk")}
        pending = checkout.filter(state="pending", **of_charge)
        return self.filter(
            ~models.Exists(payment.filter(**of_charge)),
            ~models.Exists(move.filter(to_charge=models.OuterRef("pk"))),
            ~models.Exists(pending),
            ~models.Exists(Charge.objects.filter(part_of=models.OuterRef("pk"))),
            part_of=None,
            cancelled_at=None,
        )

    def needing_a_look(self) -> Self:
        """Charges with something that the office has not looked at yet."""
        found = Q()
        for name in ("Payment", "Settlement", "Refund", "Dispute"):
            rows = apps.get_model("payments", name)._default_manager
            found |= Q(pk__in=rows.filter(ForTheOffice.WAITS).values("charge_id"))
        return self.filter(found)


class Charge(models.Model):
    """Who owes what for which purpose. The amount never changes: adjustments explain.

    An instalment is a charge of its own, ``part_of`` the first one, from which an adjustment
    moved its amount: the total of a purpose stays the sum of its rows.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="charges")
    purpose = models.CharField(max_length=40, help_text=_("For example tuition_level_a."))
    description = models.CharField(max_length=200)
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="USD")
    gift_cents = models.PositiveIntegerField(
        default=0, help_text=_("The part that goes on to the aid fund (Lend a Hand).")
    )
    due_at = models.DateTimeField()
    refund_terms = models.JSONField(
        default=list,
        help_text=_("Frozen at purchase: sentences shown before paying and on the receipt."),
    )
    refund_steps = models.JSONField(
        default=list,
        help_text=_("The same terms as moments and percentages; empty: nothing comes back."),
    )
    part_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="later_parts")
    part_number = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    cancelled_at = models.DateTimeField(
        null=True, help_text=_("No longer expected; money that still comes is flagged.")
    )
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    cancel_reason = models.CharField(max_length=300, blank=True)
    moved_to = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="moved_from",
        help_text=_("The charge that took its place; money follows there."),
    )

    objects = ChargeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(gift_cents__lte=F("amount_cents")), name="charge_gift_within_amount"
            ),
            models.CheckConstraint(
                condition=Q(part_of=None, part_number=None)
                | Q(part_of__isnull=False, part_number__in=[2, 3]),
                name="charge_part_has_number",
            ),
            models.UniqueConstraint(fields=["part_of", "part_number"], name="charge_part_once"),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="charge_of_person"),
            models.Index(fields=["due_at"], name="charge_expected", condition=Q(cancelled_at=None)),
        ]

    def __str__(self) -> str:
        return self.description

    @property
    def terms(self) -> RefundTerms:
        """The refund terms as they were frozen."""
        return RefundTerms.thawed(self.refund_terms, self.refund_steps)

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
        INSTALMENTS = "instalments", _("moved to later instalments")
        CANCELLATION = "cancellation", _("cancelled")
        MOVED = "moved", _("asked for elsewhere now")

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="adjustments")
    kind = models.CharField(max_length=20, choices=Kind)
    amount_cents = models.IntegerField()
    reason = models.CharField(max_length=300)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    grant = models.OneToOneField(
        "payments.FundEntry",
        models.PROTECT,
        null=True,
        related_name="adjustment",
        help_text=_("What the aid fund gives for it."),
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount_cents=0), name="adjustment_not_zero"),
            models.CheckConstraint(condition=~Q(reason=""), name="adjustment_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {money(self.amount_cents, self.charge.currency)}"


class PaymentQuerySet(OfPerson["Payment"]):
    OWNER = "charge__user"


class Payment(ForTheOffice):
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
    flag = models.CharField(max_length=40, choices=Flag, blank=True)

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


class SettlementQuerySet(OfPerson["Settlement"]):
    OWNER = "charge__user"


class Settlement(ForTheOffice):
    """The moment at which nothing more was owed on a charge.

    Committed first, unclaimed; then exactly one receiver of ``charge_settled`` claims it
    in a transaction of its own. What nobody claims goes to the office.
    """

    charge = models.OneToOneField(Charge, models.PROTECT, related_name="settlement")
    settled_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    claimed_as = models.CharField(max_length=60, blank=True)

    objects = SettlementQuerySet.as_manager()

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
