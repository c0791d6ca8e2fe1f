"""What a next step is; the rules that choose it stand in `next_step` and `certification`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from scip.pathway.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What to do now. ``when`` is the moment it should be done by; a step without ``url`` asks
    for nothing. ``is_waiting``: the matter is with somebody else."""

    code: str
    title: str
    text: str = ""
    url: str = ""
    label: str = ""
    when: datetime | None = None
    other_url: str = ""
    other_label: str = ""
    is_waiting: bool = False


type Rule = Callable[[Evidence, datetime], NextStep | None]
