"""Three kinds of words: feedback for both, a journal for oneself, notes for oneself."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from supervision.models.agreements import Agreement
from supervision.models.sessions import SupervisionSession


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def visible_to(self, user: Any) -> Self:
        """The two people."""
        return self.filter(agreement__in=Agreement.objects.of_pair(user))


class Feedback(models.Model):
    """What the supervisor says and the candidate reads. Rows are added; the latest of a session
    is shown first."""

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="feedback")
    session = models.ForeignKey(
        SupervisionSession, models.CASCADE, null=True, blank=True, related_name="feedback"
    )
    text = models.TextField(_("feedback for the candidate"), max_length=6000)
    given_at = models.DateTimeField(default=timezone.now)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        ordering = ["-given_at", "-pk"]
        verbose_name_plural = _("feedback")

    def __str__(self) -> str:
        return f"{self.agreement}, {self.given_at:%Y-%m-%d}"


class OwnWordsQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """The author alone: not the other person, not the office, in nobody else's export."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(author=user)


class JournalEntry(models.Model):
    """The candidate's own journal."""

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="supervision_journal"
    )
    session = models.ForeignKey(
        SupervisionSession, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    text = models.TextField(_("for yourself"), max_length=10_000)
    written_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(null=True)

    objects = OwnWordsQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-pk"]
        verbose_name_plural = _("journal entries")

    def __str__(self) -> str:
        return f"{self.written_at:%Y-%m-%d}"


class PrivateNote(models.Model):
    """The supervisor's own notes about a session or a relationship."""

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="supervision_notes"
    )
    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="private_notes")
    session = models.ForeignKey(
        SupervisionSession, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    text = models.TextField(_("for yourself"), max_length=10_000)
    written_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(null=True)

    objects = OwnWordsQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.written_at:%Y-%m-%d}"
