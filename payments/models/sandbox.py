"""The practice checkout's own memory: it plays Stripe where no Stripe key is set.

Nothing outside ``payments.sandbox`` reads these tables.
"""

from django.db import models
from django.utils import timezone


class SandboxObject(models.Model):
    """A customer, checkout session, payment intent, refund or dispute, as the API shows it."""

    object_id = models.CharField(max_length=120, primary_key=True)
    kind = models.CharField(max_length=40)
    body = models.JSONField()
    settles_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "sandbox_object"

    def __str__(self) -> str:
        return self.object_id


class SandboxRequest(models.Model):
    """An idempotency key with the answer it got."""

    key = models.CharField(max_length=255, primary_key=True)
    fingerprint = models.CharField(max_length=64)
    answer = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "sandbox_request"

    def __str__(self) -> str:
        return self.key


class SandboxEvent(models.Model):
    """An event that waits to be posted to our own webhook."""

    event_id = models.CharField(max_length=120, primary_key=True)
    body = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sandbox_event"
        indexes = [
            models.Index(
                fields=["due_at"],
                name="sandbox_event_waiting",
                condition=models.Q(delivered_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.event_id
