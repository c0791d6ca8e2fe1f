"""What was measured, beside its baseline and its goal, as a table and as JSON."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

SLACK = 1.15
"""A goal on a time is missed when it is missed by more than 15 %: what this method can resolve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure. ``ratio`` is what the goal is about when there is a baseline, else ``value``."""

    name: str
    value: float
    unit: str
    baseline: str = ""
    baseline_value: float | None = None
    goal: float | None = None
    sense: Literal["at most", "at least"] = "at most"
    is_exact: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the baseline."""
        return self.value / self.baseline_value if self.baseline_value else None

    @property
    def judged(self) -> float:
        return self.ratio if self.ratio is not None else self.value

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is reached (15 % slack unless exact); None without a goal."""
        if self.goal is None:
            return None
        slack = 1.0 if self.is_exact else SLACK
        if self.sense == "at most":
            return self.judged <= self.goal * slack
        return self.judged >= self.goal / slack


def table(rows: Sequence[Row]) -> str:
    """The rows as text, in columns."""
    head = ("what", "value", "ratio", "of", "goal", "")
    lines = [head, *(cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([text[0], "-" * len(text[0]), *text[1:]])


def cells(row: Row) -> tuple[str, ...]:
    of = f"{row.baseline} ({row.baseline_value:.3g} {row.unit})" if row.baseline_value else ""
    sign = {"at most": "≤", "at least": "≥"}[row.sense]
    goal = "" if row.goal is None else f"{sign} {row.goal:g}{' ×' if row.ratio else ''}"
    verdict = {True: "met", False: "MISSED", None: ""}[row.is_met]
    return (
        row.name,
        f"{row.value:.4g} {row.unit}",
        f"{row.ratio:.2f} ×" if row.ratio is not None else "",
        of,
        goal,
        f"{verdict} {row.note}".strip(),
    )


def write(rows: Sequence[Row], path: Path) -> None:
    """Write the figures as JSON, with when and on what they were taken."""
    body = {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "rows": [asdict(row) | {"ratio": row.ratio, "is_met": row.is_met} for row in rows],
    }
    path.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n")
