"""Excerpts of sessions: recordings and transcripts, with what their therapist vouches for."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.portfolio.models.openings import opened_to_office
from certification.portfolio.models.portfolios import Portfolio, supervised_today
from certification.portfolio.models.writing import CaseStudy
from scip.vault.models import StoredFile
from supervision.models import Competency


class ExcerptQuerySet(models.QuerySet["Excerpt"]):
    def visible_to(self, user: Any) -> Self:
        """The candidate, and their supervisor of today. Of the office only whoever opened this one
        with a reason, for as long as that lasts."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            Q(portfolio__candidacy__user=user)
            | self.open_to_supervisor(user)
            | Q(removed_at=None, pk__in=opened_to_office(user, "excerpt"))
        )

    def written_by(self, user: Any) -> Self:
        """One's own, for everything but looking."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(portfolio__candidacy__user=user)

    def shown_to(self, user: Any) -> Self:
        """Those of candidates whose supervisor somebody is today."""
        return self.filter(self.open_to_supervisor(user)) if user.is_authenticated else self.none()

    @staticmethod
    def open_to_supervisor(user: Any) -> Q:
        return Q(removed_at=None, portfolio__candidacy__in=supervised_today(user))


class Excerpt(models.Model):
    """A piece of a session that shows how the candidate works: kept in the vault, or shown in person.

    What the therapist vouched for stands in the row in the words of that day. A removed excerpt stays
    as a line that says that there was one.
    """

    # What its files are called in the vault.
    PURPOSE = "excerpt"

    class Kind(models.TextChoices):
        AUDIO = "audio", _("sound recording")
        VIDEO = "video", _("video recording")
        TRANSCRIPT = "transcript", _("transcript")

    class Scope(models.TextChoices):
        SUPERVISION = "supervision", _("for my supervision only")
        REVIEW = "review", _("for my supervision and the committee’s review")

    class Identity(models.TextChoices):
        REMOVED = "removed", _("Nobody can be recognised in what is said or written")
        CONSENTED = "consented", _("My client agreed to being recognisable in it")

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="excerpts")
    case = models.ForeignKey(
        CaseStudy,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("case study it belongs to"),
        related_name="excerpts",
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    title = models.CharField(
        _("title"),
        max_length=160,
        help_text=_("Without names, for example: Client B, twelve minutes, soothing touch."),
    )
    note = models.TextField(
        _("what to listen for"),
        max_length=4000,
        blank=True,
        help_text=_("What led up to it, and what you would like to be seen."),
    )
    document = models.OneToOneField(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="excerpt"
    )
    is_shown_in_person = models.BooleanField(default=False)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    consent_on = models.DateField(
        _("day of your client’s consent"),
        help_text=_("The written consent stays with you, in your client’s record."),
    )
    consent_scope = models.CharField(_("your client agreed to it"), max_length=12, choices=Scope)
    competencies = models.ManyToManyField(
        Competency,
        verbose_name=_("competencies it shows"),
        blank=True,
        related_name="+",
        help_text=_("Those that somebody else could hear or see in it. One or two are plenty."),
    )
    identity = models.CharField(_("who can be recognised"), max_length=12, choices=Identity)
    wording = models.TextField(editable=False)
    wording_version = models.PositiveSmallIntegerField(editable=False)
    attested_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ExcerptQuerySet.as_manager()

    class Meta:
        ordering = ["attested_at", "pk"]
        verbose_name = _("excerpt")
        constraints = [
            models.CheckConstraint(
                name="excerpt_kept_or_shown",
                condition=Q(is_shown_in_person=True, document=None)
                | Q(is_shown_in_person=False, document__isnull=False),
            ),
            models.CheckConstraint(
                name="excerpt_seen_only_in_person",
                condition=Q(seen_at=None) | Q(is_shown_in_person=True),
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(_("Removed excerpt"))

    @property
    def is_recording(self) -> bool:
        """Whether a player plays it."""
        return self.kind != self.Kind.TRANSCRIPT

    @property
    def is_evidence(self) -> bool:
        """Whether it counts: kept here, or seen by the supervisor; not once it was removed."""
        return self.removed_at is None and (
            self.document_id is not None or self.seen_at is not None
        )
