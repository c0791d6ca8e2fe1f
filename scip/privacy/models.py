"""Requests to be erased, and to take one's data along."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.accounts.models import Role
from scip.states import Stateful
from scip.vault.models import StoredFile


class ErasureRequestQuerySet(models.QuerySet["ErasureRequest"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(person=user)

    def open(self) -> Self:
        return self.filter(state=ErasureRequest.State.ASKED)


class ErasureRequest(Stateful):
    """Somebody asks us to erase what is about them. Until ``due_at`` they can change their mind.

    What stands in the way when the day has come is kept as the codes of the findings
    (``held_up_by``); it is looked at again and again, and nobody has to ask a second time.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("waiting")
        WITHDRAWN = "withdrawn", _("withdrawn")
        CARRIED_OUT = "carried_out", _("carried out")

    TRANSITIONS = {
        State.ASKED: frozenset({State.WITHDRAWN, State.CARRIED_OUT}),
    }

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="erasure_requests",
        verbose_name=_("person"),
    )
    state = models.CharField(max_length=20, choices=State, default=State.ASKED)
    takes_down_credentials = models.BooleanField(
        _("takes certificates down"),
        default=False,
        help_text=_("Certificates lose the name, and their page says that they were taken down."),
    )
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    letter_note = models.TextField(
        _("how the request came"),
        max_length=1000,
        blank=True,
        help_text=_("When it came by letter: how you made sure who is asking."),
    )
    due_at = models.DateTimeField(_("to be carried out from"))
    held_up_by = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    held_up_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    carried_out_at = models.DateTimeField(null=True)

    objects = ErasureRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to be erased")
        verbose_name_plural = _("requests to be erased")
        ordering = ("-asked_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=["person"], condition=Q(state="asked"), name="erasure_asked_once"
            ),
            models.CheckConstraint(
                name="erasure_waits_some_time", condition=Q(due_at__gte=models.F("asked_at"))
            ),
            models.CheckConstraint(
                name="erasure_carried_out_after_the_wait",
                condition=Q(carried_out_at=None) | Q(carried_out_at__gte=models.F("due_at")),
            ),
        )
        indexes = (models.Index(fields=["due_at"], name="erasure_due", condition=Q(state="asked")),)

    def __str__(self) -> str:
        return f"{self.person_id}, {self.asked_at:%Y-%m-%d}"

    @property
    def audit_subject(self) -> Any:
        return self.person


class DataExportQuerySet(models.QuerySet["DataExport"]):
    def visible_to(self, user: Any) -> Self:
        """One's own and nobody else's, not even for the office: it holds everything."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(person=user)

    def open(self) -> Self:
        """Asked for and not there yet."""
        return self.filter(state__in=DataExport.OPEN)


class DataExport(Stateful):
    """Somebody takes their data along: zip files that a worker makes, one part after the other.

    ``touched_at`` is when somebody last worked on it, ``attempts`` how often the part that is next
    was begun. The parts are destroyed at ``until_at``.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("waiting")
        MAKING = "making", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("not made")
        EXPIRED = "expired", _("gone")

    OPEN = (State.ASKED, State.MAKING)
    TRANSITIONS = {
        State.ASKED: frozenset({State.MAKING}),
        State.MAKING: frozenset({State.READY, State.FAILED}),
        State.FAILED: frozenset({State.ASKED, State.EXPIRED}),
        State.READY: frozenset({State.EXPIRED}),
    }
    FIRST_STAMPS: ClassVar[frozenset[str]] = frozenset({"asked_at", "making_at"})

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="data_exports",
        verbose_name=_("person"),
    )
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    percent = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now)
    making_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(_("can be fetched until"), null=True)
    failed_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)

    objects = DataExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("copy of somebody’s data")
        verbose_name_plural = _("copies of people’s data")
        ordering = ("-asked_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(state__in=["asked", "making"]),
                name="export_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(percent__lte=100), name="export_percent_within_a_hundred"
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(ready_at__isnull=False, until_at__isnull=False),
                name="export_ready_has_an_end",
            ),
        )
        indexes = (
            models.Index(
                fields=["state", "touched_at"],
                name="export_to_follow",
                condition=~Q(state="expired"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id}, {self.asked_at:%Y-%m-%d}"

    @property
    def audit_subject(self) -> Any:
        return self.person

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_failed(self) -> bool:
        return self.state == self.State.FAILED

    @property
    def is_gone_early(self) -> bool:
        """Destroyed before its day, with a file that was in it."""
        gone, until = self.expired_at, self.until_at
        return gone is not None and until is not None and gone < until

    def can_be_fetched(self, now: datetime | None = None) -> bool:
        """Ready, and its days are not over (the sweep may be a little later)."""
        end = self.until_at
        return self.state == self.State.READY and end is not None and end > (now or timezone.now())


class ExportPart(models.Model):
    """One zip file of a copy: which sealed files go into it, and once it is made, itself sealed."""

    export = models.ForeignKey(DataExport, models.CASCADE, related_name="parts")
    number = models.PositiveSmallIntegerField()
    files = ArrayField(models.UUIDField(), default=list)
    archive = models.OneToOneField(
        StoredFile, models.SET_NULL, null=True, related_name="export_part"
    )
    made_at = models.DateTimeField(null=True)
    lost = models.PositiveSmallIntegerField(
        default=0, help_text=_("Files that could not be read; the zip file names them.")
    )

    class Meta:
        verbose_name = _("part of a copy of somebody’s data")
        verbose_name_plural = _("parts of copies of people’s data")
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=["export", "number"], name="export_part_once"),
        )

    def __str__(self) -> str:
        return f"{self.export_id}/{self.number}"
