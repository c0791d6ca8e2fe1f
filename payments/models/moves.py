"""Money that follows a person from one charge to the one that takes its place."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.models.ledger import Charge, OfPerson
from scip.formats import money


class MoneyMoveQuerySet(OfPerson["MoneyMove"]):
    OWNER = "from_charge__user"


class MoneyMove(models.Model):
    """Cents that paid for one charge and pay for another one of the same person now.

    A fact like a payment: never changed, never deleted; what has to come back comes back by
    another row the other way. No money arrives or leaves: it stays where it was paid in.

    With ``refund`` it tells that somebody sent the money back in Stripe's dashboard while it paid
    for the later charge: there it counts as money that went back, which asks nobody to pay again.
    """

    from_charge = models.ForeignKey(Charge, models.PROTECT, related_name="moves_out")
    to_charge = models.ForeignKey(Charge, models.PROTECT, related_name="moves_in")
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    refund = models.ForeignKey(
        "payments.Refund",
        models.PROTECT,
        null=True,
        related_name="moves",
        help_text=_(
            "The refund started at Stripe for which money came home, or after which it returned."
        ),
    )
    reason = models.CharField(max_length=300)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = MoneyMoveQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="move_is_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="move_has_reason"),
            models.CheckConstraint(
                condition=~Q(from_charge=F("to_charge")), name="move_leads_elsewhere"
            ),
        ]

    def __str__(self) -> str:
        return money(self.amount_cents, self.currency)

    @property
    def audit_subject(self) -> Any:
        return self.from_charge.user
