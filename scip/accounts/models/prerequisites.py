"""What a person brings before Level A, with the document that shows it."""

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.accounts.models.people import Role
from scip.states import Stateful
from scip.vault.models import StoredFile


class PrerequisiteQuerySet(models.QuerySet["Prerequisite"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all (it verifies)."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(user=user)

    def current(self) -> Self:
        """Not replaced by a newer record and not taken back."""
        return self.exclude(state__in=[Prerequisite.State.REPLACED, Prerequisite.State.WITHDRAWN])

    def waiting_for_staff(self) -> Self:
        return self.filter(state=Prerequisite.State.SUBMITTED)


class Prerequisite(Stateful):
    """One piece of evidence: standing, MSC, insurance or practice.

    A newer record of the same kind replaces the older one when it is verified, so that a
    renewal never leaves a gap. `domain.md`, "Prerequisites".
    """

    class Kind(models.TextChoices):
        STANDING = "standing", _("Licence, supervised practice or studies")
        MSC = "msc", _("Mindful Self-Compassion programme")
        INSURANCE = "insurance", _("Professional liability insurance")
        PRACTICE = "practice", _("In clinical practice")

    class Standing(models.TextChoices):
        LICENSED = "licensed", _("Licensed mental-health professional")
        SUPERVISED = "supervised", _("Practising under supervision")
        STUDENT = "student", _("Graduate student in a psychotherapy-related field")

    class MscFormat(models.TextChoices):
        EIGHT_WEEK = "eight_week", _("8-week programme")
        LIVE_ONLINE = "live_online", _("10-week Live Online")
        INTENSIVE = "intensive", _("5-day Intensive")

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
        State.VERIFIED: frozenset({State.REPLACED, State.RETURNED}),
    }

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="prerequisites")
    kind = models.CharField(max_length=20, choices=Kind)
    # RESTRICT, not PROTECT: erasing a person takes the row and its file together.
    document = models.ForeignKey(StoredFile, models.RESTRICT, null=True, related_name="+")
    expires_on = models.DateField(null=True, blank=True)

    standing = models.CharField(max_length=20, choices=Standing, blank=True)
    number = models.CharField(max_length=80, blank=True)
    jurisdiction = models.CharField(max_length=120, blank=True)
    institution = models.CharField(max_length=160, blank=True)
    msc_format = models.CharField(max_length=20, choices=MscFormat, blank=True)
    completed_on = models.DateField(null=True, blank=True)
    teacher = models.CharField(max_length=160, blank=True)
    insurer = models.CharField(max_length=160, blank=True)
    practice_setting = models.CharField(max_length=300, blank=True)

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
    return_reason = models.TextField(blank=True)

    objects = PrerequisiteQuerySet.as_manager()

    class Meta:
        verbose_name = _("record")
        verbose_name_plural = _("evidence to verify")
        indexes = [
            models.Index(fields=["user", "kind"], name="prerequisite_of_person"),
            models.Index(
                fields=["submitted_at"], name="prerequisite_queue", condition=Q(state="submitted")
            ),
            models.Index(
                fields=["expires_on"], name="prerequisite_expiring", condition=Q(state="verified")
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=Q(state="verified"),
                name="prerequisite_verified_once",
            ),
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=Q(state="submitted"),
                name="prerequisite_submitted_once",
            ),
            models.CheckConstraint(
                condition=~Q(kind="standing") | ~Q(standing=""), name="prerequisite_standing_named"
            ),
            models.CheckConstraint(
                condition=~Q(kind="msc") | (~Q(msc_format="") & Q(completed_on__isnull=False)),
                name="prerequisite_msc_described",
            ),
            models.CheckConstraint(
                condition=~Q(kind="insurance") | (~Q(insurer="") & Q(expires_on__isnull=False)),
                name="prerequisite_insurance_described",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(return_reason=""),
                name="prerequisite_returned_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.user}"

    def is_expired(self, on: date) -> bool:
        """Past its last day. Valid through the day that it names."""
        return self.expires_on is not None and self.expires_on < on
