"""The candidacy: one person's way to certification, under the edition that held when it began."""

from datetime import date, datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.models import Charge
from scip.accounts.models import Role
from scip.policy.models import Edition
from scip.states import Stateful


class CandidacyQuerySet(models.QuerySet["Candidacy"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all. A supervisor sees agreements, never this row."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(user=user)

    def alive(self) -> Self:
        """Begun and not given up."""
        return self.filter(state__in=Candidacy.ALIVE)

    def registered(self) -> Self:
        """Under way towards certification, on leave included."""
        return self.filter(state__in=Candidacy.REGISTERED)

    def unpaid(self, now: datetime) -> Self:
        """Registrations whose fee is past its day."""
        return self.filter(state=Candidacy.State.AWAITING_PAYMENT, charge__due_at__lt=now)

    def resting(self, on: date) -> Self:
        """On leave on a day, whether or not the sweep has noted it yet."""
        return self.filter(pk__in=Leave.objects.running(on).values("candidacy"))


class Candidacy(Stateful):
    """One person's registration for certification and what becomes of it.

    It is prepared, paid and then pinned: from the settlement of the fee on the person is held
    to ``edition``, whatever later editions say (`domain.md`, policy "editions").
    """

    class State(models.TextChoices):
        PREPARING = "preparing", _("being prepared")
        AWAITING_PAYMENT = "awaiting_payment", _("waiting for payment")
        ACTIVE = "active", _("under way")
        ON_LEAVE = "on_leave", _("on leave")
        CERTIFIED = "certified", _("certified")
        WITHDRAWN = "withdrawn", _("withdrawn")
        CLOSED = "closed", _("closed")

    TRANSITIONS = {
        State.PREPARING: frozenset({State.AWAITING_PAYMENT, State.WITHDRAWN}),
        State.AWAITING_PAYMENT: frozenset({State.ACTIVE, State.PREPARING, State.WITHDRAWN}),
        State.ACTIVE: frozenset({State.ON_LEAVE, State.CERTIFIED, State.WITHDRAWN, State.CLOSED}),
        State.ON_LEAVE: frozenset({State.ACTIVE, State.CERTIFIED, State.WITHDRAWN, State.CLOSED}),
    }
    # When it first became active is the day of registration; coming back from leave keeps it.
    FIRST_STAMPS = frozenset({"active_at"})
    REGISTERED = (State.ACTIVE, State.ON_LEAVE)
    ALIVE = (State.PREPARING, State.AWAITING_PAYMENT, *REGISTERED)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="candidacies")
    state = models.CharField(max_length=20, choices=State, default=State.PREPARING)
    edition = models.ForeignKey(
        Edition, models.PROTECT, null=True, blank=True, related_name="candidacies"
    )
    charge = models.OneToOneField(
        Charge, models.PROTECT, null=True, blank=True, related_name="candidacy"
    )
    created_at = models.DateTimeField(default=timezone.now)
    awaiting_payment_at = models.DateTimeField(null=True)
    active_at = models.DateTimeField(null=True)
    certified_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    close_reason = models.TextField(blank=True, max_length=1500)
    # Since when supervision may go on although it was complete: the committee asked for more.
    further_since = models.DateTimeField(null=True, blank=True)

    objects = CandidacyQuerySet.as_manager()

    class Meta:
        verbose_name = _("candidacy")
        verbose_name_plural = _("candidacies")
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=~Q(state__in=["withdrawn", "closed"]),
                name="candidacy_one_per_person",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["preparing", "awaiting_payment", "withdrawn"])
                | (Q(edition__isnull=False) & Q(active_at__isnull=False)),
                name="candidacy_pinned_once_registered",
            ),
            models.CheckConstraint(
                condition=~Q(state="awaiting_payment") | Q(charge__isnull=False),
                name="candidacy_waits_for_a_charge",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | ~Q(close_reason=""),
                name="candidacy_closed_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)

    @property
    def is_registered(self) -> bool:
        return self.state in self.REGISTERED

    @property
    def over_at(self) -> datetime | None:
        """Since when it is over, whichever way it ended."""
        return self.certified_at or self.withdrawn_at or self.closed_at


class AttestationQuerySet(models.QuerySet["Attestation"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(candidacy__in=Candidacy.objects.visible_to(user))


class Attestation(models.Model):
    """Somebody's word on their client sessions: figures, the wording they agreed to, and when.

    Rows are added, never changed; the latest counts.
    """

    candidacy = models.ForeignKey(Candidacy, models.CASCADE, related_name="attestations")
    client_sessions = models.PositiveSmallIntegerField(
        _("client sessions in which self-compassion was explicitly integrated")
    )
    clients = models.PositiveSmallIntegerField(_("different clients"))
    wording = models.TextField(help_text=_("The sentence as it stood above the name."))
    name_typed = models.CharField(_("your name"), max_length=200)
    attested_at = models.DateTimeField(default=timezone.now)

    objects = AttestationQuerySet.as_manager()

    class Meta:
        ordering = ["-attested_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(client_sessions__gte=F("clients"), clients__gte=1),
                name="attestation_sessions_cover_clients",
            )
        ]

    def __str__(self) -> str:
        return f"{self.candidacy}: {self.client_sessions} / {self.clients}"


class LeaveQuerySet(models.QuerySet["Leave"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(candidacy__in=Candidacy.objects.visible_to(user))

    def running(self, on: date) -> Self:
        return self.filter(Q(until_on=None) | Q(until_on__gt=on), from_on__lte=on, ended_at=None)


class Leave(models.Model):
    """Time in which clocks and reminders rest: from a day until another (exclusive) or open.

    ``reason`` is the person's own, for the office alone.
    """

    candidacy = models.ForeignKey(Candidacy, models.CASCADE, related_name="leaves")
    from_on = models.DateField(_("from"))
    until_on = models.DateField(
        _("until"), null=True, blank=True, help_text=_("Leave it open if you don't know yet.")
    )
    reason = models.TextField(_("why, if you want to say"), blank=True, max_length=1000)
    asked_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = LeaveQuerySet.as_manager()

    class Meta:
        ordering = ["from_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")),
                name="leave_ends_after_start",
            ),
            ExclusionConstraint(
                name="leave_one_at_a_time",
                expressions=[
                    ("candidacy", RangeOperators.EQUAL),
                    (
                        Func("from_on", "until_on", function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.candidacy}: {self.from_on} – {self.until_on or '…'}"
