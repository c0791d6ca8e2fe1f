"""A candidate asks a supervisor for a brief call."""

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.candidacy.models import Candidacy
from scip.states import Stateful
from supervision.models.supervisors import Supervisor


class IntroductionQuerySet(models.QuerySet["Introduction"]):
    def visible_to(self, user: Any) -> Self:
        """The two people, nobody else: what somebody writes to a supervisor is theirs."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(candidacy__user=user) | Q(supervisor__user=user))

    def open(self) -> Self:
        return self.filter(state__in=Introduction.OPEN)


class Introduction(Stateful):
    """One request, its answer, and the times the two found. E-mail addresses and telephone
    numbers are shown only once it is accepted."""

    class State(models.TextChoices):
        SENT = "sent", _("waiting for an answer")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("not possible")
        WITHDRAWN = "withdrawn", _("taken back")
        LAPSED = "lapsed", _("without an answer")

    TRANSITIONS = {
        State.SENT: frozenset({State.ACCEPTED, State.DECLINED, State.WITHDRAWN, State.LAPSED})
    }
    OPEN = (State.SENT,)

    candidacy = models.ForeignKey(Candidacy, models.CASCADE, related_name="introductions")
    supervisor = models.ForeignKey(Supervisor, models.PROTECT, related_name="introductions")
    state = models.CharField(max_length=20, choices=State, default=State.SENT)
    message = models.TextField(_("your message"), max_length=2000)
    sent_at = models.DateTimeField(default=timezone.now)
    answer = models.TextField(_("your answer"), max_length=2000, blank=True)
    proposed_times = ArrayField(models.DateTimeField(), default=list, blank=True, size=5)
    chosen_time = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    lapsed_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)

    objects = IntroductionQuerySet.as_manager()

    class Meta:
        ordering = ["-sent_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["candidacy", "supervisor"],
                condition=Q(state="sent"),
                name="introduction_one_open_each",
            )
        ]

    def __str__(self) -> str:
        return f"{self.candidacy} → {self.supervisor}"

    @property
    def audit_subject(self) -> Any:
        return self.candidacy.user
