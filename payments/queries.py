"""What a charge stands at, and the lines of a person's statement."""

from dataclasses import dataclass

from django.db.models import Prefetch

from payments.models import Charge, Checkout, Payment
from scip.accounts.models import User


@dataclass(frozen=True, slots=True)
class Balance:
    """Where a charge stands, in cents of the charge's currency, derived from its rows.

    ``owed_cents`` is the amount with its adjustments; ``held_cents`` what was received and
    neither went back nor is on its way back nor was lost in a dispute. ``due_cents`` is what
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

    @property
    def held_cents(self) -> int:
        return self.paid_cents - self.refunded_cents - self.lost_cents

    @property
    def to_return_cents(self) -> int:
        return max(self.held_cents - self.owed_cents, 0)

    @classmethod
    def of(cls, charge: Charge) -> "Balance":
        """The balance of a charge that was fetched with ``with_sums()``."""
        owed: int = charge.amount_cents + charge.adjusted_cents  # type: ignore[attr-defined]
        paid: int = charge.paid_cents  # type: ignore[attr-defined]
        refunded: int = charge.refunded_cents  # type: ignore[attr-defined]
        lost: int = charge.lost_cents  # type: ignore[attr-defined]
        due = 0 if charge.cancelled_at else max(owed - paid + lost, 0)
        return cls(owed, paid, refunded, lost, due, is_settled=paid - lost >= owed)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One charge as its owner reads it."""

    charge: Charge
    balance: Balance
    is_on_its_way: bool


def balance(charge: Charge) -> Balance:
    """Where the charge stands now (one query; always fresh)."""
    return Balance.of(Charge.objects.with_sums().get(pk=charge.pk))


def statement(user: User) -> list[StatementLine]:
    """A person's charges, newest first, each with all its lines; a fixed number of queries."""
    charges = (
        Charge.objects.visible_to(user)
        .filter(user=user)
        .with_sums()
        .prefetch_related(
            "adjustments",
            "refunds",
            Prefetch("payments", Payment.objects.select_related("receipt").order_by("received_at")),
            Prefetch(
                "checkouts",
                Checkout.objects.filter(state=Checkout.State.PENDING),
                to_attr="pending_checkouts",
            ),
        )
        .order_by("-id")
    )
    return [
        StatementLine(charge, Balance.of(charge), bool(charge.pending_checkouts))  # type: ignore[attr-defined]
        for charge in charges
    ]
