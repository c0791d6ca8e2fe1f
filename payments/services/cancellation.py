"""Stepping back: what comes back by the frozen terms, what stays, and booking it.

A cancellation is an adjustment that leaves owed what stays; the difference to what was paid
is returned. Aid and gifts go back in the same share.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.emails import send_returning
from payments.models import Adjustment, Charge, FundEntry, Refund, Settlement
from payments.queries import Balance, balance
from payments.refund_terms import share
from payments.services.background import end_open_checkouts
from payments.services.fund import put_back, return_surplus, surplus_of
from payments.services.moves import lock_with_origins
from payments.services.refunds import Way, request_refund, ways_back
from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.formats import money
from scip.requirements import Refusal
from scip.states import lock


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What cancelling a charge with its later instalments would mean at one moment.

    ``percent`` is the terms' share at that moment, ``terms_cents`` what they send back.
    ``back_cents`` comes back, ``kept_cents`` stays of ``held_cents`` received, ``waived_cents``
    need not be paid any more.
    """

    percent: int
    held_cents: int
    terms_cents: int
    back_cents: int
    waived_cents: int
    currency: str
    ways: tuple[Way, ...]

    @property
    def kept_cents(self) -> int:
        return self.held_cents - self.back_cents

    @property
    def is_by_the_terms(self) -> bool:
        """False where somebody decided on another amount."""
        return self.back_cents == self.terms_cents

    @property
    def sent_cents(self) -> int:
        """What of ``back_cents`` goes back at once."""
        return sum(way.cents for way in self.ways)

    @property
    def waits_cents(self) -> int:
        """What of ``back_cents`` waits for a bank to decide a dispute."""
        return self.back_cents - self.sent_cents


@dataclass(frozen=True, slots=True)
class Returned:
    """Which part of the money goes back, over all instalments and without what was never owed;
    the terms' ``percent`` where there is no money."""

    back_cents: int
    held_cents: int
    percent: int

    def share_of(self, cents: int) -> int:
        """The same part of other cents."""
        if not self.held_cents:
            return share(cents, self.percent)
        return cents * self.back_cents // self.held_cents


def by_the_terms(charge: Charge, standing: Balance, at: datetime) -> int:
    """What comes back of one charge: its terms' share, and all that was never owed."""
    never_owed = standing.to_return_cents
    return charge.terms.refund_cents(standing.held_cents - never_owed, at) + never_owed


def family(charge: Charge) -> list[Charge]:
    """The charge and its later instalments that are not cancelled, in their order."""
    charges = Charge.objects.filter(Q(pk=charge.pk) | Q(part_of=charge.pk), cancelled_at=None)
    return list(charges.select_related("user").order_by("pk"))


def plan_cancellation(
    charge: Charge, *, refund_cents: int | None = None, now: datetime | None = None
) -> Cancellation:
    """What cancelling would mean now; changes nothing. ``refund_cents`` as in `cancel_charge`."""
    now = now or timezone.now()
    parts = [(part, balance(part)) for part in family(charge)]
    backs = [by_the_terms(part, standing, now) for part, standing in parts]
    terms_cents = sum(backs)
    if refund_cents is not None:
        standings = [standing for _part, standing in parts]
        backs = shared_out(refund_cents, standings, charge.currency)
    return Cancellation(
        percent=charge.terms.percent_at(now),
        held_cents=sum(standing.held_cents for _part, standing in parts),
        terms_cents=terms_cents,
        back_cents=sum(backs),
        waived_cents=sum(standing.due_cents for _part, standing in parts),
        currency=charge.currency,
        ways=ways_of([part for part, _standing in parts], backs),
    )


def ways_of(parts: Iterable[Charge], backs: Iterable[int]) -> tuple[Way, ...]:
    """By which way the money of each part goes back."""
    return tuple(
        way for part, back in zip(parts, backs, strict=True) for way in ways_back(part, back)
    )


@transaction.atomic
def give_up_charge(
    charge: Charge, *, by: User | None, reason: str, refused: str, now: datetime | None = None
) -> None:
    """Cancel a charge that nobody paid yet; the caller's own letter tells of it.

    ``reason`` is booked. Raises Refusal with the sentence ``refused`` once money has arrived: a
    payment that is just being recorded decides first.
    """
    charge = lock(charge)
    is_arriving = balance(charge).held_cents or Settlement.objects.filter(charge=charge).exists()
    if charge.cancelled_at is None and is_arriving:
        raise Refusal(refused)
    cancel_charge(charge, by=by, reason=reason, is_told=True, now=now)


def cancel_charge(
    charge: Charge,
    *,
    by: User | None,
    reason: str,
    words: str = "",
    refund_cents: int | None = None,
    in_full: bool = False,
    is_told: bool = False,
    now: datetime | None = None,
) -> Cancellation:
    """Expect no more money on a charge and its later instalments, and send back what is due.

    ``by`` is None when time did it. ``refund_cents`` deviates from the terms (the office, with
    its ``reason``): between what was never owed and all that is held, else Refusal. ``in_full``:
    everything comes back whatever the terms say, aid too (we cancelled). ``reason`` is booked
    with every line and stands on the credit note; the person's own ``words`` stay with the
    charge alone, where the office reads them and they can be erased. Doing it
    twice changes nothing. Side effects: a checkout that is open is ended at Stripe after
    commit (money that comes all the same is kept and flagged); refunds are written down and
    sent; aid and gifts go back to or out of the fund in the same share; one letter says what
    comes back, unless the caller's own letter does (``is_told``). Returns what was done.
    """
    now = now or timezone.now()
    charge = lock_with_origins(charge)
    plan = plan_cancellation(charge, now=now)
    parts = [lock(part) for part in family(charge)]
    standings = [balance(part) for part in parts]
    if in_full:
        backs = [standing.held_cents for standing in standings]
    elif refund_cents is None:
        backs = [
            by_the_terms(part, standing, now)
            for part, standing in zip(parts, standings, strict=True)
        ]
    else:
        backs = shared_out(refund_cents, standings, charge.currency)
    ways = ways_of(parts, backs)
    refunds = [
        refund
        for part, standing, back in zip(parts, standings, backs, strict=True)
        for refund in _cancel_one(part, standing, back, by=by, reason=reason, words=words, now=now)
    ]
    never_owed = sum(standing.to_return_cents for standing in standings)
    held = sum(standing.held_cents for standing in standings) - never_owed
    percent = 100 if in_full else charge.terms.percent_at(now)
    returned = Returned(sum(backs) - never_owed, held, percent)
    for part, standing in zip(parts, standings, strict=True):
        _even_out_the_fund(part, standing, returned, by=by, reason=reason, now=now)
    if not is_told:
        send_returning(charge, refunds)
    return replace(plan, back_cents=sum(backs), ways=ways)


def shared_out(cents: int, standings: Iterable[Balance], currency: str) -> list[int]:
    """A refund over the charges: what was never owed first, then the earliest money first."""
    rows = list(standings)
    backs = [row.to_return_cents for row in rows]
    least, most = sum(backs), sum(row.held_cents for row in rows)
    if not least <= cents <= most:
        raise Refusal(
            _("Between {least} and {most} can go back here.").format(
                least=money(least, currency), most=money(most, currency)
            )
        )
    rest = cents - least
    for index, row in enumerate(rows):
        more = min(rest, row.held_cents - backs[index])
        backs[index] += more
        rest -= more
    return backs


def _cancel_one(
    charge: Charge,
    standing: Balance,
    back: int,
    *,
    by: User | None,
    reason: str,
    words: str,
    now: datetime,
) -> list[Refund]:
    charge.cancelled_at = now
    charge.cancelled_by = by
    charge.cancel_reason = (words or reason)[:300]
    charge.save(update_fields=["cancelled_at", "cancelled_by", "cancel_reason"])
    kept = standing.held_cents - back
    if kept != standing.owed_cents:
        Adjustment.objects.create(
            charge=charge,
            kind=Adjustment.Kind.CANCELLATION,
            amount_cents=kept - standing.owed_cents,
            reason=reason[:300],
            author=by,
            created_at=now,
        )
    record(
        "charge.cancelled",
        charge,
        by=by,
        subject=charge.user,
        reason=fingerprint(reason),
        back_cents=back,
        kept_cents=kept,
    )
    end_open_checkouts(charge)
    # What a bank holds in a dispute goes back once that is decided.
    sendable = sum(way.cents for way in ways_back(charge, back))
    if not sendable:
        return []
    return request_refund(charge, cents=sendable, by=by, reason=reason, is_told=True, now=now)


def _even_out_the_fund(
    charge: Charge,
    standing: Balance,
    returned: Returned,
    *,
    by: User | None,
    reason: str,
    now: datetime,
) -> None:
    """Aid and gifts follow the money of the whole purpose: the same share goes back."""
    gift_cents = returned.share_of(surplus_of(charge))
    return_surplus(charge, cents=gift_cents, by=by, reason=reason, now=now)
    for grant in FundEntry.objects.filter(adjustment__charge=charge):
        unpaid = not standing.is_settled
        cents = None if unpaid else returned.share_of(-grant.amount_cents)
        put_back(grant, cents=cents, by=by, reason=reason, now=now)
