"""What was agreed to be paid between two people, and what was said of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, QuerySet
from django.db.models.functions import JSONObject

from certification.candidacy.models import Candidacy
from scip.accounts.models import User
from supervision.models import Agreement, FeeBlock, FeePayment, SupervisionSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One block as it stands; all amounts in cents of its version's currency.

    ``confirmed_cents`` both say, ``said_cents`` one says so far, ``open_cents`` nobody says.
    """

    block: FeeBlock
    payments: tuple[FeePayment, ...]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """One block as its candidate reckons with it, of whichever agreement; amounts in cents.

    ``confirmed_cents`` both say was paid; ``held`` counts its sessions that both say were held.
    """

    phase: SupervisionSession.Phase
    supervisor: str
    agreement_state: Agreement.State
    sessions: int
    rate_cents: int
    currency: str
    confirmed_cents: int
    held: int

    @property
    def over_cents(self) -> int:
        """For sessions that were held, without a payment that both say; nothing after an end."""
        if self.agreement_state == Agreement.State.ENDED:
            return 0
        held = min(self.held, self.sessions) * self.rate_cents
        return max(held - self.confirmed_cents, 0)

    @property
    def ahead_cents(self) -> int:
        """What is still to come; nothing once the agreement is completed or ended."""
        if self.agreement_state != Agreement.State.ACTIVE:
            return 0
        return self.sessions * self.rate_cents - self.confirmed_cents - self.over_cents


def agreed_json(user: Any) -> ArraySubquery:
    """An expression with what a candidate pays and paid directly, over all agreements of the
    registration that runs, for any query that is made anyway. Read it with `agreed_from`."""
    paid = FeePayment.objects.filter(block=OuterRef("pk"), confirmed_at__isnull=False)
    held = SupervisionSession.objects.filter(
        agreement=OuterRef("agreement"), state=SupervisionSession.State.CONFIRMED
    )
    return ArraySubquery(
        FeeBlock.objects.filter(
            agreement__candidacy__user=user,
            agreement__candidacy__state__in=Candidacy.REGISTERED,
            replaced_at=None,
        )
        .order_by("pk")
        .values(
            facts=JSONObject(
                phase="phase",
                name="agreement__supervisor__user__name",
                email="agreement__supervisor__user__email",
                state="agreement__state",
                sessions="sessions",
                rate_cents="version__rate_cents",
                currency="version__currency",
                paid=ArraySubquery(paid.order_by().values("amount_cents")),
                kinds=ArraySubquery(held.order_by().values("kind")),
            )
        )
    )


def agreed_from(rows: Iterable[Mapping[str, Any]]) -> tuple[Agreed, ...]:
    """The blocks of `agreed_json`. Of an agreement that ended, only those on which something was
    paid."""
    phases = SupervisionSession.PHASES
    found = [
        Agreed(
            phase=SupervisionSession.Phase(row["phase"]),
            supervisor=str(User(name=row["name"], email=row["email"])),
            agreement_state=Agreement.State(row["state"]),
            sessions=row["sessions"],
            rate_cents=row["rate_cents"],
            currency=row["currency"],
            confirmed_cents=sum(row["paid"]),
            held=sum(
                phases[SupervisionSession.Kind(kind)] == row["phase"] for kind in row["kinds"]
            ),
        )
        for row in rows
    ]
    return tuple(
        item
        for item in found
        if item.confirmed_cents or item.agreement_state != Agreement.State.ENDED
    )


def total(found: Iterable[Standing], name: str) -> int:
    """The sum of one amount over some blocks, in cents."""
    return sum(getattr(item, name) for item in found)
