"""What visitors tell the office about a listing, and what graduates offer to the programme."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.accounts.models import Role
from scip.directory.models.listings import Listing
from scip.states import Stateful


class ReportQuerySet(models.QuerySet["ListingReport"]):
    def visible_to(self, user: Any) -> Self:
        """The office alone; whoever is reported reads what the office tells them."""
        if user.is_authenticated and user.has_role(Role.STAFF):
            return self
        return self.none()

    def waiting(self) -> Self:
        return self.filter(state=ListingReport.State.OPEN)


class ListingReport(Stateful):
    """A visitor thinks that something about a listing is not right."""

    class State(models.TextChoices):
        OPEN = "open", _("to look at")
        SETTLED = "settled", _("settled")

    TRANSITIONS = {State.OPEN: frozenset({State.SETTLED})}

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="reports")
    words = models.TextField(max_length=2000)
    email = models.EmailField(max_length=254, blank=True)
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    reported_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report of a listing")
        verbose_name_plural = _("reported listings")
        indexes = [
            models.Index(
                fields=["reported_at"], name="listing_report_queue", condition=Q(state="open")
            )
        ]

    def __str__(self) -> str:
        return f"{self.listing}, {self.reported_at:%Y-%m-%d}"

    @property
    def audit_subject(self) -> Any:
        return self.listing.user


class InterestQuerySet(models.QuerySet["GraduateInterest"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(user=user)


class GraduateInterest(models.Model):
    """A certified person would like to facilitate or to mentor one day. `domain.md`: "Certified
    people may be considered for facilitation and mentoring"; it is a word, not an application."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="graduate_interest"
    )
    would_facilitate = models.BooleanField(default=False)
    would_mentor = models.BooleanField(default=False)
    note = models.TextField(max_length=1500, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = InterestQuerySet.as_manager()

    class Meta:
        verbose_name = _("interest of a graduate")
        verbose_name_plural = _("interest in facilitating and mentoring")

    def __str__(self) -> str:
        return str(self.user)
