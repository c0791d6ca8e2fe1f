"""A listing: what a certified person wishes the public to read about them, and nothing else."""

import secrets
from datetime import date, datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from scip.accounts.models import Role
from scip.credentials.models import Credential, today
from scip.directory.models.vocabulary import Population, Topic
from scip.states import Stateful

KEY_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
KEY_LENGTH = 8
# Latin letters that are not another one with a mark, so that no decomposition finds it.
AS_WRITTEN_PLAINLY = str.maketrans(
    {"ł": "l", "Ł": "L", "ı": "i", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D",
     "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "þ": "th", "Þ": "Th"}
)  # fmt: skip
# What a person shows or keeps to themselves, one by one.
OPTIONAL = (
    "suffix",
    "place",
    "languages",
    "topics",
    "populations",
    "meeting",
    "accepting",
    "website",
    "licence",
)


def new_key() -> str:
    """The part of an address that stays when a name changes."""
    return "".join(secrets.choice(KEY_ALPHABET) for _i in range(KEY_LENGTH))


def slug_of(name: str, key: str) -> str:
    """The part of an address that says who: the name, readable, and the key that finds it."""
    plain = slugify(name.translate(AS_WRITTEN_PLAINLY))[:60].strip("-")
    return "-".join(part for part in (plain, key) if part)


class ListingQuerySet(models.QuerySet["Listing"]):
    def visible_to(self, user: Any) -> Self:
        """The public sees what is listed; people see their own too, the office sees all."""
        if not user.is_authenticated:
            return self.listed()
        if user.has_role(Role.STAFF):
            return self
        listed = Listing.objects.listed().values("pk")
        return self.filter(Q(pk__in=listed) | Q(user=user))

    def listed(self, on: date | None = None) -> Self:
        """Published by their owner, whose certification is in force on a day (default today).

        Asked afresh each time: what is revoked, suspended or over is gone in the same moment.
        """
        in_force = Credential.objects.in_force(on or today())
        held = in_force.filter(kind=Credential.Kind.CERTIFIED, user_id=OuterRef("user_id"))
        return self.filter(Exists(held), state=Listing.State.PUBLISHED)


class Listing(Stateful):
    """One person's entry in the directory. The row holds what is shown.

    What its owner typed and does not show lies in ``withheld``, which no public query reads: a
    search, a count or a page cannot tell what its columns do not have. ``name`` and ``suffix``
    follow the credential by a trigger; ``words`` is what a search may find beside them.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("not published yet")
        PUBLISHED = "published", _("published")
        HIDDEN = "hidden", _("hidden")

    class Accepting(models.TextChoices):
        YES = "yes", _("taking on clients")
        NO = "no", _("no room at the moment")

    TRANSITIONS = {
        State.DRAFT: frozenset({State.PUBLISHED, State.HIDDEN}),
        State.PUBLISHED: frozenset({State.HIDDEN}),
        State.HIDDEN: frozenset({State.PUBLISHED}),
    }

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="listing")
    key = models.CharField(max_length=12, unique=True, default=new_key, editable=False)
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)

    name = models.CharField(max_length=200)
    suffix = models.CharField(max_length=60, blank=True)
    shows_suffix = models.BooleanField(default=False)
    country = CountryField(blank=True)
    region = models.CharField(max_length=80, blank=True)
    city = models.CharField(max_length=80, blank=True)
    languages = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    topics = ArrayField(models.CharField(max_length=20, choices=Topic), default=list, blank=True)
    populations = ArrayField(
        models.CharField(max_length=20, choices=Population), default=list, blank=True
    )
    is_online = models.BooleanField(default=False)
    is_in_person = models.BooleanField(default=False)
    accepting = models.CharField(max_length=10, choices=Accepting, blank=True)
    website = models.URLField(max_length=200, blank=True)
    # Public by consent, re-encoded on the way in; to take it back is to remove it.
    photo = models.ImageField(upload_to="listings/", blank=True)
    shows_licence = models.BooleanField(default=False)
    withheld = models.JSONField(default=dict, blank=True)
    words = models.TextField(blank=True, editable=False)

    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    hold_reason = models.TextField(
        blank=True,
        max_length=1500,
        help_text=_("Why the office hid it; while it stands, only the office can open the way."),
    )
    confirmed_at = models.DateTimeField(
        null=True, help_text=_("When its owner last said that all of it is true.")
    )
    question_due_at = models.DateTimeField(null=True)
    accepting_until = models.DateTimeField(
        null=True, help_text=_("Until when “taking on clients” is believed without an answer.")
    )

    # Three columns that a trigger writes from the others (migration 0001), for order and search.
    sort_name = models.TextField(default="", editable=False)
    short_text = models.TextField(default="", editable=False)
    lexemes = SearchVectorField(null=True, editable=False)

    objects = ListingQuerySet.as_manager()

    class Meta:
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published")
                | (Q(published_at__isnull=False, confirmed_at__isnull=False) & Q(hold_reason="")),
                name="listing_published_and_true",
            ),
            models.CheckConstraint(
                condition=Q(website="") | Q(website__startswith="https://"),
                name="listing_website_over_https",
            ),
        ]
        indexes = [
            models.Index(
                fields=["sort_name", "id"], name="listing_by_name", condition=Q(state="published")
            ),
            models.Index(
                fields=["country", "sort_name", "id"],
                name="listing_by_country",
                condition=Q(state="published"),
            ),
            models.Index(
                fields=["question_due_at"],
                name="listing_to_ask",
                condition=Q(state="published"),
            ),
            GinIndex(fields=["lexemes"], name="listing_words"),
            GinIndex(OpClass(F("short_text"), "gin_trgm_ops"), name="listing_alike"),
            GinIndex(fields=["languages"], name="listing_languages"),
            GinIndex(fields=["topics"], name="listing_topics"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def slug(self) -> str:
        """The address: the name as it is today, and the key that stays."""
        return slug_of(self.name, self.key)

    @property
    def is_published(self) -> bool:
        return bool(self.state == self.State.PUBLISHED)

    @property
    def is_held(self) -> bool:
        """Did the office hide it, and has not let go yet?"""
        return bool(self.hold_reason)


def takes_clients(said: str, until: datetime | None, now: datetime) -> bool:
    """Says yes, and said so not too long ago."""
    return said == Listing.Accepting.YES and until is not None and until > now


def key_of(slug: str) -> str:
    """The lasting part of an address."""
    return slug.rpartition("-")[2]
