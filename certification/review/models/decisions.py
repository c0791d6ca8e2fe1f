"""What the committee decides, and what a resubmission answers."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from certification.portfolio.models.writing import Texts
from certification.review.models.submissions import Submission
from scip.accounts.models import Role
from scip.states import Stateful

User = settings.AUTH_USER_MODEL


class DecisionQuerySet(models.QuerySet["Decision"]):
    def visible_to(self, user: Any) -> Self:
        """The candidate whom it is about, once the letter went; the office, which sends it. The
        committee's way to it is `queries.reading`."""
        if not user.is_authenticated:
            return self.none()
        own = Q(submission__candidacy__user=user)
        told = own & Q(state=Decision.State.SENT)
        return self.filter(told | ~own if user.has_role(Role.STAFF) else told)


class Decision(Stateful, Texts):
    """The committee's answer to a submission, written by the chair, read by a second member free
    of conflict, then sent. What the letter can't do without is a constraint of the database."""

    class Outcome(models.TextChoices):
        CERTIFIED = "certified", _("certified")
        DEVELOPMENT = "development", _("further development needed")

    class State(models.TextChoices):
        DRAFT = "draft", _("being written")
        PROPOSED = "proposed", _("with the second reader")
        APPROVED = "approved", _("ready to be sent")
        SENT = "sent", _("sent")

    TRANSITIONS = {
        State.DRAFT: frozenset({State.PROPOSED}),
        State.PROPOSED: frozenset({State.DRAFT, State.APPROVED}),
        State.APPROVED: frozenset({State.DRAFT, State.SENT}),
    }
    TEXTS = ("strengths", "missing", "how", "points")
    PARTS = (
        "outcome",
        *TEXTS,
        "by_when",
        "further_sessions",
        "contact_name",
        "contact_email",
    )

    submission = models.OneToOneField(Submission, models.PROTECT, related_name="decision")
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    outcome = models.CharField(_("the decision"), max_length=20, choices=Outcome, blank=True)
    strengths = models.TextField(
        _("Strengths"),
        blank=True,
        max_length=20_000,
        help_text=_("What the committee saw and valued. Every letter begins with it."),
    )
    missing = models.TextField(
        _("What is missing"),
        blank=True,
        max_length=20_000,
        help_text=_("What a further step has to show, as plainly as you can."),
    )
    how = models.TextField(
        _("How to get there"),
        blank=True,
        max_length=20_000,
        help_text=_("What helps: with whom, how often, what to read, what to write anew."),
    )
    by_when = models.DateField(
        _("Best by"), null=True, blank=True, help_text=_("Within the time for a resubmission.")
    )
    further_sessions = models.PositiveSmallIntegerField(
        _("further supervision sessions"),
        default=0,
        help_text=_("How many sessions of mentorship come before a resubmission."),
    )
    contact_name = models.CharField(_("Who answers questions"), max_length=120, blank=True)
    contact_email = models.EmailField(_("their address"), blank=True)
    # By what it was decided: findings as frozen, edition, number of reviewers, hashes.
    rules = models.JSONField(default=dict)
    proposed_at = models.DateTimeField(null=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    # Why the second reader gave it back, for the chair.
    returned_reason = models.TextField(blank=True, max_length=4000)
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft")
                | (
                    ~Q(outcome="")
                    & ~Q(strengths="")
                    & ~Q(contact_name="")
                    & Q(proposed_by__isnull=False)
                ),
                name="decision_letter_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(state="draft")
                | ~Q(outcome="development")
                | (~Q(missing="") & ~Q(how="") & Q(by_when__isnull=False)),
                name="decision_development_says_what_and_by_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "proposed"])
                | (Q(approved_by__isnull=False) & ~Q(approved_by=F("proposed_by"))),
                name="decision_read_by_a_second",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission}: {self.get_outcome_display() or self.get_state_display()}"

    @property
    def points(self) -> str:
        """What a resubmission has to show (`Ask`), a line each, as it is written and compared."""
        return "\n".join(ask.text for ask in self.asks.all()) if self.pk else ""

    @property
    def user(self) -> Any:
        return self.submission.candidacy.user

    @property
    def user_id(self) -> int:
        return self.submission.candidacy.user_id

    @property
    def audit_subject(self) -> Any:
        """The candidate, once it was told; before, nobody: the log's lines about a person are in
        the copy of their data."""
        return self.user if self.sent_at is not None else None


class Ask(models.Model):
    """One thing that a resubmission has to show. Only these are read again."""

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="asks")
    number = models.PositiveSmallIntegerField()
    text = models.TextField(_("what is asked"), max_length=3000)

    objects = models.Manager["Ask"]()

    class Meta:
        verbose_name = _("point to show")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["decision", "number"], name="ask_numbered")]

    def __str__(self) -> str:
        return str(_("Point {number}")).format(number=self.number)


class ResponseQuerySet(models.QuerySet["Response"]):
    def visible_to(self, user: Any) -> Self:
        """Whoever writes it; readers get its frozen copy."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(submission__candidacy__user=user)


class Response(Texts):
    """What a candidate says to one point in their resubmission: what they did, where it shows."""

    TEXTS = ("text",)
    PARTS = TEXTS

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="responses")
    ask = models.ForeignKey(Ask, models.CASCADE, related_name="responses")
    text = models.TextField(_("what you did, and where it shows"), blank=True, max_length=20_000)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        verbose_name = _("response")
        constraints = [
            models.UniqueConstraint(fields=["submission", "ask"], name="response_once_each")
        ]

    def __str__(self) -> str:
        return f"{self.ask}"
