"""Credit for earlier formats of the programme (SCIP 1.0, 2.0, 3.0), decided item by item."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.accounts.models import Role
from scip.credentials.models import Level
from scip.states import Stateful
from scip.vault.models import StoredFile


class EquivalencyCaseQuerySet(models.QuerySet["EquivalencyCase"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all (it decides)."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(user=user)

    def waiting(self) -> Self:
        """The office has to act."""
        return self.filter(state=EquivalencyCase.State.SUBMITTED)


class EquivalencyCase(Stateful):
    """Somebody asks that what they did in an earlier format counts for Level A, B or both."""

    class Format(models.TextChoices):
        SCIP_1 = "scip_1", _("SCIP 1.0")
        SCIP_2 = "scip_2", _("SCIP 2.0")
        SCIP_3 = "scip_3", _("SCIP 3.0")

    class State(models.TextChoices):
        DRAFT = "draft", _("being written")
        SUBMITTED = "submitted", _("with the office")
        QUESTION = "question", _("a question for you")
        GRANTED = "granted", _("credited")
        DECLINED = "declined", _("not credited")
        WITHDRAWN = "withdrawn", _("taken back")

    TRANSITIONS = {
        State.DRAFT: frozenset({State.SUBMITTED, State.WITHDRAWN}),
        State.SUBMITTED: frozenset(
            {State.QUESTION, State.GRANTED, State.DECLINED, State.WITHDRAWN}
        ),
        State.QUESTION: frozenset({State.SUBMITTED, State.WITHDRAWN, State.DECLINED}),
    }
    OPEN = (State.DRAFT, State.SUBMITTED, State.QUESTION)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="equivalency_cases"
    )
    format = models.CharField(_("earlier format"), max_length=10, choices=Format)
    statement = models.TextField(_("what you did, in your words"), blank=True, max_length=4000)
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True)
    question_at = models.DateTimeField(null=True)
    question_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    question = models.TextField(blank=True, max_length=1500)
    answer = models.TextField(blank=True, max_length=4000)
    granted_at = models.DateTimeField(null=True)
    # "granted_by" and "declined_by" are stamps of the mover.
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    declined_at = models.DateTimeField(null=True)
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True, max_length=2000)
    is_level_a_granted = models.BooleanField(default=False)
    is_level_b_granted = models.BooleanField(default=False)

    objects = EquivalencyCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for credit")
        verbose_name_plural = _("requests for credit")
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(state__in=["draft", "submitted", "question"]),
                name="equivalency_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["granted", "declined"]) | ~Q(decision_reason=""),
                name="equivalency_decided_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="granted")
                | Q(is_level_a_granted=True)
                | Q(is_level_b_granted=True),
                name="equivalency_grants_something",
            ),
        ]
        indexes = [
            models.Index(
                fields=["submitted_at"], name="equivalency_queue", condition=Q(state="submitted")
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_format_display()}: {self.user}"


class EquivalencyItemQuerySet(models.QuerySet["EquivalencyItem"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(case__in=EquivalencyCase.objects.visible_to(user))


class EquivalencyItem(models.Model):
    """One piece of evidence, mapped to what is asked today, and what the office made of it."""

    class Kind(models.TextChoices):
        PARTICIPATION = "participation", _("participation in a course")
        CONSULTATION = "consultation", _("consultation group")
        PORTFOLIO = "portfolio", _("portfolio or written cases")
        SUPERVISION = "supervision", _("supervision hours")

    class Verdict(models.TextChoices):
        OPEN = "open", _("not looked at yet")
        ACCEPTED = "accepted", _("counts")
        NOT_ACCEPTED = "not_accepted", _("does not count")

    case = models.ForeignKey(EquivalencyCase, models.CASCADE, related_name="items")
    level = models.CharField(
        _("counts for"), max_length=1, choices=[(Level.A, Level.A.label), (Level.B, Level.B.label)]
    )
    kind = models.CharField(_("what it is"), max_length=20, choices=Kind)
    title = models.CharField(_("name it"), max_length=200)
    year = models.PositiveSmallIntegerField(_("year"))
    hours = models.PositiveSmallIntegerField(_("hours"), null=True, blank=True)
    # RESTRICT, not PROTECT: erasing a person takes the row and its file together.
    document = models.ForeignKey(
        StoredFile, models.RESTRICT, null=True, blank=True, related_name="+"
    )
    verdict = models.CharField(max_length=20, choices=Verdict, default=Verdict.OPEN)
    office_note = models.CharField(max_length=500, blank=True)
    judged_at = models.DateTimeField(null=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = EquivalencyItemQuerySet.as_manager()

    class Meta:
        ordering = ["level", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(verdict="open") & Q(judged_at=None))
                | (~Q(verdict="open") & Q(judged_at__isnull=False)),
                name="equivalency_item_judged",
            )
        ]

    def __str__(self) -> str:
        return self.title
