"""The aid fund: what people give for others' places, and what was given from it."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.accounts.models import Role
from scip.formats import money


class AidFund(models.Model):
    """One fund per currency. Its row lock lets two grants share the last money fairly;
    what it holds is the sum of its entries."""

    currency = models.CharField(max_length=3, primary_key=True)

    def __str__(self) -> str:
        return self.currency


class FundEntryQuerySet(models.QuerySet["FundEntry"]):
    def visible_to(self, user: Any) -> Self:
        """The office and the people who decide on aid."""
        if user.is_authenticated and (user.has_role(Role.STAFF) or user.has_role(Role.AID)):
            return self
        return self.none()


class FundEntry(models.Model):
    """One movement of an aid fund; positive cents come in. Never changed: reversed by another."""

    class Kind(models.TextChoices):
        SURPLUS = "surplus", _("Lend a Hand")
        GIFT = "gift", _("gift")
        GRANT = "grant", _("aid granted")
        SURPLUS_BACK = "surplus_back", _("Lend a Hand, paid back")
        GRANT_BACK = "grant_back", _("aid not used")
        SURPLUS_LOST = "surplus_lost", _("Lend a Hand, taken back by a bank")
        SURPLUS_AGAIN = "surplus_again", _("Lend a Hand, here again")

    fund = models.ForeignKey(AidFund, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=20, choices=Kind)
    amount_cents = models.IntegerField()
    charge = models.ForeignKey(
        "payments.Charge", models.PROTECT, null=True, related_name="fund_entries"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("Whose place it helps, or who gave it."),
    )
    reverses = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = FundEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("movement of the aid fund")
        verbose_name_plural = _("aid fund")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=["surplus", "gift", "grant_back", "surplus_again"], amount_cents__gt=0
                )
                | Q(kind__in=["grant", "surplus_back", "surplus_lost"], amount_cents__lt=0),
                name="fund_entry_has_its_sign",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["grant_back", "surplus_back", "surplus_lost", "surplus_again"],
                    reverses__isnull=False,
                )
                | Q(kind__in=["surplus", "gift", "grant"], reverses=None),
                name="fund_entry_reverses_something",
            ),
            models.CheckConstraint(
                condition=~Q(kind="surplus") | Q(charge__isnull=False), name="surplus_has_charge"
            ),
            models.UniqueConstraint(
                fields=["charge"], condition=Q(kind="surplus"), name="surplus_once_per_charge"
            ),
            # A gift may be paid back bit by bit, as what is owed is corrected; a grant is not.
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(kind="grant_back"), name="grant_back_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="fund_entry_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {money(self.amount_cents, self.fund_id)}"
