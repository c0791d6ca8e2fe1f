"""What a long check found, and what its control found."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One check. ``control`` says what happened with the guard taken away: it has to go wrong."""

    name: str
    figure: str
    found: str
    is_met: bool
    control: str = ""
    control_failed: bool | None = None
    seconds: float = 0.0

    @property
    def is_sound(self) -> bool:
        """Met, and its control (if it has one here) did go wrong."""
        return self.is_met and self.control_failed is not False


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes as text, two lines each."""
    lines = []
    for item in outcomes:
        verdict = "met   " if item.is_met else "MISSED"
        lines.append(f"{verdict} {item.name} ({item.seconds:.0f} s)")
        lines.append(f"         wanted:  {item.figure}")
        lines.append(f"         found:   {item.found}")
        if item.control:
            proof = {True: "went wrong, as it has to", False: "DID NOT GO WRONG", None: ""}
            lines.append(f"         control: {item.control}: {proof[item.control_failed]}")
    return "\n".join(lines)
