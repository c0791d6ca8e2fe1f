"""What was agreed to be paid between two people, and what was said of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Prefetch, QuerySet

from supervision.models import Agreement, FeeBlock, FeePayment, SupervisionSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One block as it stands; all amounts in cents of its version's currency.

    ``confirmed_cents`` both say, ``said_cents`` one says so far, ``open_cents`` nobody says.
    ``held`` counts the block's sessions that both say were held, where it was asked for.
    """

    block: FeeBlock
    payments: tuple[FeePayment, ...]
    held: int = 0

    @property
    def amount_cents(self) -> int:
        return self.block.amount_cents

    @property
    def currency(self) -> str:
        return self.block.version.currency

    @property
    def confirmed_cents(self) -> int:
        return sum(row.amount_cents for row in self.payments if row.confirmed_at)

    @property
    def over_cents(self) -> int:
        """For sessions that were held, without a payment that both say; nothing after an end."""
        if self.block.agreement.state == Agreement.State.ENDED:
            return 0
        held = min(self.held, self.block.sessions) * self.block.version.rate_cents
        return max(held - self.confirmed_cents, 0)

    @property
    def said_cents(self) -> int:
        return sum(row.amount_cents for row in self.payments if is_waiting(row))

    @property
    def open_cents(self) -> int:
        return max(self.amount_cents - self.confirmed_cents - self.said_cents, 0)


def is_waiting(payment: FeePayment) -> bool:
    """Said by one, not answered by the other yet."""
    return payment.confirmed_at is None and payment.denied_at is None


def standing_blocks(rows: QuerySet[FeeBlock]) -> list[Standing]:
    """Blocks in force with what was said of them; two queries."""
    payments = Prefetch("payments", FeePayment.objects.select_related("said_by"))
    found = rows.filter(replaced_at=None).select_related("version").prefetch_related(payments)
    return [Standing(block=row, payments=tuple(row.payments.all())) for row in found.order_by("pk")]


def blocks_of(agreement: Agreement, user: Any) -> list[Standing]:
    """The blocks of an agreement for one of the two or the office; two queries."""
    return standing_blocks(FeeBlock.objects.visible_to(user).filter(agreement=agreement))


def agreed_fees(user: Any) -> list[Standing]:
    """What a candidate pays and paid directly, over all their agreements, with the sessions that
    were held; three queries. Of an agreement that ended, only what was paid."""
    rows = FeeBlock.objects.filter(agreement__candidacy__user=user).select_related(
        "agreement__supervisor__user"
    )
    kinds = SupervisionSession.objects.filter(
        candidacy__user=user, state=SupervisionSession.State.CONFIRMED
    ).values_list("agreement", "kind")
    held = Counter(
        (agreement, SupervisionSession.PHASES[SupervisionSession.Kind(kind)])
        for agreement, kind in kinds
    )
    return [
        replace(
            item, held=held[item.block.agreement_id, SupervisionSession.Phase(item.block.phase)]
        )
        for item in standing_blocks(rows)
        if item.confirmed_cents or item.block.agreement.state != Agreement.State.ENDED
    ]


def total(found: Iterable[Standing], name: str) -> int:
    """The sum of one amount over some blocks, in cents."""
    return sum(getattr(item, name) for item in found)
