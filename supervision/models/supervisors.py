"""Who may supervise: the application or invitation, CMSC's approval, the public profile."""

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.accounts.models import Role
from scip.states import Stateful


class SupervisorQuerySet(models.QuerySet["Supervisor"]):
    def visible_to(self, user: Any) -> Self:
        """The public sees who is listed and approved today; people see themselves, the office all."""
        if user.is_authenticated and user.has_role(Role.STAFF):
            return self
        seen = Q(pk__in=Supervisor.objects.listed().values("pk"))
        if user.is_authenticated:
            seen |= Q(user=user)
        return self.filter(seen)

    def approved(self, on: date | None = None) -> Self:
        """With CMSC's approval in force on a day (default today)."""
        approvals = Approval.objects.in_force(on)
        return self.filter(pk__in=approvals.values("supervisor_id"))

    def listed(self, on: date | None = None) -> Self:
        """In the public directory: approved, and wishing to stand there."""
        return self.approved(on).filter(is_listed=True)


class Supervisor(models.Model):
    """A supervisor's public side. Whether they may supervise on a day is what `Approval` says."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="supervisor")
    headline = models.CharField(_("in one line"), max_length=140, blank=True)
    bio = models.TextField(_("about you"), max_length=3000, blank=True)
    orientation = models.CharField(_("clinical orientation"), max_length=300, blank=True)
    experience = models.TextField(_("experience"), max_length=1500, blank=True)
    approach = models.TextField(_("how you supervise"), max_length=1500, blank=True)
    place = models.CharField(_("town"), max_length=120, blank=True)
    is_online = models.BooleanField(_("online"), default=True)
    is_in_person = models.BooleanField(_("in person"), default=False)
    rate_cents = models.PositiveIntegerField(
        _("rate for a session"), null=True, blank=True, help_text=_("Empty: the standard rate.")
    )
    has_sliding_scale = models.BooleanField(_("sliding scale possible"), default=False)
    is_accepting = models.BooleanField(_("taking on candidates"), default=True)
    is_listed = models.BooleanField(_("show me in the public directory"), default=False)
    # Public by consent, re-encoded on the way in; confidential files live in the vault.
    photo = models.ImageField(upload_to="supervisors/", blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = SupervisorQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_online=True) | Q(is_in_person=True),
                name="supervisor_meets_somehow",
            )
        ]

    def __str__(self) -> str:
        return str(self.user)


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(supervisor__user=user)

    def in_force(self, on: date | None = None) -> Self:
        """Valid on a day (default today)."""
        on = on or timezone.localdate()
        return self.filter(Q(until_on=None) | Q(until_on__gt=on), from_on__lte=on)


class Approval(models.Model):
    """CMSC approves somebody as a supervisor, from a day until another (exclusive) or open.

    A renewal is another row. Ending one early sets ``until_on``, with the reason; sessions
    held before that day keep counting.
    """

    supervisor = models.ForeignKey(Supervisor, models.PROTECT, related_name="approvals")
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
    approved_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    end_reason = models.TextField(blank=True, max_length=1500)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["from_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")),
                name="approval_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | ~Q(end_reason=""), name="approval_ended_with_reason"
            ),
            ExclusionConstraint(
                name="approval_one_at_a_time",
                expressions=[
                    ("supervisor", RangeOperators.EQUAL),
                    (
                        Func("from_on", "until_on", function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supervisor}: {self.from_on} – {self.until_on or '…'}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, user: Any) -> Self:
        """Whose address it is; the office sees all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.waiting_for(user)

    def waiting_for(self, user: Any) -> Self:
        """Not taken up yet, and for this person's address (which they have confirmed)."""
        return self.filter(email=user.email.lower(), taken_up_at=None)


class Invitation(models.Model):
    """An invitation to supervise for somebody who has no account yet. It waits for the address;
    taken up, it becomes a `SupervisorApplication` like any other."""

    email = models.EmailField()
    words = models.TextField(blank=True, max_length=1500)
    invited_at = models.DateTimeField(default=timezone.now)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    taken_up_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=Q(taken_up_at=None),
                name="supervision_invitation_one_open",
            )
        ]

    def __str__(self) -> str:
        return self.email


class SupervisorApplicationQuerySet(models.QuerySet["SupervisorApplication"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(user=user)


class SupervisorApplication(Stateful):
    """Somebody asks to become a supervisor, by themselves or invited by the office."""

    class State(models.TextChoices):
        DRAFT = "draft", _("being written")
        SUBMITTED = "submitted", _("with the office")
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("not now")
        WITHDRAWN = "withdrawn", _("taken back")

    TRANSITIONS = {
        State.DRAFT: frozenset({State.SUBMITTED, State.WITHDRAWN}),
        State.SUBMITTED: frozenset({State.APPROVED, State.DECLINED, State.WITHDRAWN}),
    }

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="supervisor_applications"
    )
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    experience = models.TextField(_("your experience as a supervisor"), max_length=3000, blank=True)
    motivation = models.TextField(_("why you would like to"), max_length=3000, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    invited_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    declined_at = models.DateTimeField(null=True)
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True, max_length=1500)

    objects = SupervisorApplicationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(state__in=["draft", "submitted"]),
                name="supervisor_application_one_open",
            )
        ]

    def __str__(self) -> str:
        return str(self.user)
