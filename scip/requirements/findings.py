"""The one vocabulary for "where do I stand": findings, assessments and refusals."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.functional import Promise

type Text = str | Promise


class Status(StrEnum):
    """How a requirement stands. ``WAITING`` means it is with somebody else."""

    MET = "met"
    OPEN = "open"
    WAITING = "waiting"
    WAIVED = "waived"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One requirement as it stands for one person at one moment.

    ``needed`` and ``found`` say what is asked and what is there, ``next_step`` and
    ``url`` what the person can do. A waiver names who gave it and why.
    """

    code: str
    title: Text
    status: Status
    needed: Text = ""
    found: Text = ""
    next_step: Text = ""
    url: str = ""
    waiting_for: Text = ""
    since: datetime | None = None
    waived_by: str = ""
    waiver_reason: str = ""

    @property
    def is_met(self) -> bool:
        """Met by evidence or by a waiver on record."""
        return self.status in {Status.MET, Status.WAIVED}


@dataclass(frozen=True, slots=True)
class Assessment:
    """The findings of one gate, in the order in which they are shown."""

    findings: tuple[Finding, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, code: str) -> Finding:
        """The finding with this code; KeyError if the gate has no such rule."""
        for finding in self.findings:
            if finding.code == code:
                return finding
        raise KeyError(code)

    @property
    def is_met(self) -> bool:
        """True when nothing stands in the way."""
        return all(finding.is_met for finding in self.findings)

    @property
    def unmet(self) -> tuple[Finding, ...]:
        """What is still open, waiting or to come, in order."""
        return tuple(finding for finding in self.findings if not finding.is_met)

    @property
    def to_do(self) -> tuple[Finding, ...]:
        """What the person can do something about now (open, not waiting for others)."""
        return tuple(finding for finding in self.findings if finding.status is Status.OPEN)


class Refusal(Exception):
    """A service declines to act. ``sentence`` is shown to the person as it stands.

    It says what stands in the way, that nothing was lost, and who could act or what
    to do next. ``findings`` are the unmet requirements, if a gate was asked.
    """

    def __init__(self, sentence: Text, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.findings = findings
