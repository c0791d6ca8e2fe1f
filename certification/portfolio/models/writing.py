"""What a candidate writes: case studies in their guided shape, write-ups and reflections."""

from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from certification.portfolio.models.openings import opened_to_office
from certification.portfolio.models.portfolios import (
    ClientLabel,
    OwnQuerySet,
    Portfolio,
    supervised_today,
)
from supervision.models import Competency

# 50,000 words of most languages fit into one part; what is longer is told, not cut.
LONGEST_PART = 400_000


class Texts(models.Model):
    """Texts in parts that save themselves. ``revision`` grows with every change, so that two
    windows never write over each other."""

    TEXTS: ClassVar[tuple[str, ...]]
    PARTS: ClassVar[tuple[str, ...]]

    revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    def filled_parts(self) -> tuple[str, ...]:
        """Names of the parts with something in them."""
        return tuple(name for name in self.PARTS if self.has_part(name))

    def empty_parts(self) -> tuple[str, ...]:
        """What the parts with nothing in them are called."""
        names = (name for name in self.PARTS if not self.has_part(name))
        return tuple(capfirst(str(self._meta.get_field(name).verbose_name)) for name in names)  # type: ignore[union-attr]

    def has_part(self, name: str) -> bool:
        value = getattr(self, name)
        return bool(value.strip() if isinstance(value, str) else value)


class Writing(Texts):
    """What stands in a portfolio: it shows competencies, and its writer says when it is done."""

    competencies = models.ManyToManyField(
        Competency,
        verbose_name=_("competencies it shows"),
        blank=True,
        related_name="+",
        help_text=_("Those that somebody else could see in what you wrote. One or two are plenty."),
    )
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_done(self) -> bool:
        return self.done_at is not None

    def has_part(self, name: str) -> bool:
        """Looks at prefetched competencies."""
        if name == "competencies":
            return bool(self.competencies.all())
        return super().has_part(name)

    @property
    def standing(self) -> str:
        """``done``, ``started`` or ``empty``."""
        if self.is_done:
            return "done"
        return "started" if self.filled_parts() else "empty"


class CaseStudyQuerySet(OwnQuerySet):
    def visible_to(self, user: Any) -> Self:
        """The candidate; their current supervisor, those that the candidate shows them. Of the
        office only whoever opened this one with a reason, for as long as that lasts."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            Q(portfolio__candidacy__user=user)
            | self.shown(user)
            | Q(pk__in=opened_to_office(user, "case"))
        )

    def written_by(self, user: Any) -> Self:
        """One's own, for everything but reading."""
        return super().visible_to(user)

    def shown_to(self, user: Any) -> Self:
        """Those that candidates show to somebody as their supervisor of today."""
        return self.filter(self.shown(user)) if user.is_authenticated else self.none()

    @staticmethod
    def shown(user: Any) -> Q:
        return Q(shown_at__isnull=False, portfolio__candidacy__in=supervised_today(user))


class CaseStudy(Writing):
    """One of the short case studies. Its parts follow the field's model: was the client ready,
    when was self-compassion left aside, at which of three levels did it enter."""

    class Level(models.TextChoices):
        PRESENCE = "presence", _("Compassionate presence: how you were with yourself")
        ALLIANCE = "alliance", _("Compassionate alliance: how you were with the client")
        INTERVENTIONS = (
            "interventions",
            _("Compassionate interventions: how the client came to be with themselves"),
        )

    TEXTS = ("population", "readiness", "not_introduced", "practice", "happened", "reflection")
    PARTS = (
        "population",
        "readiness",
        "not_introduced",
        "levels",
        "practice",
        "happened",
        "competencies",
        "reflection",
    )

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="cases")
    number = models.PositiveSmallIntegerField()
    label = models.ForeignKey(
        ClientLabel,
        models.PROTECT,
        verbose_name=_("client"),
        null=True,
        blank=True,
        related_name="cases",
        help_text=_("An anonymous label; several case studies may share one."),
    )
    population = models.TextField(
        _("Population and topic"),
        blank=True,
        max_length=LONGEST_PART,
        help_text=_(
            "Whom did you work with, in broad strokes, and what did they come with? An age range "
            "says as much as an age, a line of work as much as an employer."
        ),
    )
    readiness = models.TextField(
        _("Readiness and alliance"),
        blank=True,
        max_length=LONGEST_PART,
        help_text=_(
            "What told you that the ground would hold? How was it between the two of you, and "
            "could your client take in some kindness from you?"
        ),
    )
    not_introduced = models.TextField(
        _("When you left self-compassion aside, and why"),
        blank=True,
        max_length=LONGEST_PART,
        help_text=_(
            "A moment when you waited or chose something else, and what you saw that made you "
            "wait. If there was none, say what made the way free."
        ),
    )
    levels = ArrayField(
        models.CharField(max_length=20, choices=Level),
        verbose_name=_("Where self-compassion came in"),
        default=list,
        blank=True,
        help_text=_("Often it is more than one."),
    )
    practice = models.TextField(
        _("The practice, and how you adapted it"),
        blank=True,
        max_length=LONGEST_PART,
        help_text=_(
            "What did you offer, how small did you begin, and what did you change for this person?"
        ),
    )
    happened = models.TextField(
        _("What happened"),
        blank=True,
        max_length=LONGEST_PART,
        help_text=_(
            "In the room and afterwards: what did you notice in your client, in yourself, between "
            "you? What did not work belongs here, too."
        ),
    )
    reflection = models.TextField(
        _("Reflection"),
        blank=True,
        max_length=LONGEST_PART,
        help_text=_("What do you take from it, and what would you do differently next time?"),
    )
    shown_at = models.DateTimeField(null=True, blank=True)

    objects = CaseStudyQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        verbose_name = _("case study")
        verbose_name_plural = _("case studies")
        constraints = [
            # Taking one out moves the later ones up, which may touch for a moment.
            models.UniqueConstraint(
                fields=["portfolio", "number"],
                name="case_study_numbered_once",
                deferrable=models.Deferrable.DEFERRED,
            )
        ]

    def __str__(self) -> str:
        return str(_("Case study {number}")).format(number=self.number)


class WriteUp(Writing):
    """A longer text: a case written up, or a reflection on one's own work."""

    class Kind(models.TextChoices):
        CASE = "case", _("case write-up")
        REFLECTION = "reflection", _("clinical reflection")

    TEXTS = ("title", "text")
    PARTS = ("title", "text", "competencies")

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="write_ups")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    title = models.CharField(_("Title"), blank=True, max_length=160)
    text = models.TextField(
        _("Text"),
        blank=True,
        max_length=LONGEST_PART,
        help_text=_(
            "One case in its length, or what your work asks of you at present. Take the room that "
            "it needs; labels stand for people here as well."
        ),
    )

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("write-up")
        verbose_name_plural = _("write-ups")

    def __str__(self) -> str:
        return self.title or str(self.Kind(self.kind).label).capitalize()
