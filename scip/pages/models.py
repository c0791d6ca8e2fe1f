"""What the office edits on the public site, and what visitors write to it."""

from typing import Any, Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from scip.accounts.models import Role
from scip.formats import initials
from scip.states import Stateful

OWN_PATH = RegexValidator(
    r"^/[a-z0-9][a-z0-9/_-]*/(#[a-z0-9-]+)?$", _("Use a page of this site, for example /fees/.")
)


class FacultyQuerySet(models.QuerySet["FacultyMember"]):
    def visible_to(self, user: Any) -> Self:
        """Those that are shown; the office sees all."""
        if user.is_authenticated and user.has_role(Role.STAFF):
            return self
        return self.shown()

    def shown(self) -> Self:
        return self.filter(is_shown=True)


class FacultyMember(models.Model):
    """Somebody who teaches, as shown on the public site."""

    name = models.CharField(max_length=160)
    credentials_suffix = models.CharField(max_length=60, blank=True)
    role = models.CharField(max_length=120, blank=True)
    place = models.CharField(max_length=120, blank=True)
    biography = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_shown = models.BooleanField(default=True)

    objects = FacultyQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("faculty member")
        verbose_name_plural = _("faculty")

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        """First letters of the first and the last word, for the round beside the name."""
        return initials(self.name)


class FaqQuerySet(models.QuerySet["FaqEntry"]):
    def visible_to(self, user: Any) -> Self:
        """Those that are shown; the office sees all."""
        if user.is_authenticated and user.has_role(Role.STAFF):
            return self
        return self.shown()

    def shown(self) -> Self:
        return self.filter(is_shown=True)


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
    answer = models.TextField(
        help_text=_("Keep figures and fees out of it: they live in the Edition. Link instead.")
    )
    link_path = models.CharField(
        max_length=120,
        blank=True,
        validators=[OWN_PATH],
        help_text=_("A page of this site to read on, for example /fees/."),
    )
    link_label = models.CharField(max_length=80, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_shown = models.BooleanField(default=True)
    is_on_home = models.BooleanField(default=False, help_text=_("Also on the first page."))

    objects = FaqQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("question")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(link_path="", link_label="")
                | (~models.Q(link_path="") & ~models.Q(link_label="")),
                name="faq_link_whole",
                violation_error_message=_("A link needs both its page and its words."),
            )
        ]

    def __str__(self) -> str:
        return self.question


class InterestQuerySet(models.QuerySet["InterestEntry"]):
    def visible_to(self, user: Any) -> Self:
        """The office alone."""
        if user.is_authenticated and user.has_role(Role.STAFF):
            return self
        return self.none()


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

    objects = InterestQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint("about", models.functions.Lower("email"), name="interest_once")
        ]
        verbose_name = _("entry of the interest list")
        verbose_name_plural = _("interest list")

    def __str__(self) -> str:
        return f"{self.email}: {self.get_about_display()}"


class ContactQuerySet(models.QuerySet["ContactMessage"]):
    def visible_to(self, user: Any) -> Self:
        """The office alone."""
        if user.is_authenticated and user.has_role(Role.STAFF):
            return self
        return self.none()

    def waiting(self) -> Self:
        """Nobody has dealt with them yet."""
        return self.filter(state=ContactMessage.State.NEW)


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

    set_aside_at = models.DateTimeField(null=True, blank=True)
    set_aside_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("message")
        verbose_name_plural = _("messages to the office")
        indexes = [
            models.Index(
                fields=["created_at"], name="contact_queue", condition=models.Q(state="new")
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.created_at:%Y-%m-%d}"
