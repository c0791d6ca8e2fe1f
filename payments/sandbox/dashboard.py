"""The practice checkout's own dashboard: what was paid, sent back and disputed, as the office
sees it at Stripe, and what it or a payer's bank can do there."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from payments.models import SandboxObject
from payments.sandbox import desk
from payments.sandbox.money_back import GONE, refunded_cents
from payments.sandbox.store import Refused, find

UNDECIDED = ("needs_response", "warning_needs_response")


@dataclass(frozen=True, slots=True)
class Disputed:
    """A bank's case: its id, cents, and Stripe's word for how it stands."""

    reference: str
    cents: int
    status: str

    @property
    def is_undecided(self) -> bool:
        return self.status in UNDECIDED


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that came in. ``charge`` is the number of ours in its metadata (0: none)."""

    reference: str
    charge: int
    cents: int
    currency: str
    paid_at: datetime
    refunded_cents: int = 0
    disputes: list[Disputed] = field(default_factory=list)

    @property
    def disputed_cents(self) -> int:
        """What a bank holds or took; a case that was won holds nothing any more."""
        return sum(row.cents for row in self.disputes if row.status != "won")

    @property
    def left_cents(self) -> int:
        """What can still go back; nothing while a bank disputes any of it."""
        return 0 if self.disputed_cents else self.cents - self.refunded_cents


def paid_intents(charges: Iterable[int] | None = None) -> QuerySet[SandboxObject]:
    """Payment intents whose money is there, the newest first; of these ``charges`` only."""
    rows = SandboxObject.objects.filter(kind="payment_intent", body__status="succeeded")
    if charges is not None:
        rows = rows.filter(body__metadata__charge__in=[str(number) for number in charges])
    return rows.order_by("-created_at", "object_id")


def shown(intents: Iterable[SandboxObject]) -> list[Paid]:
    """The intents with what went back and what is disputed; two queries for any number."""
    rows = list(intents)
    theirs = [row.body["latest_charge"] for row in rows]
    back: dict[str, int] = defaultdict(int)
    for refund in of_charges("refund", theirs).filter(body__status__in=GONE):
        back[refund.body["charge"]] += refund.body["amount"]
    cases: dict[str, list[Disputed]] = defaultdict(list)
    for case in of_charges("dispute", theirs).order_by("created_at"):
        found = Disputed(case.object_id, case.body["amount"], case.body["status"])
        cases[case.body["charge"]].append(found)
    return [
        Paid(
            reference=row.object_id,
            charge=charge_number(row.body["metadata"]),
            cents=row.body["amount_received"],
            currency=row.body["currency"].upper(),
            paid_at=datetime.fromtimestamp(row.body["created"], UTC),
            refunded_cents=back[row.body["latest_charge"]],
            disputes=cases[row.body["latest_charge"]],
        )
        for row in rows
    ]


def of_charges(kind: str, charges: list[str]) -> QuerySet[SandboxObject]:
    """Refunds or disputes of Stripe's charges."""
    return SandboxObject.objects.filter(kind=kind, body__charge__in=charges)


def charge_number(metadata: dict[str, Any]) -> int:
    number = str(metadata.get("charge", ""))
    return int(number) if number.isdecimal() and len(number) < 19 else 0


@transaction.atomic
def refund(reference: str, cents: int | None = None) -> None:
    """Send money back on Stripe's side, all that is left without ``cents``. Raises Refused as
    Stripe would."""
    intent = find(reference, kind="payment_intent")
    left = intent.body["amount_received"] - refunded_cents(intent.body["latest_charge"])
    desk.refund_at_stripe(reference, left if cents is None else cents)


@transaction.atomic
def dispute(reference: str) -> None:
    """A bank takes back what is left of a payment. Raises Refused where it did so before, or
    nothing is left."""
    (paid,) = shown([find(reference, kind="payment_intent")])
    if not paid.left_cents:
        raise Refused("Nothing is left here that a bank could ask for.")
    desk.open_dispute(reference, paid.left_cents)


@transaction.atomic
def decide(reference: str, *, is_won: bool) -> None:
    """The bank decides a case, for us or for the payer. Raises Refused for one that is over."""
    if find(reference, kind="dispute").body["status"] not in UNDECIDED:
        raise Refused("This dispute is decided.")
    desk.close_dispute(reference, "won" if is_won else "lost")
