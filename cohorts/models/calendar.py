"""Cohorts, their prices and their sessions."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.accounts.models import Role
from scip.accounts.models.people import validate_time_zone
from scip.credentials.models import Level
from scip.formats import money
from scip.policy.models import Edition
from scip.states import Stateful

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class CohortQuerySet(models.QuerySet["Cohort"]):
    def published(self) -> Self:
        """What the public may see."""
        return self.exclude(state__in=[Cohort.State.DRAFT, Cohort.State.CANCELLED])

    def visible_to(self, user: Any) -> Self:
        """Published ones for everybody, drafts and cancelled ones for the office too."""
        if user.is_authenticated and user.has_role(Role.STAFF):
            return self
        return self.published()

    def facilitated_by(self, user: Any) -> Self:
        """Cohorts whose roster this person keeps (none unless they hold the role today)."""
        if not user.is_authenticated or not user.has_role(Role.FACILITATOR):
            return self.none()
        return self.filter(facilitators=user).exclude(state=Cohort.State.DRAFT)

    def accepting_applications(self, now: datetime | None = None) -> Self:
        """Open, and inside the application window."""
        now = now or timezone.now()
        return self.filter(
            state=Cohort.State.OPEN, applications_open_at__lte=now, applications_close_at__gt=now
        )


class Cohort(Stateful):
    """A group that learns together over weekly live sessions.

    Prices and thresholds are copied from the Edition when the cohort opens, so a later
    edition never changes what was promised.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        OPEN = "open", _("open")
        RUNNING = "running", _("running")
        FINISHED = "finished", _("finished")
        CANCELLED = "cancelled", _("cancelled")

    TRANSITIONS = {
        State.DRAFT: frozenset({State.OPEN, State.CANCELLED}),
        State.OPEN: frozenset({State.RUNNING, State.CANCELLED}),
        State.RUNNING: frozenset({State.FINISHED, State.CANCELLED}),
    }

    level = models.CharField(max_length=1, choices=Level, default=Level.A)
    title = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True)
    summary = models.TextField(blank=True)
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="cohorts")
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)

    time_zone = models.CharField(max_length=64, validators=[validate_time_zone])
    starts_on = models.DateField(
        help_text=_("Day of the first session; the weekday is the cohort's.")
    )
    starts_at = models.TimeField(help_text=_("Local time in the cohort's zone."))
    session_count = models.PositiveSmallIntegerField()
    session_minutes = models.PositiveSmallIntegerField()
    capacity = models.PositiveSmallIntegerField()
    join_url = models.URLField(max_length=500, blank=True)

    applications_open_at = models.DateTimeField()
    applications_close_at = models.DateTimeField()

    attendance_percent = models.PositiveSmallIntegerField(default=80, validators=PERCENT)
    present_percent = models.PositiveSmallIntegerField(default=80, validators=PERCENT)
    offer_days = models.PositiveSmallIntegerField(default=10)
    waiting_list_offer_hours = models.PositiveSmallIntegerField(default=72)
    payment_hours = models.PositiveSmallIntegerField(default=72)
    last_session_to_join = models.PositiveSmallIntegerField(
        default=3,
        help_text=_(
            "Somebody from another cohort or group may still move here until this session begins."
        ),
    )
    msc_required_for = models.CharField(
        max_length=20,
        choices=Edition.MscRequiredFor,
        default=Edition.MscRequiredFor.LEVEL_A,
        help_text=_("“Before Level B” admits people who still owe the MSC programme."),
    )
    msc_due_on = models.DateField(null=True, blank=True)
    is_ce_approved = models.BooleanField(default=False)
    facilitators = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="facilitated_cohorts", blank=True
    )
    opened_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    cancel_reason = models.TextField(
        blank=True, editable=False, help_text=_("As people read it in their letter.")
    )

    objects = CohortQuerySet.as_manager()

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(applications_open_at__lt=F("applications_close_at")),
                name="cohort_window_has_length",
            ),
            models.CheckConstraint(condition=Q(capacity__gt=0), name="cohort_has_seats"),
            models.CheckConstraint(
                condition=~Q(level="B") | Q(capacity__lte=16),
                name="group_has_at_most_16_seats",
                violation_error_message=_("A consultation group has at most 16 places."),
            ),
            models.CheckConstraint(
                condition=Q(attendance_percent__lte=100, present_percent__lte=100),
                name="cohort_percent_at_most_100",
            ),
            models.CheckConstraint(
                condition=Q(msc_required_for="level_a") | Q(msc_due_on__isnull=False),
                name="cohort_deferred_msc_has_due_date",
            ),
        ]
        indexes = [models.Index(fields=["state", "starts_on"], name="cohort_by_start")]

    def __str__(self) -> str:
        return self.title

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def first_session_at(self) -> datetime:
        """The planned moment of the first session (wall-clock time of the cohort's zone)."""
        return datetime.combine(self.starts_on, self.starts_at, tzinfo=self.zone)

    @property
    def begins_at(self) -> datetime:
        """The moment of the first session as it stands now: the office may have moved it."""
        standing = (
            session.starts_at
            for session in self.sessions.all()
            if session.state != Session.State.CANCELLED
        )
        return min(standing, default=self.first_session_at)

    @property
    def contact_minutes(self) -> int:
        """Planned contact time in minutes (12 × 180 = 36 hours)."""
        return self.session_count * self.session_minutes

    def is_accepting(self, now: datetime | None = None) -> bool:
        """Open and inside the application window."""
        now = now or timezone.now()
        return (
            self.state == self.State.OPEN
            and self.applications_open_at <= now < self.applications_close_at
        )


class PriceTier(models.Model):
    """A price of a cohort. Copied from the Edition at opening, then the cohort's own."""

    class Kind(models.TextChoices):
        EARLY_BIRD = "early_bird", _("Early bird")
        STANDARD = "standard", _("Standard")
        LEND_A_HAND = "lend_a_hand", _("Lend a Hand")

    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="tiers")
    kind = models.CharField(max_length=20, choices=Kind)
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="USD")
    until = models.DateField(
        null=True,
        blank=True,
        help_text=_("Last day, in the cohort's zone, to send the complete application."),
    )

    class Meta:
        ordering = ["amount_cents"]
        constraints = [
            models.UniqueConstraint(fields=["cohort", "kind"], name="price_tier_once"),
            models.CheckConstraint(
                condition=~Q(kind="early_bird") | Q(until__isnull=False), name="early_bird_has_date"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {money(self.amount_cents, self.currency)}"

    def holds(self, at: datetime) -> bool:
        """Could somebody who sends the complete application at ``at`` have this price?"""
        return self.until is None or at.astimezone(self.cohort.zone).date() <= self.until


class SkippedDay(models.Model):
    """A holiday of the cohort: no session on that day, the series goes on a week later."""

    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="skipped_days")
    day = models.DateField()
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["cohort", "day"], name="skipped_day_once")]

    def __str__(self) -> str:
        return f"{self.day}"


class Session(Stateful):
    """One live meeting. Its calendar identity (``uid``) stays; ``sequence`` grows when it moves."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        HELD = "held", _("held")
        CANCELLED = "cancelled", _("cancelled")

    TRANSITIONS = {
        State.PLANNED: frozenset({State.HELD, State.CANCELLED}),
        # The calendar says "held" by itself; the office may know that it did not take place.
        State.HELD: frozenset({State.CANCELLED}),
        State.CANCELLED: frozenset({State.PLANNED}),
    }

    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="sessions")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sequence = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField(
        default=timezone.now,
        editable=False,
        help_text=_("Last change of its time or state; the calendar files carry it."),
    )
    state = models.CharField(max_length=20, choices=State, default=State.PLANNED)
    held_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["cohort", "number"], name="session_number_once"),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")), name="session_has_length"
            ),
        ]
        indexes = [models.Index(fields=["starts_at"], name="session_by_start")]

    def __str__(self) -> str:
        return f"{self.cohort}, session {self.number}"

    @property
    def minutes(self) -> int:
        """Planned length in minutes."""
        return int((self.ends_at - self.starts_at) / timedelta(minutes=1))
