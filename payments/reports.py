"""What the office reads about money: a charge line by line, a person's account, the books.

Everything here is derived; amounts are cents.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from django.db.models import Case, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, TruncMonth
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from payments.models import (
    Adjustment,
    Charge,
    Dispute,
    FundEntry,
    LedgerLine,
    MoneyMove,
    Payment,
    Refund,
)
from scip.accounts.models import User
from scip.formats import day, money

Account = LedgerLine.Account
MONEY = (Account.STRIPE, Account.BANK, Account.CHEQUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a charge as the office reads it. ``cents`` is None where no money moves."""

    what: str
    when: datetime
    cents: int | None = None
    currency: str = ""
    state: str = ""
    kind: str = ""
    reference: str = ""
    note: str = ""
    by: Any = None
    document: Any = None
    charge: Charge | None = None


def lines_of(charge: Charge) -> list[Line]:
    """Everything on a charge in the order in which it happened, in a fixed number of queries.

    The price comes first, though money may have arrived before it was asked for.
    """
    price = Line(
        what=_("Price"),
        when=charge.created_at,
        cents=charge.amount_cents,
        currency=charge.currency,
        reference=charge.reference,
        note=charge.description,
    )
    lines = [
        *adjustment_lines(charge),
        *payment_lines(charge),
        *move_lines(charge),
        *refund_lines(charge),
        *dispute_lines(charge),
        *part_lines(charge),
        *fund_lines(charge),
    ]
    if charge.cancelled_at is not None:
        lines.append(
            Line(
                what=_("Cancelled"),
                when=charge.cancelled_at,
                note=charge.cancel_reason,
                by=charge.cancelled_by,
            )
        )
    settlement = getattr(charge, "settlement", None)
    if settlement is not None:
        lines.append(
            Line(
                what=_("Settled"),
                when=settlement.settled_at,
                state=settlement.outcome,
                kind=kind_of(settlement, "met"),
                note=looked(settlement),
            )
        )
    return [price, *sorted(lines, key=lambda line: line.when)]


def kind_of(row: Any, calm: str = "") -> str:
    """The tag's colour: open while somebody has to look."""
    return "open" if row.flagged_at and not row.looked_at else calm


def looked(row: Any) -> str:
    """Who looked at a flagged row, and what they did."""
    if not row.looked_at:
        return ""
    return _("Looked at by {who}: {note}").format(who=row.looked_by or "–", note=row.look_note)


def adjustment_lines(charge: Charge) -> Iterator[Line]:
    for row in charge.adjustments.select_related("author").order_by("pk"):
        yield Line(
            what=row.get_kind_display(),
            when=row.created_at,
            cents=row.amount_cents,
            currency=charge.currency,
            note=row.reason,
            by=row.author,
        )


def payment_lines(charge: Charge) -> Iterator[Line]:
    rows = charge.payments.select_related("receipt", "recorded_by", "looked_by")
    for row in rows.order_by("pk"):
        yield Line(
            what=_("Payment, {method}").format(method=row.get_method_display()),
            when=row.received_at,
            cents=-row.amount_cents,
            currency=row.currency,
            state=row.get_flag_display() if row.flag else "",
            kind=kind_of(row),
            reference=row.reference,
            note=looked(row),
            by=row.recorded_by,
            document=getattr(row, "receipt", None),
        )


def move_lines(charge: Charge) -> Iterator[Line]:
    """What came from another charge of the person, and what moved on."""
    rows = MoneyMove.objects.filter(Q(from_charge=charge) | Q(to_charge=charge))
    for row in rows.select_related("from_charge", "to_charge", "author").order_by("pk"):
        came = row.to_charge_id == charge.pk
        other = row.from_charge if came else row.to_charge
        yield Line(
            what=_("Came from another charge") if came else _("Moved to another charge"),
            when=row.created_at,
            cents=-row.amount_cents if came else row.amount_cents,
            currency=row.currency,
            reference=other.reference,
            note=row.reason,
            by=row.author,
            charge=other,
        )


REFUND_KINDS = {
    Refund.State.REQUESTED: "waiting",
    Refund.State.SENT: "waiting",
    Refund.State.DONE: "met",
    Refund.State.FAILED: "open",
}


def refund_lines(charge: Charge) -> Iterator[Line]:
    rows = charge.refunds.select_related("payment", "requested_by", "looked_by", "credit_note")
    for row in rows.order_by("pk"):
        yield Line(
            what=_("Refund, {method}").format(method=row.payment.get_method_display()),
            when=row.requested_at,
            cents=row.amount_cents if row.state in Refund.COUNTS else None,
            currency=row.currency,
            state=row.get_state_display(),
            kind=REFUND_KINDS.get(Refund.State(row.state), ""),
            reference=row.reference or "",
            note=" ".join(
                filter(None, (row.reason, row.get_flag_display() if row.flag else "", looked(row)))
            ),
            by=row.requested_by,
            document=getattr(row, "credit_note", None),
        )


def dispute_lines(charge: Charge) -> Iterator[Line]:
    rows = charge.disputes.select_related("looked_by").prefetch_related("steps")
    for row in rows.order_by("pk"):
        turns = [f"{step.get_after_display()}: {day(step.happened_at)}" for step in row.steps.all()]
        yield Line(
            what=_("Dispute"),
            when=row.opened_at,
            cents=row.amount_cents if row.state == Dispute.State.LOST else None,
            currency=row.currency,
            state=row.get_state_display(),
            kind=kind_of(row),
            reference=row.reference,
            note="; ".join(filter(None, (*turns, looked(row)))),
        )


def part_lines(charge: Charge) -> Iterator[Line]:
    """The later instalments, or the charge that this one is an instalment of."""
    for part in charge.later_parts.order_by("part_number"):
        yield Line(
            what=_("Instalment {number}").format(number=part.part_number),
            when=part.created_at,
            note=part.description,
            charge=part,
        )
    if charge.part_of is not None:
        yield Line(
            what=_("Is instalment {number} of").format(number=charge.part_number),
            when=charge.created_at,
            note=charge.part_of.description,
            charge=charge.part_of,
        )


def fund_lines(charge: Charge) -> Iterator[Line]:
    rows = FundEntry.objects.filter(Q(charge=charge) | Q(adjustment__charge=charge))
    for row in rows.select_related("author").order_by("pk"):
        yield Line(
            what=_("Aid fund: {kind}").format(kind=row.get_kind_display()),
            when=row.created_at,
            # In words: it changes nothing about what is owed, so it is no part of the sum.
            note=money(row.amount_cents, row.fund_id),
            by=row.author,
        )


# --- A person's account ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """A ledger line on a person's account. ``cents`` raises what is owed, ``owed_cents`` is
    what stands owed in its currency after it; both None where nothing is owed by it."""

    line: LedgerLine
    text: str
    cents: int | None
    owed_cents: int | None


def text_of(line: LedgerLine) -> str:
    """What a line says outside the aid pages: of aid its amount, never its reason."""
    if Account.AID_PROMISED in (line.debit, line.credit):
        return _("aid")
    return line.text


def account_of(person: User, *, by: User) -> tuple[list[AccountLine], dict[str, int]]:
    """A person's ledger lines, oldest first, with running totals, and what is owed in the end
    by currency (below nothing: the person has money here). One query."""
    owed: dict[str, int] = defaultdict(int)
    found = []
    rows = LedgerLine.objects.visible_to(by).filter(user=person).select_related("charge")
    for line in rows.order_by("posted_at", "line"):
        cents = None
        if Account.RECEIVABLE in (line.debit, line.credit):
            is_more = line.debit == Account.RECEIVABLE
            cents = line.amount_cents if is_more else -line.amount_cents
            owed[line.currency] += cents
        total = None if cents is None else owed[line.currency]
        found.append(AccountLine(line=line, text=text_of(line), cents=cents, owed_cents=total))
    return found, dict(owed)


# --- The books ---------------------------------------------------------------------------


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


# --- Figures by month --------------------------------------------------------------------


def income_by_month(since: datetime) -> list[tuple[date, str, str, int]]:
    """Month (in the active zone), purpose, currency and cents received, less what went back
    or was taken back, by the day the money moved."""
    came, went = Q(debit__in=MONEY), Q(credit__in=MONEY)
    rows = (
        LedgerLine.objects.filter(came | went, value_at__gte=since)
        .annotate(month=TruncMonth("value_at"))
        .order_by()
        .values("month", "purpose", "currency")
        .annotate(
            total=Sum(Case(When(came, then="amount_cents"), default=-F("amount_cents"))),
        )
        .order_by("month", "purpose", "currency")
    )
    return [(row["month"].date(), row["purpose"], row["currency"], row["total"]) for row in rows]


def aid_by_month(since: datetime) -> list[tuple[date, str, int]]:
    """Month (in the active zone), currency and cents of aid given, less what was not used."""
    kinds = (FundEntry.Kind.GRANT, FundEntry.Kind.GRANT_BACK)
    rows = (
        FundEntry.objects.filter(kind__in=kinds, created_at__gte=since)
        .annotate(month=TruncMonth("created_at"))
        .order_by()
        .values("month", "fund_id")
        .annotate(total=-Sum("amount_cents"))
        .order_by("month", "fund_id")
    )
    return [(row["month"].date(), row["fund_id"], row["total"]) for row in rows]


def purpose_name(purpose: str) -> str:
    """A purpose in words: ``tuition_level_a`` → ``Level A tuition``."""
    level = purpose.removeprefix("tuition_level_")
    if level != purpose:
        return _("Tuition, Level {level}").format(level=level.upper())
    return purpose.replace("_", " ").capitalize()
