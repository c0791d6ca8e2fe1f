"""A charge line by line, and a person's account."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from payments.models import (
    Adjustment,
    Charge,
    Dispute,
    FundEntry,
    LedgerLine,
    MoneyMove,
    Refund,
)
from scip.accounts.models import User
from scip.formats import day, money

Account = LedgerLine.Account


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
    is_cancelling: bool = False


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
    # Where it changed what is owed, cancelling has its line among the adjustments.
    if charge.cancelled_at is not None and not any(line.is_cancelling for line in lines):
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
        is_cancelling = row.kind == Adjustment.Kind.CANCELLATION
        yield Line(
            what=row.get_kind_display(),
            when=row.created_at,
            cents=row.amount_cents,
            currency=charge.currency,
            note=with_words(row.reason, charge.cancel_reason) if is_cancelling else row.reason,
            by=row.author,
            is_cancelling=is_cancelling,
        )


def with_words(reason: str, words: str) -> str:
    """Why a charge was cancelled, and the person's own words where they wrote some."""
    return f"{reason.rstrip('.')}: “{words}”" if words and words != reason else reason


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
    # What comes with a price (aid, a waiver) is booked in its moment, and follows it.
    for line in sorted(rows, key=lambda row: (row.posted_at, row.kind != "charge", row.line)):
        cents = None
        if Account.RECEIVABLE in (line.debit, line.credit):
            is_more = line.debit == Account.RECEIVABLE
            cents = line.amount_cents if is_more else -line.amount_cents
            owed[line.currency] += cents
        total = None if cents is None else owed[line.currency]
        found.append(AccountLine(line=line, text=text_of(line), cents=cents, owed_cents=total))
    return found, dict(owed)
