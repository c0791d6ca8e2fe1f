"""What the office has to look at in money matters: why it waits, since when, what to do next.

One list over kinds of rows. The console counts the same querysets, so its figures and the
list never differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.db.models.lookups import GreaterThan
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.models import (
    Adjustment,
    Charge,
    Checkout,
    Dispute,
    ForTheOffice,
    MoneyMove,
    Payment,
    Refund,
    Settlement,
    StripeEvent,
)
from payments.queries import Balance
from scip.accounts.models import User
from scip.formats import moment, money

# Stripe needs days for some refunds; before an hour is over nothing is late.
TO_STRIPE = timedelta(hours=1)
# How long a settled charge may wait for whoever owns it.
CLAIM = timedelta(minutes=10)
# Of each kind; the oldest. Whoever has more works from the top.
LISTED_AT_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One reason why money waits. ``rows`` are those that wait at a moment; ``age`` is the field
    with the moment since which, or (``is_deadline``) until which; ``tell`` says why and what next."""

    code: str
    label: str | Promise
    hint: str | Promise
    model: type[Model]
    rows: Callable[[datetime], QuerySet[Any]]
    age: str
    tell: Callable[[Any, datetime], tuple[str, str]]
    is_deadline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One thing that waits, as the list shows it. ``charge`` is None where nobody knows whose
    money it is about."""

    kind: Kind
    row: Any
    charge: Charge | None
    since: datetime
    deadline: datetime | None
    why: str
    next_step: str

    @property
    def who(self) -> str:
        return str(self.charge.user) if self.charge else _("Nobody known here")

    @property
    def what(self) -> str:
        return self.charge.description if self.charge else str(self.row)

    @property
    def url(self) -> str:
        """The page where the office acts."""
        if self.charge:
            return reverse("admin:payments_charge_change", args=[self.charge.pk])
        return reverse("admin:payments_stripeevent_change", args=[self.row.pk])


# --- Which rows wait ---------------------------------------------------------------------


def disputes(_now: datetime) -> QuerySet[Dispute]:
    """Undecided ones that nobody has dealt with, and news that nobody has read."""
    return Dispute.objects.filter(
        ForTheOffice.WAITS | Q(state__in=Dispute.UNDECIDED, looked_at=None)
    ).select_related("charge__user")


def payments(_now: datetime) -> QuerySet[Payment]:
    return Payment.objects.filter(ForTheOffice.WAITS).select_related("charge__user")


def settlements(now: datetime) -> QuerySet[Settlement]:
    """Flagged by whoever owns the charge, or claimed by nobody."""
    return Settlement.objects.filter(
        Q(looked_at=None) & (Q(flagged_at__isnull=False) | unclaimed(now))
    ).select_related("charge__user")


def unclaimed(now: datetime) -> Q:
    return Q(claimed_at=None, settled_at__lt=now - CLAIM)


def refunds(now: datetime) -> QuerySet[Refund]:
    """To be sent by hand, flagged, or long on the way to Stripe."""
    requested = Q(state=Refund.State.REQUESTED)
    by_hand = requested & ~Q(payment__method=Payment.Method.STRIPE)
    return Refund.objects.filter(
        ForTheOffice.WAITS | by_hand | (requested & Q(requested_at__lt=now - TO_STRIPE))
    ).select_related("charge__user", "payment")


def to_return(_now: datetime) -> QuerySet[Charge]:
    """Money that nobody owes and that is not on its way back; a flagged payment says so itself."""
    may_be = Exists(Adjustment.objects.filter(charge=OuterRef("pk"))) | Exists(
        Payment.objects.filter(charge=OuterRef("pk")).exclude(flag="")
    )
    came = Exists(Payment.objects.filter(charge=OuterRef("pk"))) | Exists(
        MoneyMove.objects.filter(to_charge=OuterRef("pk"))
    )
    waits = Payment.objects.filter(ForTheOffice.WAITS, charge=OuterRef("pk"))
    held = F("paid_cents") + F("moved_cents") - F("refunded_cents") - F("lost_cents")
    disputed = Dispute.objects.filter(charge=OuterRef("pk"), state=Dispute.State.OPEN)
    return (
        Charge.objects.filter(may_be, came)
        .exclude(Exists(waits))
        .with_sums()
        .filter(GreaterThan(held, F("amount_cents") + F("adjusted_cents")))
        .annotate(is_disputed=Exists(disputed))
        .select_related("user")
    )


def overdue(now: datetime) -> QuerySet[Charge]:
    """Expected, not covered, and its day has passed. An instalment is a charge like any other.

    One that was settled is owed again when a bank took its money back, or more is asked for."""
    on_its_way = Checkout.objects.filter(charge=OuterRef("pk"), state=Checkout.State.PENDING)
    of_charge = {"charge": OuterRef("pk")}
    may_be = (
        Q(settlement=None)
        | Exists(Dispute.objects.filter(state=Dispute.State.LOST, **of_charge))
        | Exists(Adjustment.objects.filter(amount_cents__gt=0, **of_charge))
        | Exists(MoneyMove.objects.filter(to_charge=OuterRef("pk")))
    )
    stands = F("paid_cents") + F("moved_cents") - F("lost_cents")
    return (
        Charge.objects.filter(may_be, cancelled_at=None, due_at__lt=now)
        .with_sums()
        .filter(GreaterThan(F("amount_cents") + F("adjusted_cents"), stands))
        .annotate(
            is_on_its_way=Exists(on_its_way),
            is_undivided=Exists(Charge.objects.undivided().filter(pk=OuterRef("pk"))),
        )
        .select_related("user")
    )


def events(_now: datetime) -> QuerySet[StripeEvent]:
    """What Stripe told of something that was not known here for days."""
    return StripeEvent.objects.filter(ForTheOffice.WAITS)


# --- What is said about them -------------------------------------------------------------


def of_dispute(row: Dispute, _now: datetime) -> tuple[str, str]:
    amount = money(row.amount_cents, row.currency)
    match row.state:
        case Dispute.State.WON:
            return _("The bank decided for us; {amount} is here again.").format(amount=amount), _(
                "Nothing to do but to read it and mark it as looked at."
            )
        case Dispute.State.LOST:
            return _("The bank took {amount} back for good.").format(amount=amount), _(
                "Decide whether the charge stays due or is cancelled."
            )
        case Dispute.State.CLOSED:
            return _("The dispute over {amount} was closed without money.").format(
                amount=amount
            ), _("Nothing to do but to read it and mark it as looked at.")
    asks = _("The payer's bank asks for {amount} back.").format(amount=amount)
    if row.answer_by is None:
        return asks, _("Answer it in Stripe's dashboard.")
    return asks, _("Answer it in Stripe's dashboard by {when}.").format(when=moment(row.answer_by))


def of_payment(row: Payment, _now: datetime) -> tuple[str, str]:
    amount = money(row.amount_cents, row.currency)
    send_back = _("Send it back, or write down why it stays.")
    match row.flag:
        case Payment.Flag.CURRENCY_MISMATCH:
            return _("{amount} came in another currency than was asked for.").format(
                amount=amount
            ), _("Send it back at Stripe or the bank, and ask for the right currency.")
        case Payment.Flag.AMOUNT_MISMATCH:
            return _("{amount} came, which differs from what was asked.").format(amount=amount), _(
                "Compare with the bank, then correct the charge or send the difference back."
            )
        case Payment.Flag.OVERPAID:
            return _("{amount} came, which is more than was owed.").format(amount=amount), send_back
        case Payment.Flag.AFTER_CANCEL:
            return _("{amount} came after the charge was cancelled.").format(
                amount=amount
            ), send_back
        case Payment.Flag.AFTER_EXPIRY:
            return _("{amount} came after its checkout had ended.").format(amount=amount), _(
                "See whether the place is still there; else send it back."
            )
    return _("{amount} came differently than expected.").format(amount=amount), send_back


def of_settlement(row: Settlement, _now: datetime) -> tuple[str, str]:
    if row.flag == "place_gone":
        return _("It is paid, and the place was gone by then."), _(
            "Find another place, or send the money back."
        )
    if row.claimed_at is None:
        return _("It is paid, and nothing took note of it yet."), _(
            "It is tried again by itself. If it stays, open what it pays for and confirm it there."
        )
    return _("It is paid: {outcome}.").format(outcome=row.outcome), _(
        "Open the charge and see what it pays for."
    )


def of_refund(row: Refund, _now: datetime) -> tuple[str, str]:
    amount = money(row.amount_cents, row.currency)
    if row.flag == Refund.Flag.FAILED and row.looked_at is None:
        return _("{amount} could not be paid out by the payer's bank.").format(amount=amount), _(
            "Ask the person how the money reaches them, and send it that way."
        )
    if row.flag == Refund.Flag.FOREIGN and row.looked_at is None:
        return _("{amount} was sent back in Stripe's dashboard, not here.").format(
            amount=amount
        ), _("Find out why, and correct or cancel the charge if nothing more is owed.")
    if row.payment.method == Payment.Method.STRIPE:
        return _("{amount} waits to be handed to Stripe.").format(amount=amount), _(
            "It is tried again by itself. If it stays for a day, look at Stripe's status page."
        )
    return _("{amount} is to go back by {method}.").format(
        amount=amount, method=row.payment.get_method_display()
    ), _("Send it, then record its reference.")


def of_surplus(row: Charge, _now: datetime) -> tuple[str, str]:
    amount = money(Balance.of(row).to_return_cents, row.currency)
    if row.is_disputed:  # type: ignore[attr-defined]
        return _("{amount} is owed by nobody, and a bank disputes a payment.").format(
            amount=amount
        ), _("Wait for the dispute's end: the bank may give it back to the payer itself.")
    return _("{amount} is here that nobody owes.").format(amount=amount), _(
        "Send it back, or correct the charge if it is owed after all."
    )


def of_overdue(row: Charge, _now: datetime) -> tuple[str, str]:
    amount = money(Balance.of(row).due_cents, row.currency)
    if row.is_on_its_way:  # type: ignore[attr-defined]
        return _("{amount} is late; a payment is on its way.").format(amount=amount), _(
            "Wait for Stripe's answer, which takes a few days."
        )
    late = _("{amount} is late; it was due {when}.").format(amount=amount, when=moment(row.due_at))
    if row.part_of_id is not None:
        return late, _(
            "Their place is safe meanwhile. Write to the person, then give more time or cancel."
        )
    if row.is_undivided:  # type: ignore[attr-defined]
        return late, _("Write to the person, then give more time, agree instalments or cancel.")
    return late, _("Write to the person, then give more time or cancel.")


def of_event(row: StripeEvent, _now: datetime) -> tuple[str, str]:
    return _("Stripe told us of {thing}, and nothing here belongs to it.").format(
        thing=row.object_id or row.type
    ), _("Open it, look it up at Stripe, and ask again or write down what it was.")


KINDS = (
    Kind(
        code="disputes",
        label=gettext_lazy("Disputes"),
        hint=gettext_lazy("A payer's bank asks for money back."),
        model=Dispute,
        rows=disputes,
        age="answer_by",
        tell=of_dispute,
        is_deadline=True,
    ),
    Kind(
        code="payments",
        label=gettext_lazy("Payments to look at"),
        hint=gettext_lazy("Money that came differently than expected."),
        model=Payment,
        rows=payments,
        age="flagged_at",
        tell=of_payment,
    ),
    Kind(
        code="settlements",
        label=gettext_lazy("Paid, and nothing came of it"),
        hint=gettext_lazy("Settled charges that nobody claimed, or whose place was gone."),
        model=Settlement,
        rows=settlements,
        age="settled_at",
        tell=of_settlement,
    ),
    Kind(
        code="refunds",
        label=gettext_lazy("Refunds to see to"),
        hint=gettext_lazy("To send by hand, not arrived, or started at Stripe."),
        model=Refund,
        rows=refunds,
        age="requested_at",
        tell=of_refund,
    ),
    Kind(
        code="to_return",
        label=gettext_lazy("Money to send back"),
        hint=gettext_lazy("Received, owed by nobody, and not on its way back."),
        model=Charge,
        rows=to_return,
        age="created_at",
        tell=of_surplus,
    ),
    Kind(
        code="events",
        label=gettext_lazy("Money at Stripe that is not known here"),
        hint=gettext_lazy("Told by Stripe, tried for three days, and still nobody’s."),
        model=StripeEvent,
        rows=events,
        age="flagged_at",
        tell=of_event,
    ),
    Kind(
        code="overdue",
        label=gettext_lazy("Charges and instalments that are late"),
        hint=gettext_lazy("Nothing is lost by itself: you decide."),
        model=Charge,
        rows=overdue,
        age="due_at",
        tell=of_overdue,
    ),
)
BY_CODE = {kind.code: kind for kind in KINDS}


def matters(user: User, *, now: datetime, only: str = "") -> list[Matter]:
    """Everything that waits and ``user`` may see: what has a deadline first, then the oldest.

    ``only`` is a kind's code. One query per kind.
    """
    found = [
        matter_of(kind, row, now)
        for kind in KINDS
        if only in ("", kind.code)
        for row in seen_by(user, kind.rows(now)).order_by(kind.age, "pk")[:LISTED_AT_MOST]
    ]
    return sorted(found, key=lambda item: (item.deadline is None, item.deadline or item.since))


def seen_by(user: User, rows: Any) -> QuerySet[Any]:
    """Of a kind's rows those that this person may see (each model has ``visible_to``)."""
    narrowed: QuerySet[Any] = rows.visible_to(user)
    return narrowed


def matter_of(kind: Kind, row: Any, now: datetime) -> Matter:
    """A row in words."""
    why, next_step = kind.tell(row, now)
    is_undecided = kind.is_deadline and row.state in Dispute.UNDECIDED
    return Matter(
        kind=kind,
        row=row,
        charge=row if isinstance(row, Charge) else getattr(row, "charge", None),
        since=row.opened_at if kind.is_deadline else getattr(row, kind.age),
        deadline=row.answer_by if is_undecided else None,
        why=why,
        next_step=next_step,
    )
