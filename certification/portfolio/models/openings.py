"""Who looked: every opening of a case study or excerpt, and what the office opened for a reason."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.accounts.models import Role

EITHER = Q(excerpt=None, case__isnull=False) | Q(excerpt__isnull=False, case=None)


def opened_to_office(user: Any, kind: str) -> Any:
    """Keys of what somebody of the office opened by an act that still runs: of ``excerpt``s or
    ``case`` studies. Who left the office is out in the same moment."""
    return OfficeAccess.objects.running(user).exclude(**{kind: None}).values(kind)


class OfficeAccessQuerySet(models.QuerySet["OfficeAccess"]):
    def visible_to(self, user: Any) -> Self:
        """The candidate whom it is about, and whoever did it."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(portfolio__candidacy__user=user) | Q(opened_by=user))

    def running(self, user: Any) -> Self:
        """Those by which somebody of the office may look at this moment; never at themselves."""
        if not user.is_authenticated or not user.has_role(Role.STAFF):
            return self.none()
        rows = self.filter(opened_by=user, until_at__gt=timezone.now())
        return rows.exclude(portfolio__candidacy__user=user)


class OfficeAccess(models.Model):
    """Somebody of the office opens one excerpt or case study, with a reason and for a short time.

    The candidate reads who, what, why and until when, at once and for good. Without a running row
    the office has no way in, so this is the whole of the exception.
    """

    portfolio = models.ForeignKey(
        "portfolio.Portfolio", models.CASCADE, related_name="office_accesses"
    )
    excerpt = models.ForeignKey(
        "portfolio.Excerpt", models.CASCADE, null=True, related_name="office_accesses"
    )
    case = models.ForeignKey(
        "portfolio.CaseStudy", models.SET_NULL, null=True, related_name="office_accesses"
    )
    # What it was, so that the line still says it when the case study is gone.
    what = models.CharField(max_length=80)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    reason = models.TextField(
        _("why you need to open it"),
        max_length=1000,
        help_text=_("The candidate reads these words, and your name."),
    )
    opened_at = models.DateTimeField(default=timezone.now)
    until_at = models.DateTimeField()

    objects = OfficeAccessQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                name="office_access_to_one_thing", condition=Q(excerpt=None) | Q(case=None)
            ),
            models.CheckConstraint(name="office_access_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="office_access_ends", condition=Q(until_at__gt=F("opened_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what}, {self.opened_at:%Y-%m-%d %H:%M}"


class OpeningQuerySet(models.QuerySet["Opening"]):
    def visible_to(self, user: Any) -> Self:
        """The candidate whose work was opened."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            Q(excerpt__portfolio__candidacy__user=user) | Q(case__portfolio__candidacy__user=user)
        )


class Opening(models.Model):
    """Who opened a recording, a transcript or a case study, and when; its candidate can see it."""

    excerpt = models.ForeignKey(
        "portfolio.Excerpt", models.CASCADE, null=True, related_name="openings"
    )
    case = models.ForeignKey(
        "portfolio.CaseStudy", models.CASCADE, null=True, related_name="openings"
    )
    # Somebody of the committee, who is never named here: candidates don't learn who reads.
    by_committee = models.BooleanField(default=False)
    # For the office: the act by which it was possible.
    access = models.ForeignKey(OfficeAccess, models.SET_NULL, null=True, related_name="openings")
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    opened_at = models.DateTimeField(default=timezone.now)

    objects = OpeningQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(name="opening_of_one_thing", condition=EITHER),
            models.CheckConstraint(
                name="opening_by_committee_unnamed",
                condition=Q(by_committee=False) | Q(opened_by=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.excerpt or self.case}, {self.opened_at:%Y-%m-%d %H:%M}"

    @property
    def who(self) -> str:
        """Whoever opened it, as its candidate reads it."""
        if self.by_committee:
            return str(_("a member of the committee"))
        return str(self.opened_by or _("somebody whose account is gone"))
