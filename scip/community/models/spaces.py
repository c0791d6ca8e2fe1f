"""Who is in which space, and what people let each other know.

A cohort's space is not a row: it is there because the cohort is, and whoever has a place in
the cohort or leads it is in. Leaving the cohort therefore ends access in the same moment.
"""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.models import Cohort, Enrolment
from scip.accounts.models import Role, User


def spaces_of(user: Any) -> models.QuerySet[Cohort]:
    """The cohorts whose space this person may enter: a place that counts, or leading it today.

    The office is in none of them (`domain.md`: what groups share stays with the group).
    """
    if not user.is_authenticated:
        return Cohort.objects.none()
    places = Enrolment.objects.filter(user_id=user.pk).taking_part().values("cohort_id")
    led = Cohort.objects.facilitated_by(user).values("pk")
    return Cohort.objects.published().filter(Q(pk__in=places) | Q(pk__in=led))


def members_of(cohort: Cohort) -> models.QuerySet[User]:
    """Everybody who may enter the cohort's space: participants and today's facilitators."""
    return people_of(Cohort.objects.filter(pk=cohort.pk))


def people_of(cohorts: models.QuerySet[Cohort]) -> models.QuerySet[User]:
    """Participants and today's facilitators of any of these cohorts."""
    inside = Q(pk__in=places_in(cohorts).values("user_id"))
    inside |= Q(pk__in=leaders_of(cohorts).values("user_id"))
    found: models.QuerySet[User] = User.objects.filter(inside, is_active=True)
    return found


def places_in(cohorts: models.QuerySet[Cohort]) -> models.QuerySet[Enrolment]:
    """The places of those who take part in these cohorts, and so in their spaces."""
    return Enrolment.objects.filter(cohort__in=cohorts).taking_part()


def leaders_of(cohorts: models.QuerySet[Cohort]) -> models.QuerySet[Any]:
    """``cohort_id`` and ``user_id`` of whoever leads these cohorts and holds the role today."""
    rows: models.QuerySet[Any] = Cohort.facilitators.through._default_manager.filter(
        cohort__in=cohorts, user_id__in=User.objects.holding(Role.FACILITATOR).values("pk")
    )
    return rows


class SharingQuerySet(models.QuerySet["Sharing"]):
    def visible_to(self, user: Any) -> Self:
        """Choices made in spaces that the person is in."""
        return self.filter(cohort__in=spaces_of(user))


class Sharing(models.Model):
    """What somebody lets one group see. Without a row: their name, nothing else."""

    class Level(models.TextChoices):
        NAME = "name", _("My name only")
        WORK = "work", _("My name, profession and country")
        EMAIL = "email", _("My name, profession, country and e-mail address")

    cohort = models.ForeignKey(Cohort, models.CASCADE, related_name="sharings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sharings")
    level = models.CharField(max_length=10, choices=Level, default=Level.NAME)
    chosen_at = models.DateTimeField(default=timezone.now)

    objects = SharingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cohort", "user"], name="sharing_once_per_space")
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()}, {self.cohort}"


class DigestChoice(models.Model):
    """Whether somebody gets the daily letter, and up to when the last one told."""

    class Frequency(models.TextChoices):
        DAILY = "daily", _("One letter a day at most, when there is something new")
        NONE = "none", _("No letters; I look by myself")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="digest_choice"
    )
    frequency = models.CharField(max_length=10, choices=Frequency, default=Frequency.DAILY)
    told_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("choice of letters")

    def __str__(self) -> str:
        return f"{self.user_id}: {self.frequency}"


class AffinitySpaceQuerySet(models.QuerySet["AffinitySpace"]):
    def visible_to(self, user: Any) -> Self:
        """Open ones for people of any group, and those that one is in. The office edits all
        of them (name, description, host), which shows it neither members nor words."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.offered_to(user)

    def offered_to(self, user: Any) -> Self:
        """What somebody may read about and join, by being a participant or facilitator."""
        offered = Q(pk__in=self.model._base_manager.filter(inside(user)).values("pk"))
        return self.filter(offered | (Q(is_open=True) & Q(Exists(spaces_of(user)))))

    def entered_by(self, user: Any) -> Self:
        """Spaces that the person is in: by joining, or as their host."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(pk__in=self.model._base_manager.filter(inside(user)).values("pk"))

    def to_leave(self, user: Any) -> Self:
        """Spaces that the person is in, and those they joined when they were of some group: another
        group would have them in again, so leaving asks for none."""
        if not user.is_authenticated:
            return self.none()
        mine = inside(user) | Q(members__user_id=user.pk)
        return self.filter(pk__in=self.model._base_manager.filter(mine).values("pk"))


def inside(user: Any) -> Q:
    """The condition of being in an affinity space. A host is one while they are faculty; a
    member while they are of some group."""
    found = Q(members__user_id=user.pk) & Q(Exists(spaces_of(user)))
    if user.has_role(Role.FACILITATOR):
        found |= Q(host_id=user.pk)
    return found


class AffinitySpace(models.Model):
    """A space for people who share an identity or an experience, with a named faculty host.

    Joining is private: only members see members, and only one's own data names it.
    """

    name = models.CharField(_("name"), max_length=120, unique=True)
    description = models.TextField(
        _("description"),
        max_length=1500,
        help_text=_("Who it is for, in words that invite. People decide by themselves to join."),
    )
    host = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="hosted_spaces",
        verbose_name=_("host"),
        help_text=_("A facilitator; named on the page, and in the space with everybody."),
    )
    is_open = models.BooleanField(
        _("open for joining"),
        default=True,
        help_text=_("Closed, it stays with its members and is not shown to others."),
    )
    opened_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AffinitySpaceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("affinity space")

    def __str__(self) -> str:
        return self.name


class AffinityMemberQuerySet(models.QuerySet["AffinityMember"]):
    def visible_to(self, user: Any) -> Self:
        """Members see members; nobody else does, the office included."""
        return self.filter(space__in=AffinitySpace.objects.entered_by(user)).present()

    def present(self) -> Self:
        """Those who are of some group today, as `inside` asks it of one: with the last group
        somebody is out, and in again with another one."""
        return self.filter(user__in=people_of(Cohort.objects.published()))


class AffinityMember(models.Model):
    """Somebody who joined, in the space as long as they are of a group. Leaving deletes the row;
    nothing else remembers it."""

    space = models.ForeignKey(AffinitySpace, models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="affinity_memberships"
    )
    joined_at = models.DateTimeField(default=timezone.now)

    objects = AffinityMemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["space", "user"], name="affinity_joined_once")
        ]

    def __str__(self) -> str:
        return f"{self.space_id}: {self.user_id}"
