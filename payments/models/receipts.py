"""Receipts: numbered without gaps per year, their facts frozen, the document made later."""

from typing import Any, Self

from django.db import models
from django.utils import timezone

from payments.models.ledger import Payment
from scip.accounts.models import Role


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(payment__charge__user=user)


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

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["year", "number"], name="receipt_number_once")
        ]
        indexes = [
            models.Index(
                fields=["issued_at"], name="receipt_to_make", condition=models.Q(made_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """``R-2027-000123``."""
        return f"R-{self.year}-{self.number:06}"
