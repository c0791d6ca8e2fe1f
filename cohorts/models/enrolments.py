"""Taking part: the enrolment, attendance per session, exceptions to absence."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.models.applications import Application, Offer
from cohorts.models.calendar import Cohort, Session
from payments.models import Charge
from scip.accounts.models import Role
from scip.states import Stateful


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def visible_to(self, user: Any) -> Self:
        """One's own, those in a cohort one facilitates, and all for the office."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        mine = Q(user=user)
        if user.has_role(Role.FACILITATOR):
            mine |= Q(cohort__facilitators=user, state__in=Enrolment.TAKING_PART)
        return self.filter(pk__in=self.model._base_manager.filter(mine).values("pk"))

    def taking_part(self) -> Self:
        """People who are in the room: confirmed, or through to the end."""
        return self.filter(state__in=Enrolment.TAKING_PART)


class Enrolment(Stateful):
    """Somebody's place in a cohort, from acceptance to its outcome."""

    class State(models.TextChoices):
        AWAITING_PAYMENT = "awaiting_payment", _("waiting for payment")
        CONFIRMED = "confirmed", _("confirmed")
        COMPLETED = "completed", _("completed")
        NOT_COMPLETED = "not_completed", _("not completed yet")
        LAPSED = "lapsed", _("place freed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    TRANSITIONS = {
        State.AWAITING_PAYMENT: frozenset({State.CONFIRMED, State.LAPSED, State.WITHDRAWN}),
        State.CONFIRMED: frozenset({State.COMPLETED, State.NOT_COMPLETED, State.WITHDRAWN}),
        State.NOT_COMPLETED: frozenset({State.COMPLETED}),
    }
    TAKING_PART = (State.CONFIRMED, State.COMPLETED, State.NOT_COMPLETED)
    # Places that somebody can still step back from, or exchange for another one.
    HELD = (State.AWAITING_PAYMENT, State.CONFIRMED)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="enrolments")
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="enrolments")
    application = models.ForeignKey(Application, models.PROTECT, related_name="enrolments")
    offer = models.OneToOneField(Offer, models.PROTECT, related_name="enrolment")
    charge = models.OneToOneField(Charge, models.PROTECT, related_name="enrolment")
    state = models.CharField(max_length=20, choices=State, default=State.AWAITING_PAYMENT)
    created_at = models.DateTimeField(default=timezone.now)
    pay_by = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    promise_reason = models.CharField(
        max_length=300,
        blank=True,
        help_text=_("Confirmed before payment: what the office relied on."),
    )
    promised_at = models.DateTimeField(null=True)
    promised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    completed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    lapsed_at = models.DateTimeField(null=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "cohort"],
                condition=~Q(state__in=["lapsed", "withdrawn"]),
                name="enrolment_one_alive_per_cohort",
            ),
            models.CheckConstraint(
                condition=(Q(promised_at=None) & Q(promise_reason=""))
                | (Q(promised_at__isnull=False) & ~Q(promise_reason="")),
                name="enrolment_promise_has_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["cohort", "state"], name="enrolment_of_cohort"),
            models.Index(
                fields=["pay_by"], name="enrolment_to_pay", condition=Q(state="awaiting_payment")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.cohort}"


class Attendance(models.Model):
    """A mark for one person in one session. Whether it counts as present is a rule
    (`cohorts.requirements`), not a column."""

    class Mark(models.TextChoices):
        PRESENT = "present", _("present")
        ABSENT = "absent", _("absent")

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="attendances")
    session = models.ForeignKey(Session, models.CASCADE, related_name="attendances")
    mark = models.CharField(max_length=10, choices=Mark)
    late_minutes = models.PositiveSmallIntegerField(default=0)
    early_minutes = models.PositiveSmallIntegerField(default=0)
    marked_at = models.DateTimeField(default=timezone.now)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    carried_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("The mark of the cohort from which the person came with it."),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "session"], name="attendance_marked_once")
        ]

    def __str__(self) -> str:
        return f"{self.enrolment}, {self.session}: {self.mark}"


class AbsenceExceptionQuerySet(models.QuerySet["AbsenceException"]):
    def visible_to(self, user: Any) -> Self:
        """One's own, those of a cohort one facilitates, and all for the office."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        mine = Q(enrolment__user=user)
        if user.has_role(Role.FACILITATOR):
            mine |= Q(enrolment__cohort__facilitators=user)
        return self.filter(pk__in=self.model._base_manager.filter(mine).values("pk"))

    def under_way(self) -> Self:
        """Asked for and not decided yet."""
        return self.filter(state__in=AbsenceException.UNDER_WAY)


class AbsenceException(Stateful):
    """A missed session that may count after all: asked for, made up, decided with a reason."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("with the office")
        MAKE_UP_AGREED = "make_up_agreed", _("make-up work agreed")
        MADE_UP = "made_up", _("make-up work handed in")
        ACCEPTED = "accepted", _("counted")
        DECLINED = "declined", _("not counted")
        WITHDRAWN = "withdrawn", _("withdrawn")

    TRANSITIONS = {
        State.REQUESTED: frozenset(
            {State.MAKE_UP_AGREED, State.ACCEPTED, State.DECLINED, State.WITHDRAWN}
        ),
        State.MAKE_UP_AGREED: frozenset({State.MADE_UP, State.DECLINED, State.WITHDRAWN}),
        State.MADE_UP: frozenset({State.MAKE_UP_AGREED, State.ACCEPTED, State.DECLINED}),
    }
    UNDER_WAY = (State.REQUESTED, State.MAKE_UP_AGREED, State.MADE_UP)

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="exceptions")
    session = models.ForeignKey(Session, models.CASCADE, related_name="exceptions")
    state = models.CharField(max_length=20, choices=State, default=State.REQUESTED)
    reason = models.TextField(_("why you could not be there"), max_length=1500)
    requested_at = models.DateTimeField(default=timezone.now)
    make_up_task = models.TextField(blank=True, max_length=1500)
    make_up_agreed_at = models.DateTimeField(null=True)
    make_up_agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    make_up_work = models.TextField(_("your make-up work"), blank=True, max_length=10_000)
    made_up_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    declined_at = models.DateTimeField(null=True)
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decision_reason = models.TextField(blank=True, max_length=1500)

    objects = AbsenceExceptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "session"],
                condition=~Q(state__in=["withdrawn", "declined"]),
                name="exception_one_alive_per_session",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "declined"]) | ~Q(decision_reason=""),
                name="exception_decided_with_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["requested_at"],
                name="exception_queue",
                condition=Q(state__in=["requested", "made_up"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.enrolment}, {self.session}"

    @property
    def audit_subject(self) -> Any:
        return self.enrolment.user


class ExceptionCommentQuerySet(models.QuerySet["ExceptionComment"]):
    def visible_to(self, user: Any) -> Self:
        """For the office and the facilitators of the group, never for the person it is about."""
        exceptions = AbsenceException.objects.visible_to(user)
        return self.filter(exception__in=exceptions).exclude(
            exception__enrolment__user_id=user.pk or 0
        )


class ExceptionComment(models.Model):
    """What a facilitator of the group says about a request, before the office decides.

    Words are added, never changed: whoever decided can still be understood afterwards.
    """

    exception = models.ForeignKey(AbsenceException, models.CASCADE, related_name="comments")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    text = models.TextField(_("your word"), max_length=1500)
    written_at = models.DateTimeField(default=timezone.now)

    objects = ExceptionCommentQuerySet.as_manager()

    class Meta:
        ordering = ["written_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="exceptioncomment_has_words")
        ]

    def __str__(self) -> str:
        return f"{self.exception}: {self.author}"
