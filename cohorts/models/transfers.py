"""Moving from one cohort or group to another one of the same level."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.models.calendar import Cohort
from cohorts.models.enrolments import Enrolment
from scip.accounts.models import Role
from scip.states import Stateful


class TransferQuerySet(models.QuerySet["Transfer"]):
    def visible_to(self, user: Any) -> Self:
        """One's own, and all for the office. Facilitators do not read why somebody leaves."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(enrolment__user=user)

    def waiting(self) -> Self:
        """For the office to decide, while there is still a place to move from."""
        return self.filter(state=Transfer.State.REQUESTED, enrolment__state__in=Enrolment.HELD)


class Transfer(Stateful):
    """The wish to exchange a place for one elsewhere, decided by the office.

    Done, the old place is over and ``arrival`` is the new one. Marks that came along are rows of
    the new place that name the ones they come from.
    """

    class Kind(models.TextChoices):
        MOVE = "move", _("move")
        DEFERRAL = "deferral", _("deferral")

    class State(models.TextChoices):
        REQUESTED = "requested", _("with the office")
        DONE = "done", _("done")
        DECLINED = "declined", _("not possible this time")
        WITHDRAWN = "withdrawn", _("taken back")

    TRANSITIONS = {
        State.REQUESTED: frozenset({State.DONE, State.DECLINED, State.WITHDRAWN}),
    }

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="transfers")
    target = models.ForeignKey(Cohort, models.PROTECT, related_name="transfers_in")
    kind = models.CharField(
        max_length=10,
        choices=Kind,
        help_text=_("A deferral leads to a cohort that begins after the present one is over."),
    )
    reason = models.TextField(
        _("why you would like to move"),
        max_length=1000,
        help_text=_("A sentence or two is enough. Only the office reads it."),
    )
    state = models.CharField(max_length=20, choices=State, default=State.REQUESTED)
    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    declined_at = models.DateTimeField(null=True)
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decline_reason = models.TextField(
        blank=True, max_length=1500, help_text=_("As the person reads it.")
    )
    withdrawn_at = models.DateTimeField(null=True)
    arrival = models.OneToOneField(
        Enrolment,
        models.PROTECT,
        null=True,
        related_name="came_by",
        help_text=_("The place in the other cohort."),
    )

    objects = TransferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment"], condition=Q(state="requested"), name="transfer_one_open"
            ),
            models.UniqueConstraint(
                fields=["enrolment"], condition=Q(state="done"), name="transfer_done_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(arrival__isnull=False),
                name="transfer_done_has_arrival",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(decline_reason=""),
                name="transfer_declined_with_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["requested_at"], name="transfer_queue", condition=Q(state="requested")
            )
        ]

    def __str__(self) -> str:
        return f"{self.enrolment} → {self.target}"

    @property
    def audit_subject(self) -> Any:
        return self.enrolment.user
