"""What comes back when somebody steps back: a curve by date, frozen with the charge.

Pure: no database, no clock. Rates and days come from the Edition or the product.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class RefundStep:
    """Before ``until`` this ``percent`` of what was paid comes back (unless a step before holds)."""

    until: datetime
    percent: int


@dataclass(frozen=True, slots=True)
class RefundTerms:
    """Terms as they are shown before paying (``sentences``) and as they are reckoned (``steps``).

    Without steps nothing comes back.
    """

    sentences: tuple[str, ...]
    steps: tuple[RefundStep, ...] = ()

    def __post_init__(self) -> None:
        moments = [step.until for step in self.steps]
        percents = [step.percent for step in self.steps]
        if moments != sorted(set(moments)) or percents != sorted(percents, reverse=True):
            raise ValueError("Refund steps go forward in time and never up.")
        if any(not 0 <= percent <= 100 for percent in percents):
            raise ValueError("A refund is 0 to 100 percent.")

    def percent_at(self, moment: datetime) -> int:
        """The share that comes back for somebody who steps back at ``moment``."""
        return next((step.percent for step in self.steps if moment < step.until), 0)

    def refund_cents(self, paid_cents: int, at: datetime) -> int:
        """What comes back of ``paid_cents``; a half cent goes to the payer."""
        return share(paid_cents, self.percent_at(at))

    @classmethod
    def thawed(cls, sentences: Iterable[str], steps: Iterable[dict[str, Any]]) -> "RefundTerms":
        """The terms as a charge keeps them."""
        return cls(
            tuple(sentences),
            tuple(
                RefundStep(datetime.fromisoformat(step["until"]), step["percent"]) for step in steps
            ),
        )

    def frozen_steps(self) -> list[dict[str, Any]]:
        """The steps as plain values for the charge's row."""
        return [{"until": step.until.isoformat(), "percent": step.percent} for step in self.steps]


def share(cents: int, percent: int) -> int:
    """``percent`` of ``cents``, half cents rounded up."""
    return (cents * percent + 50) // 100
