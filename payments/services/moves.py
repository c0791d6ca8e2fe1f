"""Money between a charge and the one that took its place: booking it, and following the chain.

A payment stays where it came in; what moves is what it pays for. So money goes back to its payer
by its own payment, after moving home. Locks are taken from the earliest charge to the latest.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from django.db.models import Sum

from payments.models import Charge, MoneyMove, Refund
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
    later = Charge(pk=charge.moved_to_id)
    return _total(charge, later) - _total(later, charge)


def book_move(
    charge: Charge,
    to: Charge,
    *,
    cents: int,
    by: User | None,
    reason: str,
    now: datetime,
    refund: Refund | None = None,
) -> MoneyMove:
    """Write down that ``cents`` pay for another charge now. Both are locked; the database refuses
    more than is there. ``refund``: one started at Stripe, for which they come home or, when it
    did not arrive, after which they return."""
    row = MoneyMove.objects.create(
        from_charge=charge,
        to_charge=to,
        refund=refund,
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


def follow_on(
    charge: Charge, *, reason: str, now: datetime, refund: Refund | None = None
) -> Charge:
    """Let money follow to the charge that took this one's place, as far as it is due there; what
    moved on and is missing here now comes home: a bank took it back, or ``refund``, started at
    Stripe, sends it back. Returns the latest charge.

    Under the charge's lock; locks the later ones. The caller settles the latest one.
    """
    chain = [charge, *(lock(later) for later in chain_from(charge)[1:])]
    last = chain[-1]
    missing = -balance(charge).held_cents
    if missing > 0:
        _draw(chain, cents=missing, reason=reason, now=now, refund=refund)
    else:
        cents = min(-missing, balance(last).due_cents)
        for earlier, later in pairwise(chain):
            if cents > 0:
                book_move(earlier, later, cents=cents, by=None, reason=reason, now=now)
    return last


def send_on_again(refund: Refund, *, reason: str, now: datetime) -> None:
    """Money that came home for a refund started at Stripe is here after all: it pays again for
    what it paid for. Under the lock of the refund's charge; locks the later ones."""
    chain = [refund.charge, *(lock(later) for later in chain_from(refund.charge)[1:])]
    for earlier, later in pairwise(chain):
        cents = _total(later, earlier, refund=refund) - _total(earlier, later, refund=refund)
        if cents > 0:
            book_move(earlier, later, cents=cents, by=None, reason=reason, now=now, refund=refund)


def _total(charge: Charge, to: Charge, **narrowed: Refund) -> int:
    rows = MoneyMove.objects.filter(from_charge=charge, to_charge=to, **narrowed)
    return rows.aggregate(total=Sum("amount_cents"))["total"] or 0


def _draw(
    chain: list[Charge], *, cents: int, reason: str, now: datetime, refund: Refund | None
) -> None:
    """Bring what is missing at the first charge of a chain back from the later ones: at most what
    moved on, each first from behind it what it does not hold itself."""
    if len(chain) < 2:
        return
    first, second, *_rest = chain
    cents = min(cents, moved_on(first))
    short = cents - max(balance(second).held_cents, 0)
    if short > 0:
        _draw(chain[1:], cents=short, reason=reason, now=now, refund=refund)
    cents = min(cents, balance(second).held_cents)
    if cents > 0:
        book_move(second, first, cents=cents, by=None, reason=reason, now=now, refund=refund)
