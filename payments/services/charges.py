"""Opening charges, and changing what is owed."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.models import Adjustment, Charge
from payments.queries import balance, edition_in_force, family_of
from payments.refund_terms import RefundTerms
from payments.services.background import end_open_checkouts
from payments.services.fund import follow_gift
from payments.services.settlements import settle_if_covered
from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.formats import day, money
from scip.requirements import Refusal
from scip.states import lock


def open_charge(
    user: User,
    *,
    purpose: str,
    description: str,
    amount_cents: int,
    currency: str,
    due_at: datetime,
    refund_terms: RefundTerms,
    gift_cents: int = 0,
    adjustments: Iterable[Adjustment] = (),
    now: datetime | None = None,
) -> Charge:
    """Ask a person for money, in the caller's transaction, and return the charge.

    ``amount_cents`` is the full price in cents of ``currency`` (ISO 4217); ``adjustments``
    are unsaved rows that explain what is taken off (negative cents) or added, with kind,
    reason and author. ``refund_terms`` are frozen here; ``gift_cents`` of the price go on to
    the aid fund once it is settled. Raises ValueError if the
    adjustments take off more than the price. Where nothing is left to pay the charge
    settles at once and ``charge_settled`` is sent after commit: no checkout at all.
    """
    now = now or timezone.now()
    lines = list(adjustments)
    owed_cents = amount_cents + sum(line.amount_cents for line in lines)
    if owed_cents < 0:
        raise ValueError("The adjustments take off more than the price.")
    with transaction.atomic(savepoint=False):
        charge = Charge.objects.create(
            user=user,
            purpose=purpose,
            description=description,
            amount_cents=amount_cents,
            currency=currency.upper(),
            due_at=due_at,
            gift_cents=gift_cents,
            refund_terms=[str(sentence) for sentence in refund_terms.sentences],
            refund_steps=refund_terms.frozen_steps(),
            created_at=now,
        )
        for line in lines:
            line.charge = charge
            line.created_at = now
            line.save(force_insert=True)
        record(
            "charge.opened",
            charge,
            subject=user,
            purpose=purpose,
            amount_cents=amount_cents,
            adjusted_cents=sum(line.amount_cents for line in lines),
            currency=charge.currency,
        )
        if not owed_cents:
            settle_if_covered(charge, now=now)
    return charge


@transaction.atomic
def adjust_charge(
    charge: Charge, *, kind: str, cents: int, reason: str, by: User, now: datetime | None = None
) -> Adjustment:
    """Change what is owed by ``cents`` (negative: less), as a waiver or correction.

    Raises Refusal without a reason, for a cancelled charge (except to write off what it kept
    and lost to a bank), or when less than nothing would be owed; ValueError for a kind that the
    office does not give by hand (aid comes from the fund). What was received beyond what is
    owed then shows as money to send back. Side effects: an open checkout for the old amount is
    ended; what is taken off is taken off a gift first.
    """
    now = now or timezone.now()
    if kind not in (Adjustment.Kind.WAIVER, Adjustment.Kind.CORRECTION):
        raise ValueError(f"{kind} is not given by hand")
    charge = lock(charge)
    standing = balance(charge)
    owed = standing.owed_cents
    # A bank may take back what a cancelled charge had kept: that much can be written off.
    if charge.cancelled_at is not None and not 0 > cents >= standing.held_cents - owed:
        raise Refusal(_("This charge was cancelled; nothing is owed on it any more."))
    if not cents or not reason.strip():
        raise Refusal(_("Please give an amount and a reason; both stay on record."))
    if owed + cents < 0:
        raise Refusal(
            _("Only {owed} is owed here, so no more can be taken off.").format(
                owed=money(owed, charge.currency)
            )
        )
    line = _adjust(charge, kind, cents, reason=reason, by=by, now=now)
    record(
        "charge.adjusted",
        charge,
        by=by,
        subject=charge.user,
        kind=kind,
        amount_cents=cents,
        reason=fingerprint(reason),
    )
    settle_if_covered(charge, now=now)
    end_open_checkouts(charge)
    follow_gift(charge, cents=-cents, by=by, reason=reason, now=now)
    return line


@transaction.atomic
def extend_due(
    charge: Charge, *, due_at: datetime, by: User, reason: str, now: datetime | None = None
) -> Charge:
    """Give more time to pay. Raises Refusal without a reason, for a moment that has passed, or
    where the instalments of a plan would no longer follow one another."""
    now = now or timezone.now()
    if not reason.strip() or due_at <= now:
        raise Refusal(_("Please give a day to come and a reason; both stay on record."))
    lock(charge.part_of or charge)  # the plan's lock: two days of it are not moved at once
    charge = lock(charge)
    _refuse_disorder(charge, due_at)
    charge.due_at = due_at
    charge.save(update_fields=["due_at"])
    record("charge.extended", charge, by=by, subject=charge.user, reason=fingerprint(reason))
    return charge


def give_second_chance(charge: Charge, *, now: datetime) -> None:
    """Slow money did not come, and its payer learns of it days later: leave them time for another
    way, as long as the Edition says. Under the charge's lock; never less time than before, and
    instalments keep their order."""
    due_at = now + timedelta(hours=edition_in_force(now).second_chance_hours)
    if charge.cancelled_at is not None or charge.due_at >= due_at or not balance(charge).due_cents:
        return
    try:
        _refuse_disorder(charge, due_at)
    except Refusal:
        return  # Nothing happens to a late instalment by itself.
    charge.due_at = due_at
    charge.save(update_fields=["due_at"])
    record("charge.extended", charge, by=None, subject=charge.user)


def _refuse_disorder(charge: Charge, due_at: datetime) -> None:
    """Raise Refusal where a day would pass over that of another instalment still to be paid."""
    zone = charge.user.zone
    others = family_of(charge).filter(settlement=None, cancelled_at=None).exclude(pk=charge.pk)
    for other in others.order_by("pk"):
        written = day(other.due_at.astimezone(zone).date())
        if other.pk > charge.pk and other.due_at <= due_at:
            raise Refusal(
                _(
                    "The instalment after this one is due on {day}. Please choose a day before "
                    "it, or give more time there first."
                ).format(day=written)
            )
        if other.pk < charge.pk and other.due_at >= due_at:
            raise Refusal(
                _(
                    "The instalment before this one is due on {day}. Please choose a day after it."
                ).format(day=written)
            )


def _adjust(
    charge: Charge, kind: str, cents: int, *, reason: str, by: User | None, now: datetime
) -> Adjustment:
    return Adjustment.objects.create(
        charge=charge,
        kind=kind,
        amount_cents=cents,
        reason=reason.strip()[:300],
        author=by,
        created_at=now,
    )
