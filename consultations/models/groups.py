"""Level B: clinical topics, groups about them, and who presents a case when."""

from datetime import date, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.models import Cohort, Enrolment, Session
from scip.accounts.models import Role
from scip.credentials.models import Level
from scip.states import Stateful

# The office is asked so long before the day on which it is decided whether a group runs.
DECIDE_AHEAD = timedelta(days=7)


class TopicQuerySet(models.QuerySet["Topic"]):
    def visible_to(self, user: Any) -> Self:
        """Topics are public."""
        return self

    def offered(self) -> Self:
        """Those the public page names."""
        return self.filter(is_offered=True)


class Topic(models.Model):
    """What a consultation group is about; edited by the office."""

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_offered = models.BooleanField(default=True)

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class GroupQuerySet(models.QuerySet["Group"]):
    def visible_to(self, user: Any) -> Self:
        """A group is as visible as its cohort."""
        return self.filter(cohort__in=Cohort.objects.visible_to(user))

    def to_decide(self, today: date) -> Self:
        """Open groups with too few people whose day of decision is here (or a week away)."""
        taking_part = Q(cohort__enrolments__state__in=Enrolment.TAKING_PART)
        few = (
            self.model._default_manager.annotate(
                people=models.Count("cohort__enrolments", filter=taking_part)
            )
            .filter(people__lt=F("minimum"))
            .values("pk")
        )
        return self.filter(
            pk__in=few, cohort__state=Cohort.State.OPEN, decides_on__lte=today + DECIDE_AHEAD
        )

    def of_participant(self, user: Any) -> Self:
        """Groups in which somebody has a confirmed place or that they lead."""
        if not user.is_authenticated:
            return self.none()
        inside = Q(
            cohort__in=Enrolment.objects.filter(user=user).taking_part().values("cohort")
        ) | Q(cohort__in=Cohort.objects.facilitated_by(user).values("pk"))
        return self.filter(inside)


class Group(models.Model):
    """A consultation group: a cohort of Level B about a topic.

    Sessions, places, attendance, completion and payment are the cohort's.
    """

    cohort = models.OneToOneField(
        Cohort, models.PROTECT, related_name="group", limit_choices_to={"level": Level.B}
    )
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="groups")
    minimum = models.PositiveSmallIntegerField(
        _("fewest people to run"), default=6, help_text=_("With fewer, the office decides.")
    )
    decides_on = models.DateField(
        _("day of that decision"),
        null=True,
        blank=True,
        help_text=_("When it is decided whether the group runs."),
    )
    cases_per_session = models.PositiveSmallIntegerField(_("cases in a session"), default=2)

    objects = GroupQuerySet.as_manager()

    class Meta:
        ordering = ["cohort__starts_on", "cohort_id"]
        constraints = [
            models.CheckConstraint(condition=Q(minimum__gt=0), name="group_has_minimum"),
            models.CheckConstraint(
                condition=Q(cases_per_session__gt=0), name="group_has_cases_in_a_session"
            ),
        ]

    def __str__(self) -> str:
        return str(self.cohort)


class PresentationQuerySet(models.QuerySet["Presentation"]):
    def visible_to(self, user: Any) -> Self:
        """Those of one's group; the office sees all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(group__in=Group.objects.of_participant(user))


class Presentation(models.Model):
    """Whose case is heard in which session."""

    group = models.ForeignKey(Group, models.PROTECT, related_name="presentations")
    session = models.ForeignKey(Session, models.PROTECT, related_name="presentations")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="presentations")
    slot = models.PositiveSmallIntegerField(help_text=_("First, second … case of the session."))

    objects = PresentationQuerySet.as_manager()

    class Meta:
        ordering = ["session__number", "slot"]
        constraints = [
            models.UniqueConstraint(fields=["session", "slot"], name="presentation_slot_once"),
            models.UniqueConstraint(
                fields=["session", "enrolment"], name="presentation_once_in_a_session"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment.user}: {self.session}"


class SwapQuerySet(models.QuerySet["Swap"]):
    def visible_to(self, user: Any) -> Self:
        """Those between oneself and another; the group's leaders and the office see all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        mine = Q(asked__enrolment__user=user) | Q(offered__enrolment__user=user)
        led = Q(asked__group__cohort__in=Cohort.objects.facilitated_by(user).values("pk"))
        return self.filter(mine | led)


class Swap(Stateful):
    """Two people exchange their sessions: one asks with their own, the other agrees."""

    class State(models.TextChoices):
        ASKED = "asked", _("waiting for an answer")
        AGREED = "agreed", _("exchanged")
        DECLINED = "declined", _("not this time")
        WITHDRAWN = "withdrawn", _("taken back")

    TRANSITIONS = {
        State.ASKED: frozenset({State.AGREED, State.DECLINED, State.WITHDRAWN}),
    }

    offered = models.ForeignKey(Presentation, models.CASCADE, related_name="swaps_offered")
    asked = models.ForeignKey(Presentation, models.CASCADE, related_name="swaps_asked")
    state = models.CharField(max_length=20, choices=State, default=State.ASKED)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    agreed_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = SwapQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["offered", "asked"], condition=Q(state="asked"), name="swap_asked_once"
            ),
            models.CheckConstraint(
                condition=~Q(offered=F("asked")), name="swap_between_two_places"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offered} ↔ {self.asked}"

    @property
    def audit_subject(self) -> Any:
        return self.asked.enrolment.user
