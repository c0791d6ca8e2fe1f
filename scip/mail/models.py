"""Letters of the outbox."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# What stands where a subject stood.
FORGOTTEN = "(erased)"


class LetterQuerySet(models.QuerySet["Letter"]):
    def due(self, now: object = None) -> Self:
        """Letters that wait to be sent and whose time has come."""
        return self.filter(sent_at=None, given_up_at=None, due_at__lte=now or timezone.now())


class Letter(models.Model):
    """A letter as it is sent: rendered once, when the act happened.

    ``dedupe_key`` names the occasion; a second letter for the same occasion cannot exist.
    """

    dedupe_key = models.CharField(max_length=200, unique=True)
    to_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="letters"
    )
    to_address = models.EmailField(max_length=254)
    reply_to = models.EmailField(max_length=254, blank=True)
    subject = models.CharField(max_length=250)
    text = models.TextField()
    html = models.TextField(blank=True)
    attachments = models.JSONField(
        default=list, help_text=_("Name, content type and base64 content of each attachment.")
    )
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    is_forgotten_once_sent = models.BooleanField(
        default=False,
        help_text=_("Address and words go as soon as the letter is sent or given up."),
    )

    objects = LetterQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                name="letter_waiting",
                condition=models.Q(sent_at=None, given_up_at=None),
            ),
            models.Index(fields=["to_user", "-id"], name="letter_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to_address}"

    def forget(self) -> list[str]:
        """Wipe address and words, on the instance only; the caller saves these fields. The row
        and its key stay, so that the same occasion is never written about twice."""
        self.to_address = self.reply_to = self.text = self.html = self.last_error = ""
        self.subject = FORGOTTEN
        self.attachments = []
        return ["to_address", "reply_to", "text", "html", "last_error", "subject", "attachments"]
