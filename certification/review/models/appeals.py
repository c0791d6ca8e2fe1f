"""An appeal: two supervisors who had no part in it look again."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.candidacy.models import Candidacy
from certification.review.models.committee import EndReason
from certification.review.models.decisions import Decision
from scip.accounts.models import Role
from scip.states import Stateful
from scip.vault.models import StoredFile
from supervision.models import Recommendation

User = settings.AUTH_USER_MODEL


class AppealOutcome(models.TextChoices):
    """What a panel can answer."""

    UPHELD = "upheld", _("the answer stands")
    OVERTURNED = "overturned", _("the answer is overturned, and the way goes on")
    REMANDED = "remanded", _("it is looked at again, with instructions")


class AppealQuerySet(models.QuerySet["Appeal"]):
    def visible_to(self, user: Any) -> Self:
        """Whoever appeals; the office sees that and when, not what was written."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(candidacy__user=user)

    def filed_by(self, user: Any) -> Self:
        """One's own, whatever else somebody is."""
        return self.filter(candidacy__user=user) if user.is_authenticated else self.none()


class Appeal(Stateful):
    """Somebody asks that a "not yet" of their supervisor, or where the edition allows it a
    "further development needed", be looked at by others.

    ``content`` is what the panel reads: canonical JSON, frozen when it was filed.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("being written")
        FILED = "filed", _("with the office")
        HEARING = "hearing", _("with the panel")
        DECIDED = "decided", _("decided")
        WITHDRAWN = "withdrawn", _("closed without an answer")

    TRANSITIONS = {
        State.DRAFT: frozenset({State.FILED, State.WITHDRAWN}),
        State.FILED: frozenset({State.HEARING, State.WITHDRAWN}),
        State.HEARING: frozenset({State.DECIDED, State.WITHDRAWN}),
    }
    LIVE = (State.DRAFT, State.FILED, State.HEARING)

    candidacy = models.ForeignKey(Candidacy, models.PROTECT, related_name="appeals")
    recommendation = models.ForeignKey(
        Recommendation, models.SET_NULL, null=True, blank=True, related_name="appeals"
    )
    decision = models.ForeignKey(
        Decision, models.PROTECT, null=True, blank=True, related_name="appeals"
    )
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    statement = models.TextField(
        _("Your statement"),
        blank=True,
        max_length=20_000,
        help_text=_("What you see differently, and what the panel should look at."),
    )
    # The first moment at which it was too late to file it, as it stood when the appeal was begun,
    # then when it was filed; in between `queries.appeals.window_of` tells.
    until_at = models.DateTimeField()
    answer_by_at = models.DateTimeField(null=True)
    content = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=20, choices=AppealOutcome, blank=True)
    # For the candidate, and for whoever goes on with a remanded case.
    reasons = models.TextField(_("reasons"), blank=True, max_length=20_000)
    instructions = models.TextField(_("instructions"), blank=True, max_length=20_000)
    # Where the office filed it for a candidate who had written to CMSC otherwise, or came late.
    opened_at = models.DateTimeField(null=True)
    opened_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    opened_reason = models.TextField(_("why the office filed it"), blank=True, max_length=1000)
    created_at = models.DateTimeField(default=timezone.now)
    filed_at = models.DateTimeField(null=True)
    hearing_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal")
        constraints = [
            models.UniqueConstraint(
                fields=["candidacy"],
                condition=Q(state__in=["draft", "filed", "hearing"]),
                name="appeal_one_live",
            ),
            models.CheckConstraint(
                condition=Q(recommendation=None) | Q(decision=None),
                name="appeal_against_one_answer",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"])
                | ((~Q(statement="") | Q(opened_at__isnull=False)) & Q(filed_at__isnull=False)),
                name="appeal_filed_with_words",
            ),
            models.CheckConstraint(
                condition=~Q(state="decided") | (~Q(outcome="") & ~Q(reasons="")),
                name="appeal_decided_with_reasons",
            ),
            models.CheckConstraint(
                condition=~Q(state="decided", outcome="remanded") | ~Q(instructions=""),
                name="appeal_remanded_with_instructions",
            ),
            models.CheckConstraint(
                condition=Q(opened_by=None) | ~Q(opened_reason=""),
                name="appeal_opened_by_the_office_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return str(_("{name}, appeal")).format(name=self.candidacy.user)

    @property
    def user(self) -> Any:
        return self.candidacy.user

    @property
    def user_id(self) -> int:
        return self.candidacy.user_id

    @property
    def stands(self) -> str:
        """Where it stands; of one that was filed and closed without an answer, why."""
        if self.state != self.State.WITHDRAWN or self.withdrawn_at is None:
            return self.get_state_display()
        ended_at, letter = self.candidacy.over_at, self.recommendation
        if ended_at is not None and ended_at <= self.withdrawn_at:
            return str(_("closed: the registration had come to an end"))
        if letter and letter.superseded_at and letter.superseded_at <= self.withdrawn_at:
            return str(_("closed: a later letter took the place of the one in question"))
        return str(_("taken back by the candidate"))


class Recourse(Candidacy):
    """A candidacy, as the office looks at it for what somebody can still do about an answer: appeal
    or resubmit, and until when. The same row under another name; it holds nothing of its own."""

    class Meta:
        proxy = True
        verbose_name = _("appeal and resubmission of a candidate")
        verbose_name_plural = _("appeals and resubmissions: who can, and until when")


UNTITLED = _("What the candidate sent to CMSC")


class AppealDocument(models.Model):
    """Evidence that somebody hands in with an appeal; sealed in the vault."""

    appeal = models.ForeignKey(Appeal, models.CASCADE, related_name="documents")
    title = models.CharField(_("what it is"), max_length=160)
    file = models.OneToOneField(StoredFile, models.PROTECT, related_name="appeal_document")
    added_at = models.DateTimeField(default=timezone.now)

    objects = models.Manager["AppealDocument"]()

    class Meta:
        verbose_name = _("document of an appeal")
        ordering = ["added_at", "pk"]

    def __str__(self) -> str:
        return titled(self.title)


def titled(title: str) -> str:
    """How a document is called: what the office attached without a title is named in the language
    of whoever reads it, never in that of the colleague who attached it."""
    return title or str(UNTITLED)


class PanelSeatQuerySet(models.QuerySet["PanelSeat"]):
    def visible_to(self, user: Any) -> Self:
        """Whoever was asked, and the office."""
        if not user.is_authenticated:
            return self.none()
        own = Q(member=user)
        if user.has_role(Role.STAFF):
            own |= ~Q(appeal__candidacy__user=user)
        return self.filter(own)


class PanelSeat(Stateful):
    """One supervisor asked to hear an appeal; the third is asked when two disagree."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        ACCEPTED = "accepted", _("reading")
        GIVEN = "given", _("view given")
        DECLINED = "declined", _("declined")
        RELEASED = "released", _("released")

    TRANSITIONS = {
        State.ASKED: frozenset({State.ACCEPTED, State.DECLINED, State.RELEASED}),
        State.ACCEPTED: frozenset({State.GIVEN, State.RELEASED}),
        # Only where a tie came to light before the appeal was decided.
        State.GIVEN: frozenset({State.RELEASED}),
    }
    LIVE = (State.ASKED, State.ACCEPTED, State.GIVEN)
    READING = (State.ACCEPTED, State.GIVEN)

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="seats")
    member = models.ForeignKey(User, models.PROTECT, related_name="panel_seats")
    state = models.CharField(max_length=20, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    answer_due_at = models.DateTimeField()
    declared_at = models.DateTimeField(null=True)
    declaration = models.TextField(blank=True, max_length=1000)
    accepted_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    end_reason = models.TextField(blank=True, max_length=1000)
    end_code = models.CharField(max_length=20, choices=EndReason, blank=True)
    outcome = models.CharField(_("your answer"), max_length=20, choices=AppealOutcome, blank=True)
    reasons = models.TextField(_("your reasons"), blank=True, max_length=20_000)
    instructions = models.TextField(
        _("instructions, where it is looked at again"), blank=True, max_length=20_000
    )
    given_at = models.DateTimeField(null=True)

    objects = PanelSeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("seat on a panel")
        constraints = [
            models.UniqueConstraint(
                fields=["appeal", "member"],
                condition=Q(state__in=["asked", "accepted", "given"]),
                name="panel_seat_one_each",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "given"]) | Q(declared_at__isnull=False),
                name="panel_seat_declared_before_it_opens",
            ),
            models.CheckConstraint(
                condition=~Q(state="given") | (~Q(outcome="") & ~Q(reasons="")),
                name="panel_seat_given_with_reasons",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appeal}: {self.member}"

    @property
    def why_ended(self) -> str:
        """Why it was declined or taken back, in a person's words or in the language of now."""
        return self.end_reason or str(self.get_end_code_display())

    @property
    def audit_subject(self) -> None:
        """Nobody: candidates never learn who hears them from the log."""
