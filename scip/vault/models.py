"""The rows that stand for confidential files: kept ones, and ones on their way in."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.states import Stateful


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    """Phrases about stored files."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> "StoredFileQuerySet":
        """Files that the person brought in.

        Anyone else's access comes from the row that the file belongs to (evidence, case material), so
        the owning app fetches that row with its own ``visible_to`` and follows it to the file.
        """
        if user.is_anonymous:
            return self.none()
        return self.filter(owner_id=user.pk)

    def readable(self) -> "StoredFileQuerySet":
        """Files that were not destroyed."""
        return self.filter(destroyed_at__isnull=True)

    def damaged(self) -> "StoredFileQuerySet":
        """Files that ought to open and did not when somebody last tried."""
        return self.readable().filter(damaged_at__isnull=False)


class Sealed(models.Model):
    """What is in storage in sealed form, with the key that opens it, wrapped."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256 of the plaintext"), max_length=64, blank=True)
    storage_name = models.CharField(_("name in storage"), max_length=255, unique=True)
    wrapped_key = models.BinaryField(_("wrapped key"))
    key_id = models.CharField(_("wrapping key"), max_length=16, db_index=True, blank=True)
    chunk_size = models.PositiveIntegerField(_("chunk size in bytes"))

    class Meta:
        abstract = True

    @property
    def is_destroyed(self) -> bool:
        """Whether the key was wiped."""
        return not self.key_id


class StoredFile(Sealed):
    """An encrypted file: its facts here, its sealed bytes in the storage named "vault".

    ``owner`` cascades on purpose. The wrapped key lives only in this row, so deleting a person deletes
    the keys of their files in the same statement and what is left in storage (and in its backups) can't
    be opened; ``sweep_orphans`` then removes it. A file that has to outlive its owner's account is
    protected by the row that owns it, not here.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="stored_files",
        verbose_name=_("owner"),
    )
    # What we made for a person, out of what they keep already: it counts for no quota.
    COPY = "export"

    purpose = models.SlugField(_("purpose"), max_length=40)
    original_name = models.CharField(_("original name"), max_length=255, blank=True)
    content_type = models.CharField(_("content type"), max_length=100)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    destroyed_at = models.DateTimeField(_("destroyed at"), null=True, blank=True, editable=False)
    damaged_at = models.DateTimeField(_("found unreadable"), null=True, blank=True, editable=False)
    # When somebody last looked whether it opens again: those that waited longest go first.
    looked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")
        ordering = ("-created_at", "id")
        indexes = (
            models.Index(
                fields=["damaged_at"],
                name="vault_damaged_files",
                condition=Q(damaged_at__isnull=False),
            ),
        )
        constraints = (
            models.CheckConstraint(
                name="vault_destroyed_means_no_key",
                condition=(Q(destroyed_at__isnull=True) & ~Q(wrapped_key=b"") & ~Q(key_id=""))
                | Q(
                    destroyed_at__isnull=False,
                    wrapped_key=b"",
                    key_id="",
                    sha256="",
                    original_name="",
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"

    def forget(self, now: datetime) -> None:
        """Wipe what opens or describes the file, on the instance only; the caller saves.

        The name and the hash go too: a name often holds a person's name, and a hash recognises a document.
        """
        self.wrapped_key = b""
        self.key_id = ""
        self.sha256 = ""
        self.original_name = ""
        self.destroyed_at = now


STUCK_AFTER = timedelta(minutes=30)
"""Five tries at a file (`arrivals.ask_again`): from then on somebody should look."""


class ArrivalQuerySet(models.QuerySet["Arrival"]):
    """Phrases about files on their way in."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> "ArrivalQuerySet":
        """The person's own: until something is made of it, a file belongs to nothing else."""
        if user.is_anonymous:
            return self.none()
        return self.filter(owner_id=user.pk)

    def unfinished(self) -> "ArrivalQuerySet":
        """Those that still hold parts, or a file that nobody took."""
        return self.exclude(state__in=[Arrival.State.TAKEN, Arrival.State.REFUSED])

    def stuck(self, now: datetime) -> "ArrivalQuerySet":
        """Here completely and not checked: held for the office, or waiting longer than a check
        takes, whatever keeps it (a silent scanner, a worker that is down, a damaged part)."""
        is_late = Q(state=Arrival.State.ARRIVED, arrived_at__lt=now - STUCK_AFTER)
        return self.filter(Q(state=Arrival.State.HELD) | is_late)


class Arrival(Stateful):
    """A large file on its way in, part by part.

    When all parts are there it is checked and sealed as one file (``ready``); the app that asked for
    it then takes that file (``taken``). What our scanner can't take is held for the office (``held``).
    What is never finished or taken is swept.
    """

    class State(models.TextChoices):
        ARRIVING = "arriving", _("arriving")
        ARRIVED = "arrived", _("being checked")
        HELD = "held", _("waits for the office")
        READY = "ready", _("checked")
        REFUSED = "refused", _("not taken in")
        TAKEN = "taken", _("taken")

    TRANSITIONS: ClassVar[Mapping[str, frozenset[str]]] = {
        State.ARRIVING: frozenset({State.ARRIVED}),
        State.ARRIVED: frozenset({State.READY, State.REFUSED, State.HELD}),
        State.HELD: frozenset({State.ARRIVED}),
        State.READY: frozenset({State.TAKEN}),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="arrivals",
        verbose_name=_("owner"),
    )
    purpose = models.SlugField(_("purpose"), max_length=40)
    name = models.CharField(_("name"), max_length=255)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    received = models.PositiveBigIntegerField(_("bytes received"), default=0)
    allowed = models.JSONField(_("kinds that may come in"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ARRIVING)
    arrived_at = models.DateTimeField(_("all here"), null=True, blank=True, editable=False)
    held_at = models.DateTimeField(_("held"), null=True, blank=True, editable=False)
    refusal = models.TextField(_("why it was not taken in"), blank=True)
    file = models.OneToOneField(
        StoredFile,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="arrival",
        verbose_name=_("file"),
    )
    began_at = models.DateTimeField(_("began"), default=timezone.now, editable=False)
    touched_at = models.DateTimeField(_("last part"), default=timezone.now, editable=False)

    objects = ArrivalQuerySet.as_manager()

    class Meta:
        verbose_name = _("file on its way in")
        verbose_name_plural = _("files on their way in")
        ordering = ("began_at", "id")
        indexes = (models.Index(fields=["state", "touched_at"], name="vault_arrival_waiting"),)
        constraints = (
            models.CheckConstraint(
                name="vault_arrival_within_its_size",
                condition=Q(received__lte=models.F("size"), size__gt=0),
            ),
            models.CheckConstraint(
                name="vault_arrival_whole_before_checked",
                condition=Q(state="arriving") | Q(received=models.F("size")),
            ),
            models.CheckConstraint(
                name="vault_arrival_refused_says_why",
                condition=~Q(state="refused", refusal=""),
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"

    @property
    def audit_subject(self) -> object:
        """The owner; the log never has the name of the file."""
        return self.owner

    @property
    def percent(self) -> int:
        """How much of it is here, rounded down."""
        return 100 * self.received // self.size


class ArrivalPart(Sealed):
    """One part as it came, sealed under a key of its own until the whole is sealed."""

    arrival = models.ForeignKey(
        Arrival,
        on_delete=models.CASCADE,
        related_name="parts",
        verbose_name=_("file on its way in"),
    )
    offset = models.PositiveBigIntegerField(_("first byte"))

    class Meta:
        verbose_name = _("part of a file on its way in")
        verbose_name_plural = _("parts of files on their way in")
        ordering = ("offset",)
        constraints = (
            models.UniqueConstraint(
                fields=["arrival", "offset"], name="vault_one_part_at_an_offset"
            ),
        )

    def __str__(self) -> str:
        return f"{self.arrival_id} at {self.offset}"


class Drawn(models.Model):
    """A paper that a worker draws while nobody has to wait, and seals; see `scip.vault.drawing`.

    A task draws it, may run twice, and commits each step, so that a page can say how far it is.
    """

    # Neither made nor given up.
    TO_MAKE: ClassVar[Q] = Q(made_at=None, problem="")

    class Step(models.TextChoices):
        WAITING = "waiting", _("in the queue")
        READING = "reading", _("reading what you wrote")
        DRAWING = "drawing", _("setting the pages")
        KEEPING = "keeping", _("sealing the file")
        MADE = "made", _("ready")

    step = models.CharField(max_length=10, choices=Step, default=Step.WAITING)
    document = models.OneToOneField(
        StoredFile, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(default=timezone.now)
    begun_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True, help_text=_("Why it can't be made."))

    class Meta:
        abstract = True

    @property
    def steps_done(self) -> int:
        """How many of the steps lie behind it, for the bar on the page."""
        return list(self.Step.values).index(self.step)

    @property
    def steps_in_all(self) -> int:
        return len(self.Step.values) - 1

    @property
    def is_under_way(self) -> bool:
        """Asked for, and neither made nor given up."""
        return self.made_at is None and not self.problem
