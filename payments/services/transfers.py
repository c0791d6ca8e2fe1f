"""One charge takes the place of another one: what was paid moves along, the rest ends.

The earlier charge is ended by an adjustment, so that nothing is owed there; what was paid beyond
the new price goes back by the payments it came by. Aid and waivers stay with the person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from payments.models import Adjustment, Charge, FundEntry
from payments.queries import Balance, balance
from payments.services.background import end_open_checkouts
from payments.services.cancellation import family
from payments.services.fund import lower_grant, put_back, return_surplus, surplus_of
from payments.services.moves import book_move, lock_with_origins
from payments.services.refunds import Way, request_refund, ways_back
from payments.services.settlements import settle_if_covered
from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.states import lock

# What was taken off for the person's sake, whatever the price is for.
RELIEFS = (Adjustment.Kind.AID, Adjustment.Kind.SCHOLARSHIP, Adjustment.Kind.WAIVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferral:
    """What putting one charge in the place of another means, in cents.

    Of ``held_cents`` that were paid ``moved_cents`` pay for the new one, ``back_cents`` go back;
    ``due_cents`` of its ``price_cents`` (with everything taken off) are still due there.
    """

    price_cents: int
    held_cents: int
    moved_cents: int
    back_cents: int
    due_cents: int
    currency: str
    ways: tuple[Way, ...] = ()

    @property
    def sent_cents(self) -> int:
        """What of ``back_cents`` goes back at once."""
        return sum(way.cents for way in self.ways)

    @property
    def waits_cents(self) -> int:
        """What of ``back_cents`` waits for a bank to decide a dispute."""
        return self.back_cents - self.sent_cents


def standings_of(charge: Charge) -> list[Balance]:
    """Where a charge and its later instalments stand, in their order."""
    return [balance(part) for part in family(charge)]


def reckon(standings: Iterable[Balance], *, price_cents: int, currency: str) -> Transferral:
    """The amounts of a transferral, from standings that are already here; no query."""
    held = sum(max(standing.held_cents, 0) for standing in standings)
    moved = min(held, price_cents)
    return Transferral(
        price_cents=price_cents,
        held_cents=held,
        moved_cents=moved,
        back_cents=held - moved,
        due_cents=price_cents - moved,
        currency=currency,
    )


def reliefs_of(charge: Charge) -> list[Adjustment]:
    """Aid and waivers of a charge and its instalments that still hold, oldest first; one query."""
    rows = Adjustment.objects.filter(
        charge__in=family(charge), kind__in=RELIEFS, amount_cents__lt=0
    ).select_related("grant")
    given_back = FundEntry.objects.filter(reverses__adjustment__in=rows).values("reverses")
    return list(rows.exclude(grant__in=given_back).order_by("pk"))


def shares_of(reliefs: Sequence[Adjustment], price_cents: int) -> list[int]:
    """What each relief takes off another price: as much as it did, and never below nothing."""
    rest, shares = price_cents, []
    for relief in reliefs:
        shares.append(min(-relief.amount_cents, rest))
        rest -= shares[-1]
    return shares


@transaction.atomic
def pass_on_reliefs(
    charge: Charge, *, price_cents: int, by: User | None, reason: str, now: datetime
) -> list[Adjustment]:
    """The adjustments (unsaved) with which a new price starts, in the place of a charge that
    ends: the fund sets the same aid aside anew; what a lower price does not need comes back."""
    reliefs = reliefs_of(charge)
    lines = []
    for relief, cents in zip(reliefs, shares_of(reliefs, price_cents), strict=True):
        grant = relief.grant
        if grant is not None and cents:
            grant = lower_grant(grant, cents=cents, by=by, reason=reason, now=now)
        elif grant is not None:
            put_back(grant, by=by, reason=reason, now=now)
        if cents:
            lines.append(
                Adjustment(
                    kind=relief.kind,
                    amount_cents=-cents,
                    reason=relief.reason,
                    author_id=relief.author_id,
                    grant=grant,
                )
            )
    return lines


@transaction.atomic
def replace_charge(
    charge: Charge, to: Charge, *, by: User | None, reason: str, now: datetime | None = None
) -> Transferral:
    """Put ``to`` in the place of a charge and its later instalments, and let the money follow.

    ``to`` was opened for the same person in the same currency (ValueError otherwise), with
    `pass_on_reliefs`. The earliest money moves first, as much as ``to`` asks for; the rest goes
    back by the payments it came by, without a letter of its own. What was not paid need not be
    paid there any more. Side effects: open checkouts end; a gift that the aid fund holds leaves
    it and comes anew with the new charge; ``charge_settled`` if that is covered.
    """
    now = now or timezone.now()
    charge = lock_with_origins(charge)
    if charge.user_id != to.user_id or charge.currency != to.currency:
        raise ValueError("Money moves within one person and one currency.")
    parts = [lock(part) for part in family(charge)]
    standings = [balance(part) for part in parts]
    rest = price = balance(to).due_cents
    plan = reckon(standings, price_cents=price, currency=charge.currency)
    ways: list[Way] = []
    for part, standing in zip(parts, standings, strict=True):
        cents = min(max(standing.held_cents, 0), rest)
        rest -= cents
        ways += _replace_one(part, to, standing, cents, by=by, reason=reason, now=now)
        return_surplus(part, cents=surplus_of(part), by=by, reason=reason, now=now)
    settle_if_covered(to, now=now)
    return replace(plan, ways=tuple(ways))


def _replace_one(
    part: Charge,
    to: Charge,
    standing: Balance,
    cents: int,
    *,
    by: User | None,
    reason: str,
    now: datetime,
) -> list[Way]:
    """End one charge, move ``cents`` of it, send back what is left of its money."""
    part.moved_to, part.cancelled_at, part.cancelled_by = to, now, by
    part.cancel_reason = reason[:300]
    part.save(update_fields=["moved_to", "cancelled_at", "cancelled_by", "cancel_reason"])
    if standing.owed_cents:
        Adjustment.objects.create(
            charge=part,
            kind=Adjustment.Kind.MOVED,
            amount_cents=-standing.owed_cents,
            reason=reason[:300],
            author=by,
            created_at=now,
        )
    if cents:
        book_move(part, to, cents=cents, by=by, reason=reason, now=now)
    back = max(standing.held_cents - cents, 0)
    record(
        "charge.replaced",
        part,
        by=by,
        subject=part.user,
        reason=fingerprint(reason),
        to=to.pk,
        moved_cents=cents,
        back_cents=back,
    )
    end_open_checkouts(part)
    ways = ways_back(part, back)
    sendable = sum(way.cents for way in ways)
    if sendable:
        request_refund(part, cents=sendable, by=by, reason=reason, is_told=True, now=now)
    return ways
