"""What facilitators bring to their group: materials and announcements."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.models import Cohort, Session
from scip.community.models.spaces import spaces_of
from scip.states import Stateful
from scip.vault.models import StoredFile


class MaterialQuerySet(models.QuerySet["Material"]):
    def visible_to(self, user: Any) -> Self:
        """Published ones of one's spaces; drafts too where one leads."""
        if not user.is_authenticated:
            return self.none()
        led = Cohort.objects.facilitated_by(user).values("pk")
        return self.filter(
            Q(state=Material.State.PUBLISHED, cohort__in=spaces_of(user)) | Q(cohort__in=led)
        )


class Material(Stateful):
    """A file or a link for the group, about one session or in general.

    Teaching materials only: live sessions are not recorded (`domain.md`, policy "recordings").
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")

    TRANSITIONS = {
        State.DRAFT: frozenset({State.PUBLISHED}),
        State.PUBLISHED: frozenset({State.DRAFT}),
    }

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="materials")
    session = models.ForeignKey(
        Session, models.PROTECT, null=True, blank=True, related_name="materials"
    )
    title = models.CharField(_("title"), max_length=120)
    note = models.TextField(_("note"), max_length=1500, blank=True)
    url = models.URLField(_("link"), max_length=500, blank=True)
    document = models.ForeignKey(StoredFile, models.RESTRICT, null=True, related_name="+")
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = MaterialQuerySet.as_manager()

    class Meta:
        verbose_name = _("material")
        constraints = [
            models.CheckConstraint(
                condition=(Q(url="") & Q(document__isnull=False))
                | (~Q(url="") & Q(document__isnull=True)),
                name="material_is_file_or_link",
            )
        ]
        indexes = [models.Index(fields=["cohort", "state"], name="material_of_cohort")]

    def __str__(self) -> str:
        return self.title

    @property
    def audit_subject(self) -> Any:
        """A page for a group is about nobody in particular."""
        return None


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def visible_to(self, user: Any) -> Self:
        """Those of the spaces one is in."""
        return self.filter(cohort__in=spaces_of(user))


class Announcement(models.Model):
    """A letter of a facilitator to everybody in the group, kept on its home page."""

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="announcements")
    subject = models.CharField(_("subject"), max_length=120)
    body = models.TextField(_("letter"), max_length=5000)
    sent_at = models.DateTimeField(default=timezone.now)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    token = models.UUIDField(
        default=uuid.uuid4, editable=False, help_text=_("The form's; it is sent once.")
    )

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sent_by", "token"], name="announcement_sent_once")
        ]
        indexes = [models.Index(fields=["cohort", "-sent_at"], name="announcement_of_cohort")]

    def __str__(self) -> str:
        return self.subject
