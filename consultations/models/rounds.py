"""Wishes before a season of groups, and who is proposed for which."""

import secrets
from datetime import datetime, time
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.models import Application
from consultations.models.groups import Group
from scip.accounts.models import Role
from scip.states import Stateful


def draw_lot() -> str:
    return secrets.token_hex(8)


class RoundQuerySet(models.QuerySet["Round"]):
    def visible_to(self, user: Any) -> Self:
        """Open ones are public, later ones for whoever wished; the office sees all."""
        if not user.is_authenticated:
            return self.filter(state=Round.State.OPEN)
        if user.has_role(Role.STAFF):
            return self
        mine = Preference.objects.filter(user=user).values("round")
        over = Q(state__in=[Round.State.PUBLISHED, Round.State.CANCELLED], pk__in=mine)
        return self.filter(Q(state=Round.State.OPEN) | over)

    def taking_wishes(self, now: datetime) -> Self:
        """Open, and not closed yet."""
        return self.filter(state=Round.State.OPEN, opens_at__lte=now, closes_at__gt=now)

    def waiting_for_proposal(self, now: datetime) -> Self:
        """Closed, and nothing is published yet."""
        return self.filter(state=Round.State.OPEN, closes_at__lte=now)


class Round(Stateful):
    """A time in which people say which groups they would like, before places are given.

    Direct enrolment into an open group stays possible beside it: a round places people into
    the seats that are free when the office publishes.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        OPEN = "open", _("open")
        PUBLISHED = "published", _("published")
        CANCELLED = "cancelled", _("cancelled")

    TRANSITIONS = {
        State.DRAFT: frozenset({State.OPEN, State.CANCELLED}),
        State.OPEN: frozenset({State.PUBLISHED, State.CANCELLED}),
    }

    name = models.CharField(_("name"), max_length=120)
    words = models.TextField(
        _("words for the people"), blank=True, help_text=_("Stands at the top of the page.")
    )
    groups = models.ManyToManyField(Group, related_name="rounds", verbose_name=_("groups"))
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(_("closes"))
    choices = models.PositiveSmallIntegerField(
        _("choices"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text=_("How many different numbers somebody can give to groups."),
    )
    apart_names = models.PositiveSmallIntegerField(
        _("people to be kept apart from"),
        default=3,
        validators=[MaxValueValidator(10)],
        help_text=_("How many people somebody can ask not to share a group with."),
    )
    night_from = models.TimeField(
        _("night from"),
        default=time(22),
        help_text=_("On each person’s own clock; nobody is placed there who did not choose it."),
    )
    night_until = models.TimeField(_("night until"), default=time(7))
    lot = models.CharField(
        max_length=32,
        default=draw_lot,
        editable=False,
        help_text=_("Decides between equals; drawn before anybody has wished."),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    open_at = models.DateTimeField(null=True, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    cancelled_at = models.DateTimeField(null=True, editable=False)

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("round of wishes")
        verbose_name_plural = _("rounds of wishes")
        ordering = ["-closes_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at")),
                name="round_has_length",
                violation_error_message=_("The round closes after it opens."),
            ),
            models.CheckConstraint(condition=Q(choices__gt=0), name="round_has_choices"),
            models.CheckConstraint(
                condition=~Q(night_from=F("night_until")),
                name="round_night_has_length",
                violation_error_message=_("The night ends at another hour than it begins."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def takes_wishes(self, now: datetime) -> bool:
        """Open, and inside its time."""
        return self.state == self.State.OPEN and self.opens_at <= now < self.closes_at

    def is_closed(self, now: datetime) -> bool:
        """Over for wishes, and not published."""
        return self.state == self.State.OPEN and self.closes_at <= now


class PreferenceQuerySet(models.QuerySet["Preference"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office, which allocates, sees all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(user=user)


class Preference(models.Model):
    """What somebody wishes in a round. Whatever is saved when the round closes counts."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="preferences")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField(
        default=0, help_text=_("Grows with each save: two tabs never overwrite each other.")
    )
    attends_live = models.BooleanField(_("can attend live"), default=False)
    may_meet_at_night = models.BooleanField(_("can also meet at night"), default=False)
    note = models.TextField(_("what would help to place you"), blank=True, max_length=1500)
    created_at = models.DateTimeField(default=timezone.now)
    saved_at = models.DateTimeField(default=timezone.now)

    objects = PreferenceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["round", "user"], name="preference_once_in_a_round")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.round}"


class Rank(models.Model):
    """A group that somebody would come to; 1 is dearest, equal numbers are equally dear."""

    preference = models.ForeignKey(Preference, models.CASCADE, related_name="ranks")
    group = models.ForeignKey(Group, models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["rank", "group_id"]
        constraints = [
            models.UniqueConstraint(fields=["preference", "group"], name="rank_once_for_a_group"),
            models.CheckConstraint(condition=Q(rank__gt=0), name="rank_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.rank}: {self.group}"


class ApartQuerySet(models.QuerySet["Apart"]):
    def visible_to(self, user: Any) -> Self:
        """Whoever wrote it, and the office, which allocates: nobody else, and least of all the
        person who is named."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(preference__user=user)


class Apart(models.Model):
    """Somebody asks not to share a group with another person, named as they know them.

    ``person`` is who is meant: found by e-mail or by a name that only one of the round's people
    has, or chosen by the office. The writer never learns whether that person takes part.
    """

    preference = models.ForeignKey(Preference, models.CASCADE, related_name="aparts")
    named = models.CharField(max_length=254)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    is_settled = models.BooleanField(
        default=False, help_text=_("The office looked: nobody of this round is meant.")
    )

    objects = ApartQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["preference", "named"], name="apart_named_once")
        ]

    def __str__(self) -> str:
        return f"{self.preference_id}: {self.pk}"  # no name: this is private


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def visible_to(self, user: Any) -> Self:
        """The office."""
        if not user.is_authenticated or not user.has_role(Role.STAFF):
            return self.none()
        return self


class Proposal(Stateful):
    """One allocation of a round: made by the solver, adjusted by hand, then published."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        REPLACED = "replaced", _("replaced by a newer one")
        PUBLISHED = "published", _("published")

    TRANSITIONS = {State.PROPOSED: frozenset({State.REPLACED, State.PUBLISHED})}

    round = models.ForeignKey(Round, models.PROTECT, related_name="proposals")
    state = models.CharField(max_length=20, choices=State, default=State.PROPOSED)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    is_proven = models.BooleanField(
        default=True, help_text=_("It was proven in time that there is no better one.")
    )
    revision = models.PositiveIntegerField(
        default=0, help_text=_("Grows with each move by hand: what is published was looked at.")
    )
    replaced_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round"], condition=Q(state="proposed"), name="proposal_one_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["round"], condition=Q(state="published"), name="proposal_published_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round}, {self.get_state_display()}"


class PlacementQuerySet(models.QuerySet["Placement"]):
    def visible_to(self, user: Any) -> Self:
        """The office sees all; a person their own, once it is published."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(preference__user=user, proposal__state=Proposal.State.PUBLISHED)

    def to_carry_out(self) -> Self:
        """Published, and nobody was told yet."""
        return self.filter(proposal__state=Proposal.State.PUBLISHED, settled_at=None)


class Placement(models.Model):
    """Where somebody is placed, or that there is no place, and why."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="placements")
    preference = models.ForeignKey(Preference, models.PROTECT, related_name="placements")
    group = models.ForeignKey(Group, models.PROTECT, null=True, related_name="+")
    rank = models.PositiveSmallIntegerField(null=True, help_text=_("Which choice it was."))
    missed = models.JSONField(
        default=list,
        help_text=_("Dearer wishes that did not come true: group, rank, why, seats, as_dear."),
    )
    moved_at = models.DateTimeField(null=True)
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    move_reason = models.CharField(max_length=300, blank=True)
    application = models.ForeignKey(Application, models.PROTECT, null=True, related_name="+")
    problem = models.TextField(blank=True, help_text=_("Why no offer could be made."))
    settled_at = models.DateTimeField(
        null=True, help_text=_("When the offer or the letter was made, or could not be.")
    )

    objects = PlacementQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "preference"], name="placement_once_in_a_proposal"
            )
        ]
        indexes = [
            models.Index(
                fields=["proposal"], name="placement_to_carry_out", condition=Q(settled_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.preference.user} → {self.group or '–'}"
