"""The aid fund: gifts come in, grants are set aside and used, what is not used comes back.

Under the lock of the fund's row, so two grants never share the same money. A fund may only
sink below nothing when a gift is paid back that was given on already.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.models import Adjustment, AidFund, Charge, Dispute, FundEntry
from payments.queries import Balance, edition_in_force, instalments_of
from payments.services.moves import origins_of
from scip.accounts.models import User
from scip.audit.services import fingerprint, record
from scip.formats import money
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.states import lock

Kind = FundEntry.Kind
# A gift whose money a bank took back, and that came after all.
OVER_LOSS = (Kind.SURPLUS_LOST, Kind.SURPLUS_AGAIN)


def fund_balance(currency: str = "USD") -> int:
    """What the fund holds and has not promised, in cents."""
    return _sum(FundEntry.objects.filter(fund_id=currency))


def given_so_far(currency: str = "USD") -> int:
    """What people have given for others' places, in cents: the public's figure."""
    kinds = [Kind.SURPLUS, Kind.GIFT, Kind.SURPLUS_BACK, *OVER_LOSS]
    return _sum(FundEntry.objects.filter(fund_id=currency, kind__in=kinds))


def currencies_in_use() -> list[str]:
    """The currencies in which aid can be given, the Edition's first: those of editions, of
    charges and of funds that are there."""
    first = edition_in_force(timezone.now()).currency
    codes: set[str] = set()
    for model in (Edition, Charge, AidFund):
        rows = model._default_manager.order_by().values_list("currency", flat=True)
        codes |= set(rows.distinct())
    return [first, *sorted(codes - {first})]


def locked_fund(currency: str) -> AidFund:
    """The fund under its row lock, made with its first movement."""
    AidFund.objects.bulk_create([AidFund(currency=currency)], ignore_conflicts=True)
    return lock(AidFund(currency=currency))


@transaction.atomic
def add_gift(
    *, cents: int, currency: str, reason: str, by: User, now: datetime | None = None
) -> FundEntry:
    """Money for the fund from outside the price list; ``reason`` says whose and why.

    Raises Refusal without an amount or a reason, or in a currency in which nothing is priced.
    """
    if currency not in currencies_in_use():
        raise Refusal(
            _(
                "No place is priced in {currency}, so nobody could be helped with it. Please book "
                "the gift as the bank changed it."
            ).format(currency=currency)
        )
    if cents <= 0 or not reason.strip():
        raise Refusal(_("Please give an amount, and write where the money comes from."))
    return _book(Kind.GIFT, cents, locked_fund(currency), reason=reason, by=by, now=now)


@transaction.atomic
def set_aside(
    *,
    cents: int,
    currency: str,
    user: User,
    reason: str,
    by: User | None,
    now: datetime | None = None,
) -> FundEntry:
    """Promise ``cents`` of the fund to somebody; an adjustment of their charge uses it later.

    Raises Refusal when the fund does not hold that much.
    """
    fund = locked_fund(currency)
    held = fund_balance(currency)
    if cents > held:
        raise Refusal(
            _(
                "The aid fund holds {held}. Please grant at most that, or let the office "
                "add to the fund first."
            ).format(held=money(max(held, 0), currency))
        )
    return _book(Kind.GRANT, -cents, fund, user=user, reason=reason, by=by, now=now)


@transaction.atomic
def put_back(
    grant: FundEntry,
    *,
    by: User | None,
    reason: str,
    cents: int | None = None,
    now: datetime | None = None,
) -> FundEntry | None:
    """Give a grant back to the fund, whole or ``cents`` of it, once; a second call does nothing."""
    fund = locked_fund(grant.fund_id)
    if FundEntry.objects.filter(reverses=grant).exists():
        return None
    amount = -grant.amount_cents if cents is None else cents
    if not 0 <= amount <= -grant.amount_cents:
        raise ValueError("More would come back than was granted.")
    if not amount:
        return None
    return _book(
        Kind.GRANT_BACK,
        amount,
        fund,
        user=grant.user,
        reverses=grant,
        reason=reason,
        by=by,
        now=now,
    )


@transaction.atomic
def lower_grant(
    grant: FundEntry, *, cents: int, by: User | None, reason: str, now: datetime | None = None
) -> FundEntry:
    """Set aside ``cents`` in the place of a larger grant that no charge uses; the rest comes back.

    Never refused for want of money: the fund holds the larger promise already. Raises
    ValueError for more than was granted, or for a grant that was put back.
    """
    fund = locked_fund(grant.fund_id)
    if not 0 < cents <= -grant.amount_cents:
        raise ValueError("More would be set aside than was granted.")
    if put_back(grant, by=by, reason=reason, now=now) is None:
        raise ValueError("This grant was put back already.")
    return _book(Kind.GRANT, -cents, fund, user=grant.user, reason=grant.reason, by=by, now=now)


def gift_in(charge: Charge) -> int:
    """What of a charge is to be given to the fund, in cents: what was waived or corrected is
    taken off the gift first."""
    lowered = Adjustment.objects.filter(
        Q(charge=charge) | Q(charge__part_of=charge),
        kind__in=[Adjustment.Kind.WAIVER, Adjustment.Kind.CORRECTION],
    ).aggregate(total=Sum("amount_cents"))["total"]
    return max(charge.gift_cents + min(lowered or 0, 0), 0)


def surplus_of(charge: Charge) -> int:
    """What of a charge's gift is meant for the fund, in cents; a bank may have taken its money."""
    kinds = [Kind.SURPLUS, Kind.SURPLUS_BACK]
    return _sum(FundEntry.objects.filter(charge=charge, kind__in=kinds))


def follow_gift(charge: Charge, *, cents: int, by: User | None, reason: str, now: datetime) -> None:
    """What is owed has sunk by ``cents``: as much of a booked gift leaves the fund. Under the
    charge's lock."""
    first = charge.part_of or charge
    if first.cancelled_at is None:
        # What had been added by a correction before is taken off first.
        cents = min(cents, surplus_of(first) - gift_in(first))
    return_surplus(first, cents=max(cents, 0), by=by, reason=reason, now=now)


def book_surplus(charge: Charge, *, now: datetime) -> FundEntry | None:
    """The gift in a settled price goes to the fund, once: with its last instalment.

    Call it after the charge's settlement is written. Money that comes after cancelling is no
    gift: it is sent back.
    """
    whole = charge.part_of or charge
    if not whole.gift_cents:
        return None
    # The fund's lock before the look at the other instalments: of two that are settled at
    # once the second one sees the first.
    fund = locked_fund(whole.currency)
    parts = Charge.objects.filter(Q(pk=whole.pk) | Q(part_of=whole.pk))
    if parts.filter(Q(settlement=None) | Q(cancelled_at__isnull=False)).exists():
        return None
    cents = gift_in(whole)
    if not cents or FundEntry.objects.filter(charge=whole, kind=Kind.SURPLUS).exists():
        return None
    return _book(
        Kind.SURPLUS,
        cents,
        fund,
        user=whole.user,
        charge=whole,
        reason=whole.description,
        by=None,
        now=now,
    )


def return_surplus(
    charge: Charge, *, cents: int, by: User | None, reason: str, now: datetime
) -> None:
    """Take ``cents`` of a booked gift out again because its payer gets money back; at most what
    is left of it. What a bank has taken of it follows."""
    surplus = FundEntry.objects.filter(charge=charge, kind=Kind.SURPLUS).first()
    if surplus is None:
        return
    fund = locked_fund(charge.currency)
    cents = min(cents, surplus_of(charge))
    if cents:
        _follow_gift_money(Kind.SURPLUS_BACK, -cents, surplus, fund, by=by, reason=reason, now=now)
    follow_loss(charge, now=now)


def follow_loss(charge: Charge, *, now: datetime) -> None:
    """Keep in the fund only that share of a booked gift whose money is here: what a bank took
    back of its charge leaves the fund in the same share, and comes again when the bank gives it
    back or it is paid anew. Under the charge's lock; once or more often."""
    first = charge.part_of or charge
    surplus = FundEntry.objects.filter(charge=first, kind=Kind.SURPLUS).first()
    if surplus is None:
        return
    fund = locked_fund(first.currency)
    parts = instalments_of(first)
    standings = [Balance.of(part) for part in parts]
    owed = sum(standing.owed_cents for standing in standings)
    missing = sum(max(standing.owed_cents - standing.held_cents, 0) for standing in standings)
    lost = lost_behind(parts)
    gift = surplus_of(first)
    # Nothing is owed any more, and a bank took what there was: no gift is left.
    gone = gift * min(missing, lost) // owed if owed else gift * bool(lost)
    cents = -gone - _sum(FundEntry.objects.filter(charge=first, kind__in=OVER_LOSS))
    if cents:
        kind, reason = (
            (Kind.SURPLUS_AGAIN, _("The money of the gift is here again."))
            if cents > 0
            else (Kind.SURPLUS_LOST, _("A bank took the money of the gift back in a dispute."))
        )
        _follow_gift_money(kind, cents, surplus, fund, by=None, reason=reason, now=now)


def lost_behind(parts: Iterable[Charge]) -> int:
    """What banks took back of charges and of those whose place they took, in cents."""
    pks = {pk for part in parts for pk in (part.pk, *origins_of(part))}
    return _sum(Dispute.objects.filter(charge__in=pks, state=Dispute.State.LOST))


def _sum(rows: QuerySet[Any]) -> int:
    return rows.aggregate(total=Sum("amount_cents"))["total"] or 0


def _follow_gift_money(
    kind: FundEntry.Kind,
    cents: int,
    surplus: FundEntry,
    fund: AidFund,
    *,
    by: User | None,
    reason: str,
    now: datetime,
) -> FundEntry:
    """A movement of a gift that was booked; it says which."""
    return _book(
        kind,
        cents,
        fund,
        user=surplus.user,
        charge=surplus.charge,
        reverses=surplus,
        reason=reason,
        by=by,
        now=now,
    )


def _book(
    kind: FundEntry.Kind,
    cents: int,
    fund: AidFund,
    *,
    reason: str,
    by: User | None,
    now: datetime | None,
    user: User | None = None,
    charge: Charge | None = None,
    reverses: FundEntry | None = None,
) -> FundEntry:
    entry = FundEntry.objects.create(
        fund=fund,
        kind=kind,
        amount_cents=cents,
        user=user,
        charge=charge,
        reverses=reverses,
        reason=reason.strip()[:300],
        author=by,
        created_at=now or timezone.now(),
    )
    record(
        f"fund.{kind}",
        entry,
        by=by,
        subject=user,
        amount_cents=cents,
        currency=fund.currency,
        reason=fingerprint(reason),
    )
    return entry
