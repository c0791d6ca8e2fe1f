"""What a candidate pays a supervisor directly: recorded between the two, never collected here."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supervision.models.agreements import Agreement, AgreementVersion
from supervision.models.sessions import SupervisionSession


class FeeBlockQuerySet(models.QuerySet["FeeBlock"]):
    def visible_to(self, user: Any) -> Self:
        """The pair and the office (`domain.md`: CMSC records, never collects)."""
        return self.filter(agreement__in=Agreement.objects.visible_to(user))


class FeeBlock(models.Model):
    """Sessions of a phase at the agreed rate. A later version of the agreement replaces blocks
    of which nothing is paid. ``sessions`` × the version's rate is the amount, never stored."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="fee_blocks")
    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="+")
    phase = models.CharField(max_length=20, choices=SupervisionSession.Phase)
    sessions = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField(null=True)

    objects = FeeBlockQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "phase"],
                condition=Q(replaced_at=None),
                name="fee_block_one_per_phase",
            )
        ]

    def __str__(self) -> str:
        return f"{self.agreement}: {self.get_phase_display()}"

    @property
    def amount_cents(self) -> int:
        return self.sessions * self.version.rate_cents


class FeePaymentQuerySet(models.QuerySet["FeePayment"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(block__agreement__in=Agreement.objects.visible_to(user))


class FeePayment(models.Model):
    """“Paid”, said by one of the two and confirmed (or not) by the other."""

    block = models.ForeignKey(FeeBlock, models.PROTECT, related_name="payments")
    amount_cents = models.PositiveIntegerField()
    paid_on = models.DateField(_("paid on"))
    note = models.CharField(max_length=300, blank=True)
    said_at = models.DateTimeField(default=timezone.now)
    said_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    denied_at = models.DateTimeField(null=True)
    denied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    denial = models.CharField(max_length=500, blank=True)

    objects = FeePaymentQuerySet.as_manager()

    class Meta:
        ordering = ["paid_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="fee_payment_something"),
            models.CheckConstraint(
                condition=Q(confirmed_at=None) | Q(denied_at=None), name="fee_payment_one_answer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.block}: {self.paid_on}"
