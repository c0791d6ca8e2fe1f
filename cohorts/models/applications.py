"""Applying for a place: the application, a request for aid, the offer, the seat."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cohorts.models.calendar import Cohort, PriceTier
from scip.accounts.models import Role
from scip.formats import money
from scip.states import Stateful


class ApplicationQuerySet(models.QuerySet["Application"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees those that were sent at least once."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self.filter(Q(user=user) | Q(submitted_at__isnull=False))
        return self.filter(user=user)

    def written_by(self, user: Any) -> Self:
        """One's own alone, also for people of the office: nobody writes in another's draft."""
        return self.visible_to(user).filter(user_id=user.pk)

    def in_queue(self) -> Self:
        """Sent and waiting for the office's decision."""
        return self.filter(state=Application.State.SUBMITTED)

    def waiting_list(self) -> Self:
        """In the order in which places are offered."""
        return self.filter(state=Application.State.WAITING_LIST).order_by("waiting_rank", "id")


class Application(Stateful):
    """Somebody's wish to join a cohort, from the first draft to a place or a kind no."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("with the office")
        INFO_NEEDED = "info_needed", _("a question for you")
        WAITING_LIST = "waiting_list", _("on the waiting list")
        OFFERED = "offered", _("place offered")
        ACCEPTED = "accepted", _("place accepted")
        DECLINED = "declined", _("no place this time")
        LAPSED = "lapsed", _("offer ended")
        WITHDRAWN = "withdrawn", _("withdrawn")

    TRANSITIONS = {
        State.DRAFT: frozenset({State.SUBMITTED, State.WITHDRAWN}),
        State.SUBMITTED: frozenset(
            {
                State.INFO_NEEDED,
                State.WAITING_LIST,
                State.OFFERED,
                State.DECLINED,
                State.WITHDRAWN,
            }
        ),
        State.INFO_NEEDED: frozenset({State.SUBMITTED, State.DECLINED, State.WITHDRAWN}),
        State.WAITING_LIST: frozenset({State.OFFERED, State.DECLINED, State.WITHDRAWN}),
        State.OFFERED: frozenset(
            {
                State.ACCEPTED,
                State.LAPSED,
                State.WITHDRAWN,
                State.SUBMITTED,  # the office took the offer back
            }
        ),
        State.ACCEPTED: frozenset({State.LAPSED, State.WITHDRAWN}),
        State.LAPSED: frozenset({State.WAITING_LIST, State.OFFERED, State.WITHDRAWN}),
        State.DECLINED: frozenset({State.WAITING_LIST, State.OFFERED}),
    }
    # Early bird looks at the first time the complete application was sent.
    FIRST_STAMPS = frozenset({"submitted_at"})
    ALIVE = frozenset(State) - {State.DECLINED, State.LAPSED, State.WITHDRAWN}

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="applications")
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="applications")
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)

    # What the person writes. Revision grows with each save: two tabs never overwrite each other.
    revision = models.PositiveIntegerField(default=0)
    motivation = models.TextField(_("what draws you to this training"), blank=True)
    practice = models.TextField(_("your practice and the people you work with"), blank=True)
    experience = models.TextField(_("your own practice of self-compassion"), blank=True)
    needs = models.TextField(_("what would help you take part"), blank=True)
    tier = models.CharField(_("price"), max_length=20, choices=PriceTier.Kind, blank=True)
    attends_live = models.BooleanField(_("can attend live"), default=False)

    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(
        null=True,
        help_text=_("When the complete application was first sent; early bird looks at this."),
    )
    sent_again_at = models.DateTimeField(null=True)
    info_needed_at = models.DateTimeField(null=True)
    info_needed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    question = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    earlier_rounds = models.JSONField(
        default=list,
        blank=True,
        help_text=_("Questions and answers before the newest one, oldest first."),
    )
    waiting_list_at = models.DateTimeField(null=True)
    waiting_rank = models.PositiveIntegerField(null=True)
    waiting_reason = models.CharField(
        max_length=300, blank=True, help_text=_("Why the order of the waiting list was changed.")
    )
    declined_at = models.DateTimeField(null=True)
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decline_note = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "cohort"],
                condition=~Q(state__in=["withdrawn", "lapsed", "declined"]),
                name="application_one_alive_per_cohort",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(submitted_at__isnull=False),
                name="application_sent_before_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting_list") | Q(waiting_rank__isnull=False),
                name="application_waiting_has_rank",
            ),
            models.UniqueConstraint(
                fields=["cohort", "waiting_rank"],
                condition=Q(state="waiting_list"),
                name="application_rank_once",
            ),
        ]
        indexes = [
            models.Index(fields=["cohort", "state", "submitted_at"], name="application_queue"),
            models.Index(fields=["user", "-id"], name="application_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.cohort}"


class AidRequestQuerySet(models.QuerySet["AidRequest"]):
    def visible_to(self, user: Any) -> Self:
        """The applicant's own; otherwise only people who decide on aid, and only what was sent:
        a draft that was put away stays with its writer."""
        if not user.is_authenticated:
            return self.none()
        mine = Q(application__user=user)
        if user.has_role(Role.AID):
            return self.filter(mine | Q(requested_at__isnull=False))
        return self.filter(mine)


class AidRequest(Stateful):
    """A request for a supported place or a scholarship, with its short need statement.

    The statement is for the people deciding on aid alone; the office sees the outcome.
    """

    class Kind(models.TextChoices):
        SUPPORTED = "supported", _("Supported rate")
        SCHOLARSHIP = "scholarship", _("Scholarship")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        REQUESTED = "requested", _("being considered")
        GRANTED = "granted", _("granted")
        DECLINED = "declined", _("not possible this time")
        WITHDRAWN = "withdrawn", _("withdrawn")

    TRANSITIONS = {
        State.DRAFT: frozenset({State.REQUESTED, State.WITHDRAWN}),
        State.REQUESTED: frozenset({State.GRANTED, State.DECLINED, State.WITHDRAWN}),
        State.GRANTED: frozenset({State.WITHDRAWN}),
    }

    application = models.OneToOneField(Application, models.CASCADE, related_name="aid_request")
    kind = models.CharField(max_length=20, choices=Kind)
    statement = models.TextField(_("need statement"), max_length=1500)
    affordable_cents = models.PositiveIntegerField(
        _("what you could pay"), null=True, blank=True, help_text=_("An honest guess is enough.")
    )
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    requested_at = models.DateTimeField(null=True)
    granted_cents = models.PositiveIntegerField(
        null=True, help_text=_("Taken off the standard price.")
    )
    granted_at = models.DateTimeField(null=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    grant = models.OneToOneField(
        "payments.FundEntry",
        models.PROTECT,
        null=True,
        related_name="aid_request",
        help_text=_("What the aid fund has set aside for it."),
    )
    declined_at = models.DateTimeField(null=True)
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = AidRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="granted") | Q(granted_cents__gt=0),
                name="aid_granted_has_amount",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.application}"

    @property
    def audit_subject(self) -> Any:
        return self.application.user


class OfferQuerySet(models.QuerySet["Offer"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; the office sees all."""
        if not user.is_authenticated:
            return self.none()
        if user.has_role(Role.STAFF):
            return self
        return self.filter(application__user=user)


class Offer(Stateful):
    """A place held for somebody at a price, until a moment."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined by the person")
        LAPSED = "lapsed", _("ended")
        TAKEN_BACK = "taken_back", _("taken back")

    TRANSITIONS = {
        State.OPEN: frozenset({State.ACCEPTED, State.DECLINED, State.LAPSED, State.TAKEN_BACK}),
    }

    application = models.ForeignKey(Application, models.PROTECT, related_name="offers")
    tier = models.CharField(max_length=20, choices=PriceTier.Kind)
    list_cents = models.PositiveIntegerField()
    aid_cents = models.PositiveIntegerField(default=0)
    gift_cents = models.PositiveIntegerField(
        default=0, help_text=_("The part of the price that goes on to the aid fund.")
    )
    currency = models.CharField(max_length=3, default="USD")
    is_from_waiting_list = models.BooleanField(default=False)
    order_reason = models.CharField(
        max_length=300, blank=True, help_text=_("Why somebody was offered a place out of order.")
    )
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    accepted_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    lapsed_at = models.DateTimeField(null=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(state="open"), name="offer_one_open"
            ),
            models.CheckConstraint(
                condition=Q(aid_cents__lte=F("list_cents")), name="offer_aid_at_most_price"
            ),
            models.CheckConstraint(
                condition=Q(gift_cents__lte=F("list_cents") - F("aid_cents")),
                name="offer_gift_within_amount",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="offer_expiring", condition=Q(state="open"))
        ]

    def __str__(self) -> str:
        return f"{self.application}: {money(self.amount_cents, self.currency)}"

    @property
    def amount_cents(self) -> int:
        """What the person pays."""
        return self.list_cents - self.aid_cents

    @property
    def audit_subject(self) -> Any:
        return self.application.user


class Seat(models.Model):
    """A numbered seat that somebody holds, by an open offer or as a participant.

    The row *is* the holding: it appears with the offer and goes when the place is freed.
    Numbers run from 1 to the cohort's capacity, each once; a trigger refuses higher ones,
    so the database itself cannot oversell.
    """

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="seats")
    number = models.PositiveSmallIntegerField()
    application = models.OneToOneField(Application, models.PROTECT, related_name="seat")
    taken_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cohort", "number"], name="seat_taken_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="seat_number_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.cohort}: {self.number}"
