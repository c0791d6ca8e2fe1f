"""Paying in two or three parts, agreed with the office before the place is confirmed."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.emails import send_instalments
from payments.models import Adjustment, Charge, Checkout
from payments.queries import balance
from payments.services.background import end_open_checkouts
from scip.accounts.models import User
from scip.audit.services import record
from scip.formats import money
from scip.requirements import Refusal
from scip.states import lock

MOST_PARTS = 3


@transaction.atomic
def agree_instalments(
    charge: Charge,
    *,
    later: Sequence[tuple[int, datetime]],
    by: User,
    now: datetime | None = None,
) -> list[Charge]:
    """Move part of a charge to one or two ``later`` dates, each an amount in cents and the
    moment until which it is due. Returns the first charge and the new ones.

    The first charge keeps the rest and its date; paying it confirms what it pays for. Raises
    Refusal when something was paid or is on its way, the charge is cancelled, settled or an
    instalment itself, amounts are nothing or leave nothing for the first, or dates do not
    follow one another. Side effect: a letter with amounts and dates.
    """
    now = now or timezone.now()
    charge = lock(charge)
    _refuse_late(charge)
    if not 1 <= len(later) < MOST_PARTS:
        raise Refusal(_("Two or three instalments can be agreed."))
    rest = balance(charge).owed_cents - sum(cents for cents, _due in later)
    if rest <= 0 or any(cents <= 0 for cents, _due in later):
        raise Refusal(
            _("Each instalment needs an amount; together they come to {total}.").format(
                total=money(balance(charge).owed_cents, charge.currency)
            )
        )
    moments = [charge.due_at, *(due for _cents, due in later)]
    if moments != sorted(set(moments)):
        raise Refusal(_("The dates of the instalments have to follow one another."))
    Adjustment.objects.create(
        charge=charge,
        kind=Adjustment.Kind.INSTALMENTS,
        amount_cents=-sum(cents for cents, _due in later),
        reason=_("Agreed: {count} instalments").format(count=len(later) + 1),
        author=by,
        created_at=now,
    )
    parts = [
        Charge.objects.create(
            user=charge.user,
            purpose=charge.purpose,
            description=_("{what}, instalment {number} of {count}").format(
                what=charge.description, number=number, count=len(later) + 1
            )[:200],
            amount_cents=cents,
            currency=charge.currency,
            due_at=due,
            refund_terms=charge.refund_terms,
            refund_steps=charge.refund_steps,
            part_of=charge,
            part_number=number,
            created_at=now,
        )
        for number, (cents, due) in enumerate(later, start=2)
    ]
    send_instalments(charge, [(rest, charge.due_at), *later])
    record("charge.instalments", charge, by=by, subject=charge.user, count=len(parts) + 1)
    end_open_checkouts(charge)
    return [charge, *parts]


def _refuse_late(charge: Charge) -> None:
    if charge.part_of_id is not None or charge.later_parts.exists():
        raise Refusal(_("Instalments are agreed here already."))
    is_under_way = charge.checkouts.filter(state=Checkout.State.PENDING).exists()
    if charge.moves_in.exists():
        raise Refusal(
            _(
                "Money from an earlier place pays for a part of this already, so it cannot be "
                "divided into instalments. Give more time for the rest instead; by bank transfer "
                "it can come in several payments."
            )
        )
    has_money = charge.payments.exists()
    if charge.cancelled_at is not None or has_money or is_under_way:
        raise Refusal(
            _("Instalments are agreed before anything is paid. Money has come, or is on its way.")
        )
    if balance(charge).is_settled:
        raise Refusal(_("Nothing is owed here, so there is nothing to divide."))
