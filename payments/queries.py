"""What a charge stands at, and the lines of a person's statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.db.models.functions import Coalesce

from payments.models import Charge, Checkout, MoneyMove, Payment, Refund
from payments.models.ledger import ChargeQuerySet
from scip.accounts.models import User
from scip.policy.models import Edition

# A charge's instalments together in the order of payment, the newest family first.
IN_FAMILIES = (Coalesce(F("part_of"), F("pk")).desc(), F("pk").asc())


@dataclass(frozen=True, slots=True)
class Balance:
    """Where a charge stands, in cents of the charge's currency, derived from its rows.

    ``owed_cents`` is the amount with its adjustments; ``held_cents`` what was received and
    neither went back nor is on its way back nor was lost in a dispute, with what came from an
    earlier charge (``moved_cents``, below nothing where it moved on). ``due_cents`` is what
    is still expected: nothing once the charge is cancelled, and a refund does not make
    anything due again. ``to_return_cents`` is held though nobody owes it. ``is_settled``:
    what was received covers what was owed.
    """

    owed_cents: int
    paid_cents: int
    refunded_cents: int
    lost_cents: int
    due_cents: int
    is_settled: bool
    moved_cents: int = 0

    @property
    def came_cents(self) -> int:
        """What was received for this charge, here or for one whose place it took."""
        return self.paid_cents + self.moved_cents

    @property
    def held_cents(self) -> int:
        return self.came_cents - self.refunded_cents - self.lost_cents

    @property
    def to_return_cents(self) -> int:
        return max(self.held_cents - self.owed_cents, 0)

    @property
    def kept_cents(self) -> int:
        """What is held and owed: it stays."""
        return self.held_cents - self.to_return_cents

    @classmethod
    def of(cls, charge: Charge) -> "Balance":
        """The balance of a charge that was fetched with ``with_sums()``."""
        owed: int = charge.amount_cents + charge.adjusted_cents  # type: ignore[attr-defined]
        paid: int = charge.paid_cents  # type: ignore[attr-defined]
        refunded: int = charge.refunded_cents  # type: ignore[attr-defined]
        lost: int = charge.lost_cents  # type: ignore[attr-defined]
        moved: int = charge.moved_cents  # type: ignore[attr-defined]
        stands = paid + moved - lost
        due = 0 if charge.cancelled_at else max(owed - stands, 0)
        return cls(owed, paid, refunded, lost, due, stands >= owed, moved)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One charge as its owner reads it."""

    charge: Charge
    balance: Balance
    is_on_its_way: bool


@dataclass(frozen=True, slots=True)
class StatementTotal:
    """The sums of a statement in one currency, in cents.

    ``returned_cents`` went back or is on its way back, ``lost_cents`` a bank took back.
    """

    currency: str
    owed_cents: int
    paid_cents: int
    returned_cents: int
    lost_cents: int
    due_cents: int


@cache
def _standing() -> ChargeQuerySet:
    """Asked for one charge at a time, never as it is: putting the sums together takes longer
    than asking for them."""
    return Charge.objects.with_sums()


def balance(charge: Charge) -> Balance:
    """Where the charge stands now (one query; always fresh)."""
    return Balance.of(_standing().get(pk=charge.pk))


def with_lines(charges: ChargeQuerySet) -> ChargeQuerySet:
    """Charges with their sums and everything that explains them; a fixed number of queries.

    A charge's instalments stand together, the newest family first.
    """
    pending = Checkout.objects.filter(state=Checkout.State.PENDING, charge=OuterRef("pk"))
    refunds = Refund.objects.select_related("credit_note", "payment").order_by("requested_at")
    payments = Payment.objects.select_related("receipt").order_by("received_at")
    return (
        charges.with_sums()
        .annotate(is_on_its_way=Exists(pending))
        .prefetch_related("adjustments", "disputes")
        .prefetch_related(Prefetch("refunds", refunds))
        .prefetch_related(Prefetch("moves_in", MoneyMove.objects.select_related("from_charge")))
        .prefetch_related(Prefetch("moves_out", MoneyMove.objects.select_related("to_charge")))
        .prefetch_related(Prefetch("payments", payments))
        .order_by(*IN_FAMILIES)
    )


def line_of(charge: Charge) -> StatementLine:
    """The line of a charge that was fetched by `with_lines`."""
    return StatementLine(charge, Balance.of(charge), charge.is_on_its_way)  # type: ignore[attr-defined]


def statement(user: User) -> list[StatementLine]:
    """A person's charges with all their lines; a fixed number of queries."""
    charges = Charge.objects.visible_to(user).filter(user=user)
    return [line_of(charge) for charge in with_lines(charges)]


def statement_totals(lines: Iterable[StatementLine]) -> list[StatementTotal]:
    """The sums per currency, in the currencies' order. Money that came in another currency
    than its charge's counts for nothing here: the office clears it up first."""
    sums: dict[str, list[int]] = {}
    for line in lines:
        row, standing = sums.setdefault(line.charge.currency, [0] * 5), line.balance
        for index, cents in enumerate(
            (
                standing.owed_cents,
                standing.paid_cents,
                standing.refunded_cents,
                standing.lost_cents,
                standing.due_cents,
            )
        ):
            row[index] += cents
    return [StatementTotal(currency, *sums[currency]) for currency in sorted(sums)]


def family_of(charge: Charge) -> ChargeQuerySet:
    """All instalments of the plan that a charge belongs to, itself included; alone if undivided."""
    root = charge.part_of_id or charge.pk
    return Charge.objects.filter(Q(pk=root) | Q(part_of=root))


def instalments_of(charge: Charge) -> list[Charge]:
    """The charge's whole family with its sums, in the order of payment; alone if undivided."""
    return list(family_of(charge).with_sums().order_by("pk"))


def says_how_to_pay(now: datetime) -> bool:
    """Do pay pages and invoices name an account? Else people have to write to the office first."""
    return bool(edition_in_force(now).payment_instructions.strip())


def edition_in_force(now: datetime) -> Edition:
    """The wording of documents at a moment; the programme's own where no edition is in."""
    editions = Edition.objects.filter(in_force_from__lte=now.date()).order_by("-in_force_from")
    return editions.first() or Edition()
