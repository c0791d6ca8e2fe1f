"""The silent retreat: a record with its evidence, and the office's leave to bring it later."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.candidacy.models.candidacies import Candidacy
from scip.accounts.models import Role
from scip.states import Stateful
from scip.vault.models import StoredFile


class RetreatQuerySet(models.QuerySet["Retreat"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all (it verifies)."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(user=user)

    def current(self) -> Self:
        """Not taken back and not replaced."""
        return self.exclude(state__in=[Retreat.State.WITHDRAWN, Retreat.State.REPLACED])


class Retreat(Stateful):
    """A silent retreat of several days, as the person describes it, and what the office says.

    Dates, duration and teachers are asked again in the letter of application (`domain.md`,
    "Final submission"), so they are fields. Whether it is long enough is a rule
    (`certification.candidacy.requirements`).
    """

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("with the office")
        VERIFIED = "verified", _("verified")
        RETURNED = "returned", _("returned to you")
        REPLACED = "replaced", _("replaced")
        WITHDRAWN = "withdrawn", _("taken back")

    TRANSITIONS = {
        State.SUBMITTED: frozenset(
            {State.VERIFIED, State.RETURNED, State.WITHDRAWN, State.REPLACED}
        ),
        State.RETURNED: frozenset({State.REPLACED, State.WITHDRAWN}),
        State.VERIFIED: frozenset({State.RETURNED, State.REPLACED}),
    }

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="retreats")
    title = models.CharField(_("retreat"), max_length=160)
    teachers = models.CharField(_("teachers"), max_length=300)
    is_online = models.BooleanField(_("it was online"), default=False)
    place = models.CharField(_("place"), max_length=160, blank=True)
    started_on = models.DateField(_("first day"))
    ended_on = models.DateField(_("last day"))
    is_silent = models.BooleanField(_("it was held in silence"), default=True)
    # RESTRICT, not PROTECT: erasing a person takes the row and its file together.
    document = models.ForeignKey(
        StoredFile, models.RESTRICT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=20, choices=State, default=State.SUBMITTED)
    submitted_at = models.DateTimeField(default=timezone.now)
    verified_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    returned_at = models.DateTimeField(null=True)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    return_reason = models.TextField(blank=True, max_length=1500)

    objects = RetreatQuerySet.as_manager()

    class Meta:
        verbose_name = _("retreat")
        verbose_name_plural = _("retreats to verify")
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__gte=F("started_on")), name="retreat_ends_after_start"
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=~Q(state__in=["withdrawn", "replaced"]),
                name="retreat_one_current",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(return_reason=""),
                name="retreat_returned_with_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["submitted_at"], name="retreat_queue", condition=Q(state="submitted")
            )
        ]

    def __str__(self) -> str:
        return f"{self.title}: {self.user}"

    @property
    def days(self) -> int:
        """First and last day counted."""
        return (self.ended_on - self.started_on).days + 1


class RetreatDeferralQuerySet(models.QuerySet["RetreatDeferral"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(candidacy__in=Candidacy.objects.visible_to(user))


class RetreatDeferral(models.Model):
    """The office lets the retreat wait until the final submission, never longer
    (`domain.md`, policy `retreat_required_for`). ``reason`` stays visible with the finding."""

    candidacy = models.OneToOneField(Candidacy, models.CASCADE, related_name="retreat_deferral")
    reason = models.TextField(max_length=1000)
    deferred_at = models.DateTimeField(default=timezone.now)
    deferred_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = RetreatDeferralQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="deferral_has_reason")]

    def __str__(self) -> str:
        return str(self.candidacy)
