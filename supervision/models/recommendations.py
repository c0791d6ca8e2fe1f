"""How a relationship passes on: to the committee, or to the next supervisor."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.states import Stateful
from supervision.models.agreements import Agreement
from supervision.models.supervisors import Supervisor


class RecommendationQuerySet(models.QuerySet["Recommendation"]):
    def visible_to(self, user: Any) -> Self:
        """The supervisor who writes it. The candidate sees that it was sent and its outcome
        (`queries`), the committee its frozen copy; nobody else reads the letter."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(agreement__supervisor__user=user)


class Recommendation(Stateful):
    """The supervisor's letter to the committee, sent directly and not through the candidate.

    Its parts are those of `domain.md`, "Final submission". ``guidance`` is what the candidate
    reads after a "not yet".
    """

    class Outcome(models.TextChoices):
        RECOMMENDED = "recommended", _("recommended")
        NOT_YET = "not_yet", _("not yet")

    class State(models.TextChoices):
        DRAFT = "draft", _("being written")
        SENT = "sent", _("sent")
        SUPERSEDED = "superseded", _("replaced by a later one")

    TRANSITIONS = {
        State.DRAFT: frozenset({State.SENT}),
        State.SENT: frozenset({State.SUPERSEDED}),
    }

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="recommendations")
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    outcome = models.CharField(_("your view"), max_length=20, choices=Outcome, blank=True)
    key_elements = models.TextField(
        _("key elements and focus of the supervision"), blank=True, max_length=6000
    )
    assessment = models.TextField(_("competence and readiness"), blank=True, max_length=6000)
    reflections = models.TextField(_("final reflections"), blank=True, max_length=6000)
    guidance = models.TextField(_("what would help next"), blank=True, max_length=4000)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)
    # An appeal panel asked its author to look at it once more; nobody of the panel is named.
    remanded_at = models.DateTimeField(null=True)
    instructions = models.TextField(_("what the panel asks"), blank=True, max_length=60_000)

    objects = RecommendationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agreement"],
                condition=Q(state__in=["draft"]),
                name="recommendation_one_draft",
            ),
            models.UniqueConstraint(
                fields=["agreement"],
                condition=Q(state="sent"),
                name="recommendation_one_in_force",
            ),
            models.CheckConstraint(
                condition=Q(state="draft")
                | (~Q(outcome="") & ~Q(key_elements="") & ~Q(assessment="") & ~Q(reflections="")),
                name="recommendation_sent_whole",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | ~Q(outcome="not_yet") | ~Q(guidance=""),
                name="recommendation_not_yet_guides",
            ),
            models.CheckConstraint(
                condition=Q(remanded_at=None) | ~Q(instructions=""),
                name="recommendation_remanded_with_instructions",
            ),
        ]

    def __str__(self) -> str:
        return str(self.agreement)

    @property
    def audit_subject(self) -> Any:
        return self.agreement.candidacy.user


class HandoverQuerySet(models.QuerySet["Handover"]):
    def visible_to(self, user: Any) -> Self:
        """The candidate, and the next supervisor with the candidate's consent, for as long as the
        two of them are drafting or in supervision."""
        if not user.is_authenticated:
            return self.none()
        pairs = Agreement.objects.filter(
            candidacy=OuterRef("agreement__candidacy"), supervisor=OuterRef("to_supervisor")
        )
        is_begun = Exists(pairs.filter(state=Agreement.State.DRAFT))
        is_together = Exists(pairs.accompanied())
        return self.filter(
            Q(agreement__candidacy__user=user)
            | Q(
                is_begun | is_together,
                to_supervisor__user=user,
                consented_at__isnull=False,
                withdrawn_at=None,
            )
        )


class Handover(models.Model):
    """A pack for the next supervisor: plan, shared feedback, ratings, confirmed sessions.

    ``facts`` is a copy from the moment of consent; private notes are never in it.
    """

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="handovers")
    to_supervisor = models.ForeignKey(Supervisor, models.PROTECT, related_name="handovers")
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    consented_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "to_supervisor"],
                condition=Q(withdrawn_at=None),
                name="handover_once_each",
            )
        ]

    def __str__(self) -> str:
        return f"{self.agreement} → {self.to_supervisor}"
