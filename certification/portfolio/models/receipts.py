"""Receipts for files that were destroyed."""

from typing import Any, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.candidacy.models import Candidacy
from certification.portfolio.models.excerpts import Excerpt
from supervision.models import CaseMaterial


class DeletionReceiptQuerySet(models.QuerySet["DeletionReceipt"]):
    def visible_to(self, user: Any) -> Self:
        """The one whose file it was."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(candidacy__user=user)


class DeletionReceipt(models.Model):
    """One file and its key, gone for good: what kind of file, how large, when and why. Neither its
    title nor its name is kept.

    ``key_fingerprint`` is the SHA-256 of the sealed key that opened the file and nothing else did:
    whoever finds that key in an old backup recognises by it what should not be used any more.
    """

    class Cause(models.TextChoices):
        REMOVED = "removed", _("you removed it")
        OVER = "over", _("the time for which it was kept was over")

    code = models.CharField(max_length=14, unique=True)
    candidacy = models.ForeignKey(Candidacy, models.CASCADE, related_name="deletion_receipts")
    excerpt = models.OneToOneField(
        Excerpt, models.SET_NULL, null=True, blank=True, related_name="receipt"
    )
    material = models.OneToOneField(
        CaseMaterial, models.SET_NULL, null=True, blank=True, related_name="deletion_receipt"
    )
    kind = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()
    handed_in_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(default=timezone.now)
    cause = models.CharField(max_length=10, choices=Cause)
    key_fingerprint = models.CharField(max_length=64)

    objects = DeletionReceiptQuerySet.as_manager()

    class Meta:
        ordering = ["-destroyed_at", "-pk"]

    def __str__(self) -> str:
        return self.code
