"""What was frozen, never to change, and the papers drawn from it."""

import hashlib
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.portfolio.models import OfficeAccess
from certification.review.models.submissions import Submission
from scip.vault.models import Drawn, StoredFile


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def visible_to(self, user: Any) -> Self:
        """The candidate whose work it is. The office is outside: it knows number, day and hash from
        the submission's page; the one way in is an act with a reason that still runs. The
        committee's way to it is `queries.reading`."""
        if not user.is_authenticated:
            return self.none()
        running = OfficeAccess.objects.running(user).exclude(frozen=None)
        opened = Q(pk__in=running.values("frozen__snapshot"))
        return self.filter(Q(submission__candidacy__user=user) | opened)

    def without_texts(self) -> Self:
        """Number, days and hashes alone."""
        return self.defer("content", "recommendation")


class Snapshot(models.Model):
    """A submission as it was in one moment: canonical JSON, and the hash of its bytes.

    ``content`` is everything that its candidate may read; ``recommendation`` is the supervisor's
    letter, for the committee alone, and ``content`` carries its hash. Triggers keep the row: the
    one change they allow blanks both texts for good (``erased_at``), and the hashes stay.
    """

    submission = models.OneToOneField(Submission, models.PROTECT, related_name="snapshot")
    frozen_at = models.DateTimeField(default=timezone.now)
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    recommendation = models.TextField()
    recommendation_sha256 = models.CharField(max_length=64)
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        verbose_name = _("frozen submission")
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(content="", recommendation=""),
                name="snapshot_erased_means_blank",
            )
        ]

    def __str__(self) -> str:
        return f"{self.submission_id}: {self.sha256[:12]}"

    @property
    def is_content_true(self) -> bool:
        """Has what was frozen the hash that was taken then?"""
        return sha256_of(self.content) == self.sha256

    @property
    def is_true(self) -> bool:
        """The same of both texts, the supervisor's letter too."""
        return self.is_content_true and sha256_of(self.recommendation) == self.recommendation_sha256


def sha256_of(text: str) -> str:
    """The hash of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


class DossierQuerySet(models.QuerySet["Dossier"]):
    def visible_to(self, user: Any) -> Self:
        """The candidate's copy, which has nothing of the recommendation's text, for whoever may
        read what it was drawn from. The committee's way to theirs is `queries.reading`."""
        snapshots = Snapshot.objects.visible_to(user).order_by()
        return self.filter(audience=Dossier.Audience.CANDIDATE, snapshot__in=snapshots.values("pk"))

    def to_make(self) -> Self:
        """Neither made nor given up, of what was not erased."""
        return self.filter(Drawn.TO_MAKE, snapshot__erased_at=None)


class Dossier(Drawn):
    """The PDF of a snapshot. Made by a task that may run twice; kept in the vault."""

    PURPOSE = "dossier"

    class Audience(models.TextChoices):
        CANDIDATE = "candidate", _("for the candidate")
        COMMITTEE = "committee", _("for the committee")

    class Step(models.TextChoices):
        WAITING = "waiting", _("in the queue")
        READING = "reading", _("reading what was frozen")
        DRAWING = "drawing", _("setting the pages")
        KEEPING = "keeping", _("sealing the file")
        MADE = "made", _("ready")

    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="dossiers")
    audience = models.CharField(max_length=10, choices=Audience)
    step = models.CharField(max_length=10, choices=Step, default=Step.WAITING)
    document = models.OneToOneField(
        StoredFile, models.SET_NULL, null=True, blank=True, related_name="dossier"
    )
    sha256 = models.CharField(max_length=64, blank=True)

    objects = DossierQuerySet.as_manager()

    class Meta:
        verbose_name = _("dossier")
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "audience"], name="dossier_once_each"),
            models.CheckConstraint(
                condition=Q(made_at=None) | ~Q(sha256=""), name="dossier_made_with_hash"
            ),
        ]
        indexes = [
            models.Index(fields=["requested_at"], name="dossier_to_make", condition=Q(made_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.snapshot_id}, {self.audience}"

    @property
    def is_damaged(self) -> bool:
        """It is made, and its file does not open any more; while it is drawn anew, it is not."""
        file = self.document
        if file is None or self.made_at is None:
            return False
        return file.damaged_at is not None and not file.is_destroyed
