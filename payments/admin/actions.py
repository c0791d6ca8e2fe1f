"""What the office can do with a charge: fill in, see what it would do, do it.

What will happen is not told from memory: the service runs, its rows are read, and everything
is rolled back. Doing it then refuses if the charge has changed since it was shown, so two
people who press the same button send money back once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments import services
from payments.models import Charge, CreditNote, FundEntry, Receipt, Refund
from payments.office_forms import (
    AdjustForm,
    CallOffForm,
    CancelForm,
    ExtendForm,
    InstalmentsForm,
    LookedForm,
    OfflineForm,
    ReturnedForm,
    ReturnForm,
)
from payments.queries import Balance, balance
from scip.accounts.models import User
from scip.mail.models import Letter
from scip.requirements import Refusal


@dataclass(frozen=True, slots=True)
class Case:
    """A charge as an action finds it."""

    charge: Charge
    standing: Balance
    needs_a_look: bool
    has_refund_by_hand: bool
    is_undivided: bool

    @classmethod
    def of(cls, charge: Charge) -> "Case":
        """Read what the actions ask about; four queries."""
        return cls(
            charge=charge,
            standing=balance(charge),
            needs_a_look=Charge.objects.filter(pk=charge.pk).needing_a_look().exists(),
            has_refund_by_hand=Refund.objects.by_hand().filter(charge=charge).exists(),
            is_undivided=Charge.objects.undivided().filter(pk=charge.pk).exists(),
        )

    @property
    def is_live(self) -> bool:
        return self.charge.cancelled_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that the office can do. ``otherwise`` says who could do what is refused here;
    ``is_plain``: nothing about money changes, so nothing is shown beforehand."""

    verb: str
    title: Promise
    done: Promise
    confirm: Promise
    form: type[Any]
    is_open: Callable[[Case], bool]
    act: Callable[[Charge, Any, User, datetime], object]
    otherwise: Promise | str = ""
    is_plain: bool = False
    is_danger: bool = False


ACTIONS = {
    action.verb: action
    for action in (
        Action(
            verb="looked",
            title=gettext_lazy("Mark what is flagged as looked at"),
            done=gettext_lazy("Marked as looked at."),
            confirm=gettext_lazy("Mark as looked at"),
            form=LookedForm,
            is_open=lambda case: case.needs_a_look,
            act=lambda charge, form, by, now: services.mark_looked_at(
                charge, by=by, note=form.cleaned_data["note"], until=form.until, now=now
            ),
            is_plain=True,
        ),
        Action(
            verb="returned",
            title=gettext_lazy("Record a refund sent by hand"),
            done=gettext_lazy("The refund is recorded as sent."),
            confirm=gettext_lazy("Yes, it was sent"),
            form=ReturnedForm,
            is_open=lambda case: case.has_refund_by_hand,
            act=lambda _charge, form, by, now: services.record_returned(
                form.chosen, reference=form.cleaned_data["reference"], by=by, now=now
            ),
            otherwise=gettext_lazy("Whoever reads the bank's statements knows the reference."),
        ),
        Action(
            verb="offline",
            title=gettext_lazy("Record a bank transfer or cheque"),
            done=gettext_lazy("The payment is recorded."),
            confirm=gettext_lazy("Yes, record it"),
            form=OfflineForm,
            is_open=lambda _case: True,
            act=lambda charge, form, by, now: services.record_offline_payment(
                charge, by=by, now=now, **form.payment(now, charge.user.zone)
            ),
            otherwise=gettext_lazy("Whoever reads the bank's statements can tell which one it is."),
        ),
        Action(
            verb="adjust",
            title=gettext_lazy("Waive or correct"),
            done=gettext_lazy("What is owed has changed."),
            confirm=gettext_lazy("Yes, change what is owed"),
            form=AdjustForm,
            is_open=lambda case: (
                case.is_live or case.standing.owed_cents > case.standing.held_cents
            ),
            act=lambda charge, form, by, now: services.adjust_charge(
                charge,
                kind=form.kind,
                cents=form.signed_cents,
                reason=form.cleaned_data["reason"],
                by=by,
                now=now,
            ),
            otherwise=gettext_lazy("Aid is granted by the people who decide on it."),
        ),
        Action(
            verb="instalments",
            title=gettext_lazy("Agree instalments"),
            done=gettext_lazy("The instalments are agreed."),
            confirm=gettext_lazy("Yes, agree them"),
            form=InstalmentsForm,
            is_open=lambda case: case.is_undivided and not case.standing.is_settled,
            act=lambda charge, form, by, now: services.agree_instalments(
                charge, later=form.later, by=by, now=now
            ),
            otherwise=gettext_lazy("Once money has come, anyone in the office can give more time."),
        ),
        Action(
            verb="extend",
            title=gettext_lazy("Give more time"),
            done=gettext_lazy("There is more time to pay."),
            confirm=gettext_lazy("Yes, give more time"),
            form=ExtendForm,
            is_open=lambda case: case.is_live and case.standing.due_cents > 0,
            act=lambda charge, form, by, now: services.extend_due(
                charge, due_at=form.due_at, by=by, reason=form.cleaned_data["reason"], now=now
            ),
        ),
        Action(
            verb="return",
            title=gettext_lazy("Send money back"),
            done=gettext_lazy("The refund is written down."),
            confirm=gettext_lazy("Yes, send it back"),
            form=ReturnForm,
            is_open=lambda case: case.standing.held_cents > 0 and not case.standing.due_cents,
            act=lambda charge, form, by, now: services.return_money(
                charge,
                cents=form.cleaned_data["cents"],
                by=by,
                reason=form.cleaned_data["reason"],
                now=now,
            ),
            otherwise=gettext_lazy(
                "Money that a bank holds can be followed by whoever manages the Stripe account."
            ),
            is_danger=True,
        ),
        Action(
            verb="call-off",
            title=gettext_lazy("Call a refund off"),
            done=gettext_lazy("The refund is called off; the money stays."),
            confirm=gettext_lazy("Yes, keep the money here"),
            form=CallOffForm,
            is_open=lambda case: case.has_refund_by_hand,
            act=lambda _charge, form, by, now: services.call_off_refund(
                form.chosen, by=by, reason=form.cleaned_data["reason"], now=now
            ),
            otherwise=gettext_lazy(
                "What Stripe was asked to send can be followed by whoever manages its account."
            ),
        ),
        Action(
            verb="cancel",
            title=gettext_lazy("Cancel the charge"),
            done=gettext_lazy("The charge is cancelled."),
            confirm=gettext_lazy("Yes, cancel it"),
            form=CancelForm,
            is_open=lambda case: case.is_live,
            act=lambda charge, form, by, now: services.cancel_charge(
                charge,
                by=by,
                reason=form.cleaned_data["reason"],
                refund_cents=form.cleaned_data["refund_cents"],
                now=now,
            ),
            is_danger=True,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What an action would do."""

    rows: tuple[tuple[str, int, int], ...]
    due_at: tuple[datetime, datetime]
    refunds: tuple[Refund, ...]
    parts: tuple[Charge, ...]
    fund: tuple[FundEntry, ...]
    letters: tuple[Letter, ...]
    # Documents that a worker makes and sends afterwards.
    receipts: int
    credit_notes: int


def foresee(action: Action, charge: Charge, form: Any, by: User, now: datetime) -> Foreseen:
    """Do it, read what came of it, and undo everything. Raises Refusal as the action does."""
    with transaction.atomic():
        before, last_letter = balance(charge), last_of(charge.user)
        action.act(charge, form, by, now)
        changed = Charge.objects.select_related("user").get(pk=charge.pk)
        after = balance(changed)
        # Money of an earlier place goes back by its own payment, on that place's charge.
        acted_on = services.with_origins(part.pk for part in acted_together(charge))
        refunds = Refund.objects.filter(charge__in=acted_on, requested_at=now)
        entries = FundEntry.objects.filter(created_at=now, author=by).order_by("pk")
        foreseen = Foreseen(
            rows=tuple(
                (label, getattr(before, name), getattr(after, name))
                for label, name in (
                    (_("Owed"), "owed_cents"),
                    (_("Received and still here"), "held_cents"),
                    (_("Still due"), "due_cents"),
                )
            ),
            due_at=(charge.due_at, changed.due_at),
            refunds=tuple(refunds.select_related("payment").order_by("pk")),
            parts=tuple(charge.later_parts.filter(created_at=now).order_by("part_number")),
            fund=tuple(entries),
            letters=tuple(
                Letter.objects.filter(to_user=charge.user, pk__gt=last_letter).order_by("pk")
            ),
            receipts=Receipt.objects.filter(payment__charge=charge, issued_at=now).count(),
            credit_notes=CreditNote.objects.filter(refund__charge=charge, issued_at=now).count(),
        )
        transaction.set_rollback(True)
    return foreseen


def last_of(user: User) -> int:
    """The key of the newest letter to somebody."""
    return Letter.objects.filter(to_user=user).aggregate(last=Max("pk"))["last"] or 0


def acted_together(charge: Charge) -> list[Charge]:
    """The charge and its later instalments, which are cancelled and paid back with it."""
    rows = Charge.objects.filter(Q(pk=charge.pk) | Q(part_of=charge))
    return list(rows.with_sums().order_by("pk"))


def seen(charge: Charge) -> str:
    """What was on record when the page was shown, as one word."""
    parts = acted_together(charge)
    rows = Refund.objects.filter(charge__in=services.with_origins(part.pk for part in parts))
    facts = [rows.exclude(state=Refund.State.REQUESTED).count(), rows.count()]
    for part in parts:
        standing = Balance.of(part)
        facts += [
            standing.owed_cents,
            standing.came_cents,
            standing.refunded_cents,
            standing.lost_cents,
            int(part.due_at.timestamp()),
            int(part.cancelled_at is not None),
        ]
    return "-".join(map(str, facts))


def carry_out(
    action: Action, charge: Charge, form: Any, *, as_seen: str, by: User, now: datetime
) -> None:
    """Do it, unless the charge changed since it was shown: then Refusal, and nothing is done."""
    with transaction.atomic():
        charge = services.lock_with_origins(charge)
        if not action.is_plain and seen(charge) != as_seen:
            raise Refusal(
                _(
                    "Somebody changed this charge while you were looking at it. Nothing was done "
                    "a second time; below is what it would do now."
                )
            )
        action.act(charge, form, by, now)
