"""Requests to be erased."""

from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scip.accounts.models import Role
from scip.states import Stateful


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
