"""What passes between us and Stripe: checkouts, customers, events."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.models.ledger import Charge, ForTheOffice, OfPerson
from scip.accounts.models import Role
from scip.states import Stateful


class CheckoutQuerySet(OfPerson["Checkout"]):
    OWNER = "charge__user"

    def under_way(self) -> Self:
        """Money may still come through these."""
        return self.filter(state__in=[Checkout.State.OPEN, Checkout.State.PENDING])


class Checkout(Stateful):
    """One visit to the checkout. A charge has at most one under way at a time.

    The state follows what Stripe says, never our own clock: a session that we believe to
    be over may still bring money.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        PENDING = "pending", _("on its way")
        PAID = "paid", _("paid")
        FAILED = "failed", _("not paid")
        EXPIRED = "expired", _("ended")

    TRANSITIONS = {
        State.OPEN: frozenset({State.PENDING, State.PAID, State.FAILED, State.EXPIRED}),
        State.PENDING: frozenset({State.PAID, State.FAILED}),
        State.FAILED: frozenset({State.PAID}),
        State.EXPIRED: frozenset({State.PAID}),
    }

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="checkouts")
    session_id = models.CharField(max_length=120, unique=True, null=True)
    idempotency_key = models.UUIDField(unique=True)
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    url = models.URLField(max_length=2000, blank=True)
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    asked_at = models.DateTimeField(
        null=True, help_text=_("When the reconciler last asked Stripe.")
    )

    objects = CheckoutQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["charge"],
                condition=Q(state__in=["open", "pending"]),
                name="checkout_one_under_way",
            ),
            models.CheckConstraint(
                condition=Q(amount_cents__gt=0), name="checkout_is_for_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.charge}: {self.get_state_display()}"

    @property
    def audit_subject(self) -> Any:
        return self.charge.user


class StripeCustomer(models.Model):
    """The person's customer at Stripe, reused for every checkout."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    customer_id = models.CharField(max_length=120, unique=True)

    def __str__(self) -> str:
        return self.customer_id


class StripeEventQuerySet(models.QuerySet["StripeEvent"]):
    def visible_to(self, user: Any) -> Self:
        """The office alone."""
        return self if user.is_authenticated and user.has_role(Role.STAFF) else self.none()


class StripeEvent(ForTheOffice):
    """What Stripe told us, stored before anything is done about it.

    Only type, object and metadata are kept: the object itself is asked for again when the
    event is handled, so names and addresses of payers do not pile up here.
    """

    event_id = models.CharField(max_length=120, unique=True)
    type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=120, blank=True)
    payload = models.JSONField()
    received_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(
        default=timezone.now, help_text=_("When the sweep takes it up if nobody did.")
    )
    handled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = StripeEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"], name="stripe_event_unhandled", condition=Q(handled_at=None)
            ),
            models.Index(
                fields=["flagged_at"],
                name="stripe_event_needs_a_look",
                condition=Q(flagged_at__isnull=False, looked_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
