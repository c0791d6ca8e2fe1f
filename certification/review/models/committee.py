"""Who reads a submission: who was asked, what ties them to the candidate, what they want to know."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.review.models.submissions import Submission
from scip.accounts.models import Role
from scip.states import Stateful

User = settings.AUTH_USER_MODEL


class Tie(models.TextChoices):
    """What ties a reader to a candidate (`domain.md`, "conflicts"). The last two have to be
    declared and may be allowed; every other one bars."""

    SELF = "self", _("the same person")
    SUPERVISED = "supervised", _("supervised them")
    AGREEMENT = "agreement", _("drafted or signed an agreement with them")
    RECOMMENDATION = "recommendation", _("wrote a recommendation about them")
    PAYMENT = "payment", _("paid them or was paid by them")
    FAMILY = "family", _("family or close")
    NAMED = "named", _("named by the candidate")
    FACILITATED = "facilitated", _("led their cohort or group")
    COLLEAGUE = "colleague", _("colleague")


MAY_BE_ALLOWED = frozenset({Tie.FACILITATED, Tie.COLLEAGUE})
DECLARABLE = (Tie.COLLEAGUE, Tie.FAMILY, Tie.PAYMENT, Tie.SUPERVISED, Tie.FACILITATED)


class EndReason(models.TextChoices):
    """Why a seat ended, where no person said it in words of their own: the clock and the rules
    keep a code, so that each reader has it in their own language."""

    TIE = "tie", _("a tie bars it")
    TERM = "term", _("the term on the committee is over")
    ANSWERED = "answered", _("the committee has answered in the meantime")
    ENDED = "ended", _("the candidate’s registration has come to an end")
    NOT_FREE = "not_free", _("a role has ended, or a tie has come to light")
    APPEAL_BACK = "appeal_back", _("the appeal was taken back")
    APPEAL_DECIDED = "appeal_decided", _("the appeal is decided")
    APPEAL_OVERTAKEN = "overtaken", _("a later letter took the place of the one in question")


class DeclaredTieQuerySet(models.QuerySet["DeclaredTie"]):
    def visible_to(self, user: Any) -> Self:
        """Whoever declared it; the office, the chair of the committee."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF, Role.CHAIR):
            return self.exclude(candidate=user)
        return self.filter(member=user)


class DeclaredTie(models.Model):
    """A tie to a person, by a reader's own word: it stands for every submission and appeal of
    that person, until its reader takes it back."""

    member = models.ForeignKey(User, models.CASCADE, related_name="declared_ties")
    candidate = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(_("what ties you"), max_length=20, choices=Tie)
    words = models.TextField(_("in your words"), blank=True, max_length=1000)
    declared_at = models.DateTimeField(default=timezone.now)

    objects = DeclaredTieQuerySet.as_manager()

    class Meta:
        verbose_name = _("declared tie")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "candidate", "kind"], name="declared_tie_once_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.member} – {self.candidate}: {self.get_kind_display()}"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def visible_to(self, user: Any) -> Self:
        """Whoever was asked, and the office. Candidates never see who reads; what an assignment
        opens is a question of its own (`queries.reading`)."""
        if not user.is_authenticated:
            return self.none()
        own = Q(member=user)
        if user.has_role(Role.STAFF):
            own |= ~Q(submission__candidacy__user=user)
        return self.filter(own)

    def live(self) -> Self:
        """Neither declined nor taken back."""
        return self.filter(state__in=Assignment.LIVE)


class Assignment(Stateful):
    """One person asked to read one submission: as a reviewer, in the chair, or as the second
    reader of the decision. Nothing opens before they said what ties them to the candidate."""

    class Seat(models.TextChoices):
        REVIEWER = "reviewer", _("reviewer")
        CHAIR = "chair", _("chair")
        SECOND = "second", _("second reader")

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        DECLARED = "declared", _("a tie was declared")
        ACCEPTED = "accepted", _("reading")
        GIVEN = "given", _("done")
        DECLINED = "declined", _("declined")
        RELEASED = "released", _("released")

    TRANSITIONS = {
        State.ASKED: frozenset({State.DECLARED, State.ACCEPTED, State.DECLINED, State.RELEASED}),
        State.DECLARED: frozenset({State.ACCEPTED, State.RELEASED}),
        State.ACCEPTED: frozenset({State.GIVEN, State.RELEASED}),
        State.GIVEN: frozenset({State.RELEASED}),
    }
    LIVE = (State.ASKED, State.DECLARED, State.ACCEPTED, State.GIVEN)
    # The states in which the reading room is open.
    READING = (State.ACCEPTED, State.GIVEN)

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="assignments")
    member = models.ForeignKey(User, models.PROTECT, related_name="review_assignments")
    seat = models.CharField(max_length=10, choices=Seat)
    state = models.CharField(max_length=20, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # Why this person, where the office did not follow the suggestion or has to allow a tie.
    asked_reason = models.TextField(blank=True, max_length=1000)
    answer_due_at = models.DateTimeField()
    due_at = models.DateTimeField()
    # The answer to "what ties you to this person": kinds of Tie, and words.
    declared_at = models.DateTimeField(null=True)
    declared_ties = models.JSONField(default=list)
    declaration = models.TextField(blank=True, max_length=1000)
    allowed_at = models.DateTimeField(null=True)
    allowed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    allowed_reason = models.TextField(blank=True, max_length=1000)
    accepted_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # Why it was declined or taken back: in a person's words, or what the rules found.
    end_reason = models.TextField(blank=True, max_length=1000)
    end_code = models.CharField(max_length=20, choices=EndReason, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "member"],
                condition=Q(state__in=["asked", "declared", "accepted", "given"]),
                name="assignment_one_seat_each",
            ),
            models.UniqueConstraint(
                fields=["submission", "seat"],
                condition=Q(state__in=["asked", "declared", "accepted", "given"])
                & Q(seat__in=["chair", "second"]),
                name="assignment_one_chair_one_second",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "declined", "released"])
                | Q(declared_at__isnull=False),
                name="assignment_declared_before_it_opens",
            ),
        ]
        indexes = [
            models.Index(
                fields=["member", "due_at"],
                name="assignment_desk",
                condition=Q(state__in=["asked", "declared", "accepted", "given"]),
            )
        ]

    def __str__(self) -> str:
        return str(_("{seat}: {member}")).format(seat=self.get_seat_display(), member=self.member)

    @property
    def user_id(self) -> int:
        """Whom it is about: nobody of the office decides about themselves."""
        return self.submission.candidacy.user_id

    @property
    def audit_subject(self) -> None:
        """Nobody: what stands under a candidate's name is in their copy of their data, and
        candidates never learn who reads."""

    @property
    def why_ended(self) -> str:
        """Why it was declined or taken back, in a person's words or in the language of now."""
        return self.end_reason or str(self.get_end_code_display())

    @property
    def is_open(self) -> bool:
        """Is the reading room open for it?"""
        return self.state in self.READING


class QuestionQuerySet(models.QuerySet["Question"]):
    def visible_to(self, user: Any) -> Self:
        """Whoever asks. Its way to the candidate, and back to everybody who reads, is
        `queries.reading`."""
        return self.filter(assignment__member=user) if user.is_authenticated else self.none()

    def asked_of(self, user: Any) -> Self:
        """What the committee asked somebody as a candidate, without a word of who asks."""
        if not user.is_authenticated:
            return self.none()
        rows = self.filter(assignment__submission__candidacy__user=user)
        return rows.filter(state__in=[Question.State.SENT, Question.State.ANSWERED])


class Question(Stateful):
    """A reader's question to the candidate: it goes through the chair, and without a name."""

    class State(models.TextChoices):
        ASKED = "asked", _("with the chair")
        SENT = "sent", _("with the candidate")
        ANSWERED = "answered", _("answered")
        WITHHELD = "withheld", _("not passed on")

    TRANSITIONS = {
        State.ASKED: frozenset({State.SENT, State.WITHHELD}),
        State.SENT: frozenset({State.ANSWERED}),
    }

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="questions")
    state = models.CharField(max_length=20, choices=State, default=State.ASKED)
    text = models.TextField(_("your question"), max_length=3000)
    asked_at = models.DateTimeField(default=timezone.now)
    # As it goes to the candidate; the chair may change words.
    sent_text = models.TextField(blank=True, max_length=3000)
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    answer = models.TextField(_("your answer"), blank=True, max_length=6000)
    answered_at = models.DateTimeField(null=True)
    withheld_at = models.DateTimeField(null=True)
    withheld_reason = models.TextField(blank=True, max_length=1000)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "answered"]) | ~Q(sent_text=""),
                name="question_sent_with_words",
            ),
            models.CheckConstraint(
                condition=~Q(state="answered") | ~Q(answer=""), name="question_answered_with_words"
            ),
        ]

    def __str__(self) -> str:
        return str(_("question {number}")).format(number=self.pk)

    @property
    def audit_subject(self) -> None:
        """Nobody, as with an assignment."""
