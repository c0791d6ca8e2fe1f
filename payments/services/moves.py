"""Money between a charge and the one that took its place: booking it, and following the chain.

A payment stays where it came in; what moves is what it pays for. So money goes back to its payer
by its own payment, after moving home. Locks are taken from the earliest charge to the latest.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from django.db.models import Sum

from payments.models import Charge, MoneyMove
from payments.queries import balance
from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.states import lock


def lock_with_origins(charge: Charge) -> Charge:
    """The charge under its row lock, and before it those from which its money may have come."""
    for pk in sorted(origins_of(charge)):
        lock(Charge(pk=pk))
    return lock(charge)


def origins_of(charge: Charge) -> set[int]:
    """The ids of the charges whose place this one took, over all steps."""
    return set(with_origins([charge.pk])) - {charge.pk}


def with_origins(pks: Iterable[int]) -> dict[int, int]:
    """These charges and those whose place they took, over all steps, each with the one of
    ``pks`` to which it led; a query for each step, however many charges."""
    layer = {pk: pk for pk in pks}
    found = dict(layer)
    while layer:
        rows = Charge.objects.filter(moved_to__in=layer).values_list("pk", "moved_to")
        layer = {pk: layer[to] for pk, to in rows if to is not None}
        found |= layer
    return found


def moved_on(charge: Charge) -> int:
    """What moved from a charge to the one that took its place, less what came back, in cents."""
    if charge.moved_to_id is None:
        return 0
    there, back = (
        MoneyMove.objects.filter(from_charge=start, to_charge=end).aggregate(
            total=Sum("amount_cents")
        )["total"]
        or 0
        for start, end in (
            (charge.pk, charge.moved_to_id),
            (charge.moved_to_id, charge.pk),
        )
    )
    return there - back


def book_move(
    charge: Charge, to: Charge, *, cents: int, by: User | None, reason: str, now: datetime
) -> MoneyMove:
    """Write down that ``cents`` pay for another charge now. Both are locked; the database refuses
    more than is there."""
    row = MoneyMove.objects.create(
        from_charge=charge,
        to_charge=to,
        amount_cents=cents,
        currency=charge.currency,
        reason=reason.strip()[:300],
        author=by,
        created_at=now,
    )
    record(
        "money.moved",
        row,
        by=by,
        subject=charge.user,
        charge=charge.pk,
        to=to.pk,
        amount_cents=cents,
        currency=row.currency,
        reason=fingerprint(reason),
    )
    return row


def chain_from(charge: Charge) -> list[Charge]:
    """A charge and those that took its place one after the other, the latest last."""
    chain = [charge]
    while (later := chain[-1].moved_to) is not None:
        chain.append(later)
    return chain


def bring_home(
    origin: Charge, charge: Charge, *, cents: int, by: User | None, reason: str, now: datetime
) -> None:
    """Move ``cents`` from a charge back, step by step, to the one they were paid for."""
    chain = chain_from(origin)
    steps = chain[: chain.index(charge) + 1]
    for later, earlier in pairwise(reversed(steps)):
        book_move(later, earlier, cents=cents, by=by, reason=reason, now=now)


def follow_on(charge: Charge, *, reason: str, now: datetime) -> Charge:
    """Let money follow to the charge that took this one's place, as far as it is due there; what
    moved on and is missing here now (a bank took it back) comes home. Returns the latest charge.

    Under the charge's lock; locks the later ones. The caller settles the latest one.
    """
    chain = [charge, *(lock(later) for later in chain_from(charge)[1:])]
    last = chain[-1]
    missing = -balance(charge).held_cents
    if missing > 0:
        _draw(chain, cents=missing, reason=reason, now=now)
    else:
        cents = min(-missing, balance(last).due_cents)
        for earlier, later in pairwise(chain):
            if cents > 0:
                book_move(earlier, later, cents=cents, by=None, reason=reason, now=now)
    return last


def _draw(chain: list[Charge], *, cents: int, reason: str, now: datetime) -> None:
    """Bring what is missing at the first charge of a chain back from the later ones: at most what
    moved on, each first from behind it what it does not hold itself."""
    if len(chain) < 2:
        return
    first, second, *_rest = chain
    cents = min(cents, moved_on(first))
    short = cents - max(balance(second).held_cents, 0)
    if short > 0:
        _draw(chain[1:], cents=short, reason=reason, now=now)
    cents = min(cents, balance(second).held_cents)
    if cents > 0:
        book_move(second, first, cents=cents, by=None, reason=reason, now=now)
