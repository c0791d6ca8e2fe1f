"""Threads and posts, the same in a cohort's space and in an affinity space."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.models import Cohort
from scip.accounts.models import Role
from scip.community.models.spaces import AffinitySpace, spaces_of
from scip.states import Stateful

BODY_LENGTH = 5000


def within(user: Any, thread: str = "") -> Q:
    """The condition that a thread (by this prefix) lies in a space the person is in."""
    return Q(**{f"{thread}cohort__in": spaces_of(user)}) | Q(
        **{f"{thread}affinity__in": AffinitySpace.objects.entered_by(user)}
    )


def led_by(user: Any, thread: str = "") -> Q:
    """The condition that the person moderates the thread's space."""
    led = Q(**{f"{thread}cohort__in": Cohort.objects.facilitated_by(user)})
    if user.has_role(Role.FACILITATOR):
        led |= Q(**{f"{thread}affinity__host_id": user.pk})
    return led


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, user: Any) -> Self:
        """Those of the spaces one is in; nobody else's, the office included."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(within(user))


class Thread(models.Model):
    """A conversation about one thing."""

    cohort = models.ForeignKey(Cohort, models.PROTECT, null=True, related_name="threads")
    affinity = models.ForeignKey(AffinitySpace, models.CASCADE, null=True, related_name="threads")
    title = models.CharField(_("title"), max_length=120)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    started_at = models.DateTimeField(default=timezone.now)
    last_post_at = models.DateTimeField(default=timezone.now)
    token = models.UUIDField(default=uuid.uuid4, editable=False)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        verbose_name = _("thread")
        constraints = [
            models.UniqueConstraint(fields=["author", "token"], name="thread_started_once"),
            models.CheckConstraint(
                condition=Q(cohort__isnull=False, affinity__isnull=True)
                | Q(cohort__isnull=True, affinity__isnull=False),
                name="thread_in_one_space",
            ),
        ]
        indexes = [
            models.Index(fields=["cohort", "-last_post_at", "-id"], name="thread_of_cohort"),
            models.Index(fields=["affinity", "-last_post_at", "-id"], name="thread_of_affinity"),
        ]

    def __str__(self) -> str:
        return self.title


class PostQuerySet(models.QuerySet["Post"]):
    def visible_to(self, user: Any) -> Self:
        """Those of the spaces one is in; what a hidden one says is for its author and the
        space's facilitators (`Post.may_be_read_by`)."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(within(user, "thread__"))

    def moderated_by(self, user: Any) -> Self:
        """Those in spaces that the person leads or hosts."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(led_by(user, "thread__"))

    def readable(self) -> Self:
        """Neither hidden nor taken back: what counts as news."""
        return self.filter(state=Post.State.SHOWN, deleted_at=None)


class Post(Stateful):
    """What somebody wrote. Taken back, its words are gone and its place stays."""

    class State(models.TextChoices):
        SHOWN = "shown", _("shown")
        HIDDEN = "hidden", _("hidden")

    TRANSITIONS = {
        State.SHOWN: frozenset({State.HIDDEN}),
        State.HIDDEN: frozenset({State.SHOWN}),
    }

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="posts")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    body = models.TextField(_("text"), max_length=BODY_LENGTH, blank=True)
    written_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    token = models.UUIDField(default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=20, choices=State, default=State.SHOWN)
    hidden_at = models.DateTimeField(null=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    hide_reason = models.TextField(max_length=1000, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["author", "token"], name="post_written_once"),
            models.CheckConstraint(
                condition=(Q(deleted_at=None) & ~Q(body=""))
                | (Q(deleted_at__isnull=False) & Q(body="")),
                name="post_has_words_until_taken_back",
            ),
            models.CheckConstraint(
                condition=~Q(state="hidden") | ~Q(hide_reason=""), name="post_hidden_with_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["thread", "id"], name="post_of_thread"),
            models.Index(fields=["written_at"], name="post_by_moment"),
        ]

    def __str__(self) -> str:
        return f"{self.thread_id}, {self.pk}"

    @property
    def audit_subject(self) -> Any:
        """Its author; nobody in an affinity space, where the log must not tell who is in."""
        return None if self.thread.affinity_id else self.author

    def may_be_read_by(self, user: Any, *, is_leader: bool) -> bool:
        """Shown ones by everybody inside; hidden ones by their author and the leaders."""
        if self.deleted_at is not None:
            return False
        return self.state == self.State.SHOWN or is_leader or self.author_id == user.pk


class Reading(models.Model):
    """Up to when somebody has read a thread; what others wrote since is new to them."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="readings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    read_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["thread", "user"], name="thread_read_once_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.thread_id}: {self.user_id}"


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, user: Any) -> Self:
        """The office reads what was reported, one's own reports are one's own."""
        if not user.is_authenticated:
            return self.none()
        return self if user.has_role(Role.STAFF) else self.filter(reporter=user)

    def waiting(self) -> Self:
        return self.filter(state=Report.State.OPEN)


class Report(Stateful):
    """Somebody asks the office to look at a post. It sees that post and nothing beside it."""

    class State(models.TextChoices):
        OPEN = "open", _("to look at")
        KEPT = "kept", _("kept")
        UPHELD = "upheld", _("hidden")
        RELEASED = "released", _("shown again")

    TRANSITIONS = {
        State.OPEN: frozenset({State.KEPT, State.UPHELD}),
        State.UPHELD: frozenset({State.RELEASED}),
    }

    post = models.ForeignKey(Post, models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    reason = models.TextField(_("what troubles you"), max_length=1000)
    words = models.TextField(
        blank=True,
        editable=False,
        help_text=_("The post as it was when it was reported; kept while the office looks."),
    )
    reported_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    kept_at = models.DateTimeField(null=True)
    kept_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    upheld_at = models.DateTimeField(null=True)
    upheld_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("reported post")
        constraints = [
            models.UniqueConstraint(
                fields=["post", "reporter"],
                condition=Q(state="open"),
                name="report_one_open_per_person",
            )
        ]
        indexes = [
            models.Index(fields=["reported_at"], name="report_queue", condition=Q(state="open"))
        ]

    def __str__(self) -> str:
        return f"{self.post.thread.title}"

    @property
    def audit_subject(self) -> Any:
        return self.post.audit_subject
