"""The final submission: one attempt to be certified, from its first word to the committee."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.candidacy.models import Candidacy
from payments.models import Charge
from scip.accounts.models import Role
from scip.policy.models import Edition
from scip.states import Stateful
from scip.vault.models import StoredFile


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees that and when, and its pages show no clinical word."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(candidacy__user=user)

    def written_by(self, user: Any) -> Self:
        """One's own, whatever else somebody is."""
        return self.filter(candidacy__user=user) if user.is_authenticated else self.none()

    def live(self) -> Self:
        """Not answered by the committee yet."""
        return self.filter(state__in=Submission.LIVE)

    def with_lost_dossier(self) -> Self:
        """Those of which a dossier could not be drawn, or was and does not open any more."""
        damaged = StoredFile.objects.damaged().values("pk")
        lost = Q(snapshot__dossiers__problem__gt="") | Q(
            snapshot__dossiers__document__in=damaged, snapshot__dossiers__made_at__isnull=False
        )
        return self.filter(pk__in=Submission.objects.filter(lost).values("pk"))


class Submission(Stateful):
    """One attempt of one candidacy, by the edition that the candidate is held to.

    What it consists of is written elsewhere (ledger, portfolio, letter); in the moment in which
    the fee is there and nothing is missing, all of it is copied into its `Snapshot`.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("being prepared")
        AWAITING_PAYMENT = "awaiting_payment", _("waiting for payment")
        SUBMITTED = "submitted", _("with the committee")
        CERTIFIED = "certified", _("certified")
        DEVELOPMENT = "development", _("further development needed")
        CLOSED = "closed", _("ended without an answer")

    TRANSITIONS = {
        State.DRAFT: frozenset({State.AWAITING_PAYMENT, State.CLOSED}),
        State.AWAITING_PAYMENT: frozenset({State.DRAFT, State.SUBMITTED}),
        State.SUBMITTED: frozenset({State.CERTIFIED, State.DEVELOPMENT, State.CLOSED}),
    }
    OPEN = (State.DRAFT, State.AWAITING_PAYMENT)
    LIVE = (*OPEN, State.SUBMITTED)

    candidacy = models.ForeignKey(Candidacy, models.PROTECT, related_name="submissions")
    number = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="submissions")
    # The one that was answered with "further development needed", which this one follows.
    follows = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by"
    )
    charge = models.OneToOneField(
        Charge, models.PROTECT, null=True, blank=True, related_name="submission"
    )
    # The fee is here and something else was missing on that day: why, for its candidate.
    held_up_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    awaiting_payment_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    certified_at = models.DateTimeField(null=True)
    development_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("final submissions")
        constraints = [
            models.UniqueConstraint(
                fields=["candidacy"],
                condition=Q(state__in=["draft", "awaiting_payment", "submitted"]),
                name="submission_one_live",
            ),
            models.UniqueConstraint(
                fields=["candidacy", "number"], name="submission_numbered_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "closed"]) | Q(charge__isnull=False),
                name="submission_waits_for_a_charge",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["submitted", "certified", "development"])
                | Q(submitted_at__isnull=False),
                name="submission_submitted_with_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["submitted_at"], name="submission_queue", condition=Q(state="submitted")
            )
        ]

    def __str__(self) -> str:
        return str(_("{name}, submission {number}")).format(
            name=self.candidacy.user, number=self.number
        )

    @property
    def user(self) -> Any:
        return self.candidacy.user

    @property
    def user_id(self) -> int:
        return self.candidacy.user_id

    @property
    def is_open(self) -> bool:
        """Can its letter still be written? As long as the candidacy is under way."""
        return self.state in self.OPEN and self.candidacy.is_registered


class NotToReadQuerySet(models.QuerySet["NotToRead"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(submission__in=Submission.objects.visible_to(user))


class NotToRead(models.Model):
    """Somebody who should not read it, by the candidate's word: family, a colleague, a friend.

    Candidates never learn who reads; this is kept for the committee's rules on conflicts.
    """

    class Tie(models.TextChoices):
        FAMILY = "family", _("family")
        COLLEAGUE = "colleague", _("colleague")
        CLOSE = "close", _("close to me otherwise")
        OTHER = "other", _("another reason, which I keep to myself")

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="not_to_read")
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(
        _("e-mail address"),
        blank=True,
        help_text=_("If you know it: it tells two people of one name apart."),
    )
    tie = models.CharField(_("what ties you"), max_length=12, choices=Tie)
    named_at = models.DateTimeField(default=timezone.now)

    objects = NotToReadQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("person who should not read it")

    def __str__(self) -> str:
        return self.name
