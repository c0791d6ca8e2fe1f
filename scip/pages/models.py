"""What the office edits on the public site, and what visitors write to it."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from scip.states import Stateful


class FacultyMember(models.Model):
    """Somebody who teaches, as shown on the public site."""

    name = models.CharField(max_length=160)
    credentials_suffix = models.CharField(max_length=60, blank=True)
    role = models.CharField(max_length=120, blank=True)
    place = models.CharField(max_length=120, blank=True)
    biography = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_shown = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "faculty"

    def __str__(self) -> str:
        return self.name


class FaqEntry(models.Model):
    """A question and its answer. Paragraphs are separated by an empty line."""

    class Topic(models.TextChoices):
        PROGRAMME = "programme", _("The programme")
        APPLYING = "applying", _("Applying")
        MONEY = "money", _("Fees and support")
        ATTENDING = "attending", _("Attending")
        CERTIFICATION = "certification", _("Certification")

    topic = models.CharField(max_length=20, choices=Topic)
    question = models.CharField(max_length=200, unique=True)
    answer = models.TextField()
    position = models.PositiveSmallIntegerField(default=0)
    is_shown = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = "question"

    def __str__(self) -> str:
        return self.question


class InterestEntry(models.Model):
    """Somebody who wants to hear when something opens."""

    class About(models.TextChoices):
        LEVEL_A = "level_a", _("Level A: the next learning cohort")
        LEVEL_B = "level_b", _("Level B: consultation groups")
        CERTIFICATION = "certification", _("Level C: certification")

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=200, blank=True)
    country = CountryField(blank=True)
    about = models.CharField(max_length=20, choices=About)
    note = models.TextField(max_length=2000, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("about", models.functions.Lower("email"), name="interest_once")
        ]
        verbose_name_plural = "interest list"

    def __str__(self) -> str:
        return f"{self.email}: {self.get_about_display()}"


class ContactMessage(Stateful):
    """A message of a visitor to the office."""

    class State(models.TextChoices):
        NEW = "new", _("new")
        ANSWERED = "answered", _("answered")
        SET_ASIDE = "set_aside", _("set aside")

    TRANSITIONS = {
        State.NEW: frozenset({State.ANSWERED, State.SET_ASIDE}),
        State.SET_ASIDE: frozenset({State.NEW, State.ANSWERED}),
    }

    name = models.CharField(max_length=200)
    email = models.EmailField(max_length=254)
    message = models.TextField(max_length=5000)
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=20, choices=State, default=State.NEW)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.name}, {self.created_at:%Y-%m-%d}"
