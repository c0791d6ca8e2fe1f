"""The books of a period, and whether they agree with the facts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from django.db.models import Case, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import cached_property

from payments.models import (
    Adjustment,
    Charge,
    Dispute,
    FundEntry,
    LedgerLine,
    Payment,
    Refund,
)
from scip.accounts.models import User

Account = LedgerLine.Account


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both included, in the office's zone (the house's, whoever is reading).

    A line counts for the day on which money moved (``value_at``, as on the bank's statement), or
    for the one on which it was booked (``posted_at``: then a period that is over never changes).
    """

    first: date
    last: date
    day: Literal["value_at", "posted_at"] = "value_at"

    @property
    def start(self) -> datetime:
        return midnight(self.first)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return midnight(self.last + timedelta(days=1))

    @property
    def not_before(self) -> Q:
        return Q(**{f"{self.day}__gte": self.start})

    @property
    def not_after(self) -> Q:
        return Q(**{f"{self.day}__lt": self.end})

    def lines(self, user: User) -> QuerySet[LedgerLine]:
        """The lines of it, in the order of its days."""
        lines = LedgerLine.objects.visible_to(user).filter(self.not_before, self.not_after)
        return lines.order_by(self.day, "line")


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_default_timezone())


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One account in one currency over a period. Closing = opening + debits − credits."""

    currency: str
    account: str
    opening_cents: int
    debit_cents: int
    credit_cents: int

    @property
    def closing_cents(self) -> int:
        return self.opening_cents + self.debit_cents - self.credit_cents

    @property
    def label(self) -> str:
        return str(Account(self.account).label)


@dataclass(frozen=True)
class TrialBalance:
    """All accounts of a period. It holds when debits equal credits, and closing balances come
    to nothing, in every currency."""

    standings: tuple[Standing, ...]
    line_count: int

    @cached_property
    def totals(self) -> dict[str, tuple[int, int, int]]:
        """By currency: debits, credits, and the sum of the closing balances."""
        found: dict[str, tuple[int, int, int]] = {}
        for row in self.standings:
            debit, credit, closing = found.get(row.currency, (0, 0, 0))
            found[row.currency] = (
                debit + row.debit_cents,
                credit + row.credit_cents,
                closing + row.closing_cents,
            )
        return found

    @property
    def holds(self) -> bool:
        return all(
            debit == credit and not closing for debit, credit, closing in self.totals.values()
        )


def trial_balance(period: Period, *, by: User) -> TrialBalance:
    """Opening, movement and closing of every account that ever moved; one query."""
    within = period.not_before
    nothing = Value(0)
    pairs = (
        LedgerLine.objects.visible_to(by)
        .filter(period.not_after)
        .order_by()
        .values("currency", "debit", "credit")
        .annotate(
            before=Coalesce(Sum("amount_cents", filter=~within), nothing),
            moved=Coalesce(Sum("amount_cents", filter=within), nothing),
            count=Coalesce(Sum(Case(When(within, then=1), default=0)), nothing),
        )
    )
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    count = 0
    for pair in pairs:
        debit = sums[pair["currency"], pair["debit"]]
        credit = sums[pair["currency"], pair["credit"]]
        debit[0] += pair["before"]
        debit[1] += pair["moved"]
        credit[0] -= pair["before"]
        credit[2] += pair["moved"]
        count += pair["count"]
    order = list(Account.values)
    return TrialBalance(
        tuple(
            Standing(
                currency=currency,
                account=account,
                opening_cents=opening,
                debit_cents=debit_cents,
                credit_cents=credit_cents,
            )
            for (currency, account), (opening, debit_cents, credit_cents) in sorted(
                sums.items(), key=lambda item: (item[0][0], order.index(item[0][1]))
            )
        ),
        count,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheck:
    """The same figure reckoned twice: from the ledger's lines and from the rows themselves."""

    currency: str
    account: str
    ledger_cents: int
    rows_cents: int

    @property
    def label(self) -> str:
        return str(Account(self.account).label)

    @property
    def holds(self) -> bool:
        return self.ledger_cents == self.rows_cents


def cross_checks() -> list[CrossCheck]:
    """What participants owe, what the aid fund holds, and what is between two charges (never
    anything), now, each reckoned twice.

    The second way knows nothing of the ledger's lines: a line that is missing, doubled or on
    the wrong account shows as a difference.
    """
    found = []
    for account, rows in (
        (Account.RECEIVABLE, receivable_by_rows()),
        (Account.AID_FUND, fund_by_rows()),
        (Account.MOVED, {}),
    ):
        sign = -1 if account == Account.AID_FUND else 1
        ledger = closing(account)
        found += [
            CrossCheck(
                currency=currency,
                account=account,
                ledger_cents=sign * ledger.get(currency, 0),
                rows_cents=rows.get(currency, 0),
            )
            for currency in sorted(ledger.keys() | rows.keys())
        ]
    return found


def closing(account: str) -> dict[str, int]:
    """An account's balance now by currency, from the lines."""
    signed = Sum(Case(When(debit=account, then="amount_cents"), default=-F("amount_cents")))
    lines = LedgerLine.objects.filter(Q(debit=account) | Q(credit=account))
    rows = lines.order_by().values("currency").annotate(total=signed)
    return {row["currency"]: row["total"] for row in rows}


def receivable_by_rows() -> dict[str, int]:
    """What participants owe by currency (below nothing: we owe them)."""
    sums: dict[str, int] = defaultdict(int)
    parts: Iterable[tuple[int, QuerySet[Any], str]] = (
        (1, Charge.objects.all(), "currency"),
        (1, Adjustment.objects.all(), "charge__currency"),
        (-1, Payment.objects.all(), "currency"),
        (
            1,
            Refund.objects.filter(done_at__isnull=False).exclude(state=Refund.State.FAILED),
            "currency",
        ),
        (1, Dispute.objects.filter(state=Dispute.State.LOST, open_at__isnull=False), "currency"),
    )
    for sign, rows, currency in parts:
        for row in rows.order_by().values(currency).annotate(total=Sum("amount_cents")):
            sums[row[currency]] += sign * row["total"]
    return dict(sums)


def fund_by_rows() -> dict[str, int]:
    """What each aid fund holds, from its movements."""
    rows = FundEntry.objects.order_by().values("fund_id").annotate(total=Sum("amount_cents"))
    return {row["fund_id"]: row["total"] for row in rows}
