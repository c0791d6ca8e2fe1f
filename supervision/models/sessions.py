"""The ledger of supervision sessions, the appointments before them and the material for them."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.candidacy.models import Candidacy, Leave
from scip.accounts.models import Role
from scip.states import Stateful
from scip.vault.models import StoredFile
from supervision.models.agreements import Agreement
from supervision.models.supervisors import Approval, Supervisor


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def visible_to(self, user: Any) -> Self:
        """The two people."""
        return self.filter(agreement__in=Agreement.objects.of_pair(user))

    def ahead(self) -> Self:
        return self.filter(state=Appointment.State.PLANNED)


class Appointment(Stateful):
    """A session that is planned: in both calendars and reminders, until it is logged."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        HELD = "held", _("held")
        CANCELLED = "cancelled", _("cancelled")

    # Back from held: the entry that it was is taken back or set aside.
    TRANSITIONS = {
        State.PLANNED: frozenset({State.HELD, State.CANCELLED}),
        State.HELD: frozenset({State.PLANNED}),
    }
    FIRST_STAMPS = frozenset({"planned_at"})

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="appointments")
    state = models.CharField(max_length=20, choices=State, default=State.PLANNED)
    starts_at = models.DateTimeField(_("start"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=60)
    is_online = models.BooleanField(_("online"), default=True)
    where = models.CharField(_("link or place"), max_length=300, blank=True)
    sequence = models.PositiveSmallIntegerField(
        default=0, help_text=_("Raised with each change, for calendars.")
    )
    planned_at = models.DateTimeField(default=timezone.now)
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    held_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]

    def __str__(self) -> str:
        return f"{self.agreement}, {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def ends_at(self) -> Any:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def changed_at(self) -> Any:
        """When it was last planned, moved or cancelled."""
        return self.cancelled_at or self.planned_at

    @property
    def audit_subject(self) -> Any:
        return self.agreement.candidacy.user


def back_from_leave(now: datetime, candidacy: str = "candidacy") -> models.QuerySet[Any, Any]:
    """When the candidate of a session last came back, one row of one column; ``candidacy`` leads
    there from what asks. A day without a moment begins in UTC; a leave that was called off before
    its first day is none."""
    ends = Coalesce("ended_at", Cast("until_on", models.DateTimeField()))
    return (
        Leave.objects.filter(candidacy=OuterRef(candidacy))
        .exclude(until_on=F("from_on"))
        .annotate(back_at=ends)
        .filter(back_at__lte=now)
        .order_by("-back_at")
        .values("back_at")[:1]
    )


class SupervisionSessionQuerySet(models.QuerySet["SupervisionSession"]):
    def visible_to(self, user: Any) -> Self:
        """The candidate, the supervisor of that session, and the office (it mediates)."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(Q(candidacy__user=user) | Q(supervisor__user=user))

    def confirmed(self) -> Self:
        return self.filter(state=SupervisionSession.State.CONFIRMED)

    def standing(self) -> Self:
        """Said by somebody and not put aside: confirmed, waiting or disputed."""
        return self.filter(state__in=SupervisionSession.STANDING)

    def left_unanswered(self, now: datetime) -> Self:
        """Logged by the candidate, with nobody left to confirm it: the supervisor's approval is
        not in force, the office ended the agreement, or there was no answer for as long as the
        edition calls silence, counted from the entry or from the candidate's return from leave. A
        correction is the office's as soon as the supervisor accompanies the candidate no more:
        whether it can still be made would tell them how the candidate walked on."""
        approved = Approval.objects.in_force(now.date()).filter(supervisor=OuterRef("supervisor"))
        silence = ExpressionWrapper(
            F("candidacy__edition__silent_supervisor_days") * Value(timedelta(days=1)),
            output_field=models.DurationField(),
        )
        by_office = (
            Q(agreement__state=Agreement.State.ENDED)
            & ~Q(agreement__ended_by=F("candidacy__user"))
            & ~Q(agreement__ended_by=F("supervisor__user"))
        )
        together = Agreement.objects.accompanied().filter(
            candidacy=OuterRef("candidacy"), supervisor=OuterRef("supervisor")
        )
        is_apart = Q(corrects__isnull=False) & ~Exists(together)
        is_silent = Q(answer_due_at__lte=now) & ~Q(candidacy__state=Candidacy.State.ON_LEAVE)
        return (
            self.filter(state=SupervisionSession.State.LOGGED, logged_by=F("candidacy__user"))
            .annotate(
                answer_due_at=ExpressionWrapper(
                    Greatest("logged_at", Subquery(back_from_leave(now))) + silence,
                    output_field=models.DateTimeField(),
                )
            )
            .filter(~Exists(approved) | by_office | is_apart | is_silent)
        )


class SupervisionSession(Stateful):
    """One session of the ledger: logged by either, confirmed by the other.

    Nothing is overwritten (a trigger keeps the facts): a correction is a row of its own that
    takes the place of the row it corrects once it is confirmed. Whether a confirmed session
    counts (minutes, approval on that day, order of phases) is a rule, not a column.
    """

    class Phase(models.TextChoices):
        ASSESSMENT = "assessment", _("Collaborative Assessment")
        SUPERVISION = "supervision", _("Supervision")
        CLOSING = "closing", _("Closing")

    class Kind(models.TextChoices):
        ORIENTATION = "orientation", _("Orientation")
        CASE_REVIEW = "case_review", _("Case & practice review")
        PLAN_MEETING = "plan_meeting", _("Supervision plan meeting")
        SUPERVISION = "supervision", _("Supervision")
        PORTFOLIO_REVIEW = "portfolio_review", _("Portfolio review")
        EXIT_INTERVIEW = "exit_interview", _("Exit interview")

    class State(models.TextChoices):
        LOGGED = "logged", _("waiting for confirmation")
        CONFIRMED = "confirmed", _("confirmed")
        DISPUTED = "disputed", _("under discussion")
        REPLACED = "replaced", _("corrected by another entry")
        SET_ASIDE = "set_aside", _("does not count")
        WITHDRAWN = "withdrawn", _("taken back")

    TRANSITIONS = {
        State.LOGGED: frozenset(
            {State.CONFIRMED, State.DISPUTED, State.WITHDRAWN, State.SET_ASIDE, State.REPLACED}
        ),
        State.DISPUTED: frozenset(
            {State.CONFIRMED, State.WITHDRAWN, State.SET_ASIDE, State.REPLACED}
        ),
        State.CONFIRMED: frozenset({State.REPLACED, State.SET_ASIDE}),
    }
    STANDING = (State.LOGGED, State.CONFIRMED, State.DISPUTED)
    PHASES = {
        Kind.ORIENTATION: Phase.ASSESSMENT,
        Kind.CASE_REVIEW: Phase.ASSESSMENT,
        Kind.PLAN_MEETING: Phase.ASSESSMENT,
        Kind.SUPERVISION: Phase.SUPERVISION,
        Kind.PORTFOLIO_REVIEW: Phase.CLOSING,
        Kind.EXIT_INTERVIEW: Phase.CLOSING,
    }

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="sessions")
    # Copies of the agreement's two sides: constraints and `visible_to` need them on the row.
    candidacy = models.ForeignKey(Candidacy, models.PROTECT, related_name="supervision_sessions")
    supervisor = models.ForeignKey(Supervisor, models.PROTECT, related_name="sessions")
    appointment = models.OneToOneField(
        Appointment, models.SET_NULL, null=True, blank=True, related_name="session"
    )
    state = models.CharField(max_length=20, choices=State, default=State.LOGGED)
    kind = models.CharField(_("what it was"), max_length=20, choices=Kind)
    started_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField()
    is_online = models.BooleanField(_("online"), default=True)
    focus = models.CharField(_("focus"), max_length=300, blank=True)
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="corrections"
    )
    correction_reason = models.CharField(max_length=500, blank=True)
    logged_at = models.DateTimeField(default=timezone.now)
    logged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    disputed_at = models.DateTimeField(null=True)
    disputed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    dispute_reason = models.TextField(blank=True, max_length=1500)
    set_aside_at = models.DateTimeField(null=True)
    set_aside_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    office_reason = models.TextField(blank=True, max_length=1500)
    replaced_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = SupervisionSessionQuerySet.as_manager()

    class Meta:
        ordering = ["started_at", "pk"]
        verbose_name = _("supervision session")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("started_at")), name="supervision_session_has_minutes"
            ),
            # A correction waits beside the row it corrects; it takes the room when confirmed.
            ExclusionConstraint(
                name="supervision_session_of_supervisor_overlaps_none",
                expressions=[
                    ("supervisor", RangeOperators.EQUAL),
                    (
                        Func("started_at", "ends_at", function="tstzrange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(state="confirmed") | Q(state__in=["logged", "disputed"], corrects=None),
            ),
            models.UniqueConstraint(
                fields=["corrects"],
                condition=Q(state__in=["logged", "disputed"]),
                name="supervision_session_one_correction_open",
            ),
            models.CheckConstraint(
                condition=Q(corrects=None) | ~Q(correction_reason=""),
                name="supervision_session_corrected_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="disputed") | ~Q(dispute_reason=""),
                name="supervision_session_disputed_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="set_aside") | ~Q(office_reason=""),
                name="supervision_session_set_aside_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("logged_by")),
                name="supervision_session_confirmed_by_the_other",
            ),
        ]
        indexes = [
            models.Index(fields=["candidacy", "state"], name="supervision_session_of"),
            models.Index(
                fields=["logged_at"],
                name="supervision_session_waits",
                condition=Q(state__in=["logged", "disputed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.started_at:%Y-%m-%d}: {self.candidacy}"

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.started_at).total_seconds()) // 60

    @property
    def phase(self) -> str:
        return self.PHASES[self.Kind(self.kind)]

    @property
    def audit_subject(self) -> Any:
        return self.candidacy.user


class CaseMaterialQuerySet(models.QuerySet["CaseMaterial"]):
    def visible_to(self, user: Any) -> Self:
        """The candidate, and the supervisor while they accompany them or are asked to look at
        their letter again; clinical material is not for the office, nor for who was the supervisor
        once."""
        return self.filter(agreement__in=Agreement.objects.with_material(user))


class CaseMaterial(models.Model):
    """Material for a session: a document handed over here, or shown in person (then only named).

    Taken back or destroyed with its file; the row stays to say that something was handed over.
    """

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="material")
    session = models.ForeignKey(
        SupervisionSession, models.SET_NULL, null=True, blank=True, related_name="material"
    )
    # For a session that is planned; once it is logged, ``session`` says which it was.
    appointment = models.ForeignKey(
        Appointment, models.SET_NULL, null=True, blank=True, related_name="material"
    )
    title = models.CharField(_("what it is"), max_length=160)
    note = models.TextField(_("what to look at"), blank=True, max_length=1500)
    # RESTRICT, not PROTECT: erasing a person takes the row and its file together.
    document = models.ForeignKey(
        StoredFile, models.RESTRICT, null=True, blank=True, related_name="+"
    )
    is_shown_in_person = models.BooleanField(_("I show it in person"), default=False)
    is_deidentified = models.BooleanField(
        _("nobody can be recognised in it, and the client has agreed"), default=False
    )
    handed_at = models.DateTimeField(default=timezone.now)
    handed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    taken_back_at = models.DateTimeField(null=True)

    objects = CaseMaterialQuerySet.as_manager()

    class Meta:
        ordering = ["-handed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_shown_in_person=True, document=None)
                | Q(is_shown_in_person=False, document__isnull=False, is_deidentified=True)
                | Q(taken_back_at__isnull=False),
                name="case_material_document_or_in_person",
            )
        ]

    def __str__(self) -> str:
        return self.title


class MaterialOpening(models.Model):
    """Who opened a document and when; the candidate can see it."""

    material = models.ForeignKey(CaseMaterial, models.CASCADE, related_name="openings")
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    opened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-opened_at"]

    def __str__(self) -> str:
        return f"{self.material}, {self.opened_at:%Y-%m-%d %H:%M}"
