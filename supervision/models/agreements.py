"""The agreement between two people, its versions and signatures, and the supervision plan."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.candidacy.models import Candidacy
from scip.accounts.models import Role
from scip.states import Stateful
from supervision.models.competencies import Competency
from supervision.models.supervisors import Supervisor


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def visible_to(self, user: Any) -> Self:
        """The two people and the office; former supervisors keep what was theirs."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(Q(candidacy__user=user) | Q(supervisor__user=user))

    def of_pair(self, user: Any) -> Self:
        """Those in which somebody is one of the two: what is between them is not the office's."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(candidacy__user=user) | Q(supervisor__user=user))

    def alive(self) -> Self:
        return self.filter(state__in=Agreement.ALIVE)

    def accompanied(self) -> Self:
        """Where a supervisor accompanies somebody today: the registration is under way, and the
        agreement is active, or completed until its letter has gone to the committee or the
        candidate has gone on with somebody else."""
        same = Agreement.objects.filter(candidacy=OuterRef("candidacy"))
        is_written = same.filter(
            supervisor=OuterRef("supervisor"),
            recommendations__sent_at__gte=OuterRef("completed_at"),
        )
        is_elsewhere = same.filter(
            state__in=[Agreement.State.ACTIVE, Agreement.State.COMPLETED],
            active_at__gte=OuterRef("completed_at"),
        )
        return self.filter(
            Q(state=Agreement.State.ACTIVE)
            | Q(state=Agreement.State.COMPLETED) & ~Exists(is_written) & ~Exists(is_elsewhere),
            candidacy__state__in=Candidacy.REGISTERED,
        )

    def accompanied_by(self, user: Any) -> Self:
        """Those whose candidate somebody accompanies today, earlier ones of the same two with them.
        Whoever does so no more keeps their own words and the record of sessions, and nothing
        that is the candidate's."""
        today = Agreement.objects.accompanied().filter(
            candidacy=OuterRef("candidacy"), supervisor=OuterRef("supervisor")
        )
        return self.filter(Exists(today), supervisor__user=user)

    def asked_again(self) -> Self:
        """Those whose letter an appeal panel sent back, while another is waited for: the
        registration is under way, and the candidate has not gone on with somebody else."""
        going = (Agreement.State.ACTIVE, Agreement.State.COMPLETED)
        elsewhere = Agreement.objects.filter(
            candidacy=OuterRef("candidacy"),
            state__in=going,
            active_at__gte=OuterRef("completed_at"),
        ).exclude(supervisor=OuterRef("supervisor"))
        sent_back = Agreement.objects.filter(
            pk=OuterRef("pk"),
            recommendations__state="sent",
            recommendations__remanded_at__isnull=False,
        )
        return self.filter(
            ~Exists(elsewhere),
            Exists(sent_back),
            state__in=going,
            candidacy__state__in=Candidacy.REGISTERED,
        )

    def with_material(self, user: Any) -> Self:
        """Those whose case material somebody may see: the candidate, who accompanies them, and
        whoever is asked to look at their letter again, for as long as it is waited for and they
        may write one: nobody writes anew about what they cannot read. What the two began after
        that letter is not what it is about."""
        if not user.is_authenticated:
            return self.none()
        own = Agreement.objects.filter(candidacy__user=user)
        theirs = Agreement.objects.accompanied_by(user)
        asked = Agreement.objects.asked_again().filter(
            candidacy=OuterRef("candidacy"),
            supervisor=OuterRef("supervisor"),
            supervisor__in=Supervisor.objects.approved(),
            recommendations__state="sent",
            recommendations__remanded_at__isnull=False,
            recommendations__sent_at__gt=OuterRef("active_at"),
        )
        again = Agreement.objects.filter(Exists(asked), supervisor__user=user)
        return self.filter(
            Q(pk__in=own.values("pk"))
            | Q(pk__in=theirs.values("pk"))
            | Q(pk__in=again.values("pk"))
        )


class Agreement(Stateful):
    """A supervision relationship from its first draft to its end.

    Active once both have signed a first version; completed by the last closing session;
    ended earlier by either side or the office.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("being drafted")
        ACTIVE = "active", _("active")
        COMPLETED = "completed", _("completed")
        ENDED = "ended", _("ended")
        DISCARDED = "discarded", _("discarded")

    TRANSITIONS = {
        State.DRAFT: frozenset({State.ACTIVE, State.DISCARDED}),
        State.ACTIVE: frozenset({State.COMPLETED, State.ENDED}),
    }
    ALIVE = (State.DRAFT, State.ACTIVE)

    candidacy = models.ForeignKey(Candidacy, models.PROTECT, related_name="agreements")
    supervisor = models.ForeignKey(Supervisor, models.PROTECT, related_name="agreements")
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    created_at = models.DateTimeField(default=timezone.now)
    active_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    # To CMSC alone; the other person reads ``farewell``.
    end_reason = models.TextField(blank=True, max_length=2000)
    farewell = models.TextField(blank=True, max_length=1500)
    discarded_at = models.DateTimeField(null=True)
    # Reminders about fees between the two are sent only if both want them.
    candidate_wants_reminders = models.BooleanField(default=False)
    supervisor_wants_reminders = models.BooleanField(default=False)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["candidacy"],
                condition=Q(state="active"),
                name="agreement_one_active_per_candidate",
            ),
            models.UniqueConstraint(
                fields=["candidacy", "supervisor"],
                condition=Q(state__in=["draft", "active"]),
                name="agreement_one_alive_per_pair",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.candidacy} – {self.supervisor}"

    @property
    def audit_subject(self) -> Any:
        return self.candidacy.user


class AgreementVersion(models.Model):
    """The text at one moment. A signed version is never changed (a trigger keeps it): a change
    is another version. ``kind``: the first opens the assessment, the final one is signed at
    its third session."""

    class Kind(models.TextChoices):
        FIRST = "first", _("first version")
        FINAL = "final", _("final version")

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    goals = models.TextField(_("goals"), max_length=3000)
    schedule = models.TextField(_("schedule"), max_length=1500)
    rate_cents = models.PositiveIntegerField(_("rate for a session"))
    currency = models.CharField(max_length=3, default="USD")
    payment_plan = models.TextField(_("payment"), max_length=1500)
    drafted_at = models.DateTimeField(default=timezone.now)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "number"], name="agreement_version_numbered_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.agreement}, {self.number}"


class Signature(models.Model):
    """A typed name under a version: who, when, and the hash of the text they saw."""

    class Side(models.TextChoices):
        CANDIDATE = "candidate", _("candidate")
        SUPERVISOR = "supervisor", _("supervisor")

    version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="signatures")
    side = models.CharField(max_length=10, choices=Side)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name_typed = models.CharField(_("your name"), max_length=200)
    text_sha256 = models.CharField(max_length=64)
    signed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "side"], name="signature_one_per_side")
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.name_typed}"


class Plan(models.Model):
    """The Personalised Supervision Plan, version by version; agreed when both said so.

    The first agreed one ends the assessment (`domain.md`, session 3).
    """

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="plans")
    number = models.PositiveSmallIntegerField()
    objectives = models.TextField(_("learning objectives"), max_length=4000)
    focus = models.ManyToManyField(
        Competency, verbose_name=_("competencies in focus"), related_name="+"
    )
    amend_reason = models.CharField(_("what changed and why"), max_length=500, blank=True)
    drafted_at = models.DateTimeField(default=timezone.now)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    candidate_agreed_at = models.DateTimeField(null=True)
    supervisor_agreed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="plan_numbered_once"),
            models.CheckConstraint(
                condition=Q(number=1) | ~Q(amend_reason=""), name="plan_amended_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement}, {self.number}"

    @property
    def is_agreed(self) -> bool:
        return self.candidate_agreed_at is not None and self.supervisor_agreed_at is not None
