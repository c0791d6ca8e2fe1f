"""The framework of an edition, and how two people see one person grow in it."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.policy.models import Edition


class FrameworkQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """What certification looks at is public, like all rules."""
        return self


class Competency(models.Model):
    """One of the competencies an edition names."""

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="competencies")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=160)
    short_name = models.CharField(max_length=40, help_text=_("For the picture and for buttons."))
    description = models.TextField(blank=True, max_length=1000)

    objects = FrameworkQuerySet.as_manager()

    class Meta:
        ordering = ["edition", "number"]
        verbose_name_plural = _("competencies")
        constraints = [
            models.UniqueConstraint(fields=["edition", "number"], name="competency_numbered_once")
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.name}"


class DevelopmentalLevel(models.Model):
    """A word of the developmental scale. Words, not marks: never a gate."""

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="developmental_levels")
    position = models.PositiveSmallIntegerField()
    word = models.CharField(max_length=40)
    description = models.CharField(max_length=300, blank=True)

    objects = FrameworkQuerySet.as_manager()

    class Meta:
        ordering = ["edition", "position"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "position"], name="developmental_level_once")
        ]

    def __str__(self) -> str:
        return self.word


class Rating(models.Model):
    """How one of the two sees one competency, at a session (or, for the self view, on a day).

    Rows are added; the latest of a session and side counts in the picture.
    """

    class Side(models.TextChoices):
        SELF = "self", _("candidate")
        SUPERVISOR = "supervisor", _("supervisor")

    agreement = models.ForeignKey("supervision.Agreement", models.CASCADE, related_name="ratings")
    session = models.ForeignKey(
        "supervision.SupervisionSession",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="ratings",
    )
    competency = models.ForeignKey(Competency, models.PROTECT, related_name="ratings")
    level = models.ForeignKey(DevelopmentalLevel, models.PROTECT, related_name="+")
    side = models.CharField(max_length=10, choices=Side)
    sentence = models.CharField(_("in a sentence"), max_length=400, blank=True)
    rated_at = models.DateTimeField(default=timezone.now)
    rated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["rated_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(side="self") | Q(session__isnull=False),
                name="rating_of_supervisor_has_session",
            )
        ]

    def __str__(self) -> str:
        return f"{self.competency}: {self.level}"
