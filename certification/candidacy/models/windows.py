"""The last days by which a candidate may appeal or resubmit, where the office moved them."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.candidacy.models.candidacies import Candidacy
from scip.accounts.models import Role


class WindowMoveQuerySet(models.QuerySet["WindowMove"]):
    def visible_to(self, user: Any) -> Self:
        """The candidate whose day it is, and the office."""
        if not user.is_authenticated:
            return self.none()
        return self if user.has_role(Role.STAFF) else self.filter(candidacy__user=user)


class WindowMove(models.Model):
    """The office gave one candidate more time: a later last day, and why.

    ``told_at`` is the moment of the answer whose window it is, so that a later answer has its own.
    Rows only add; the day that counts is `requirements.windows.window`.
    """

    class Kind(models.TextChoices):
        APPEAL = "appeal", _("for an appeal")
        RESUBMISSION = "resubmission", _("for a resubmission")

    candidacy = models.ForeignKey(Candidacy, models.CASCADE, related_name="window_moves")
    kind = models.CharField(max_length=20, choices=Kind)
    told_at = models.DateTimeField()
    last_on = models.DateField(_("the new last day"))
    reason = models.TextField(
        _("why"), max_length=1000, help_text=_("The candidate reads these words.")
    )
    moved_at = models.DateTimeField(default=timezone.now)
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = WindowMoveQuerySet.as_manager()

    class Meta:
        verbose_name = _("moved last day")
        ordering = ["moved_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="window_move_has_a_reason"),
            models.UniqueConstraint(
                fields=["candidacy", "kind", "told_at", "last_on"], name="window_move_once_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.candidacy_id}, {self.kind}: {self.last_on}"
