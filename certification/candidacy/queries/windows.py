"""What lengthens somebody's windows, in bulk: their leaves, and what the office gave them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from django.utils import timezone

from certification.candidacy.models import Candidacy, Leave, WindowMove
from certification.candidacy.requirements.windows import (
    Later,
    Rest,
    Window,
    appeal_granted,
    resubmission_granted,
    window,
)
from scip.policy.models import Edition

Kind = WindowMove.Kind


@dataclass(frozen=True, slots=True)
class Pace:
    """One person's leaves and the office's additions, for every window they have."""

    rests: list[Rest] = field(default_factory=list)
    moves: list[WindowMove] = field(default_factory=list)

    def appeal(self, edition: Edition, *, told_at: datetime, now: datetime | None = None) -> Window:
        """Until when an answer can be appealed."""
        granted_on = appeal_granted(told_at, edition)
        return self.window(Kind.APPEAL, told_at=told_at, granted_on=granted_on, now=now)

    def resubmission(
        self, edition: Edition, *, told_at: datetime, now: datetime | None = None
    ) -> Window:
        """Until when somebody can resubmit after an answer."""
        granted_on = resubmission_granted(told_at, edition)
        return self.window(Kind.RESUBMISSION, told_at=told_at, granted_on=granted_on, now=now)

    def window(
        self, kind: str, *, told_at: datetime, granted_on: date, now: datetime | None
    ) -> Window:
        """One window as it stands at a moment; no query."""
        mine = [row for row in self.moves if row.kind == kind and row.told_at == told_at]
        return window(
            told_on=on(told_at),
            granted_on=granted_on,
            rests=self.rests,
            laters=[Later(row.last_on, on(row.moved_at), row.reason) for row in mine],
            as_of=on(now or timezone.now()),
        )


def on(moment: datetime) -> date:
    """The day of a moment, by UTC, as windows count."""
    return moment.astimezone(UTC).date()


def paces_of(candidacy_ids: Collection[int]) -> dict[int, Pace]:
    """What lengthens the windows of these candidacies; two queries, none for nobody."""
    found: dict[int, Pace] = defaultdict(Pace)
    if not candidacy_ids:
        return found
    for leave in Leave.objects.filter(candidacy__in=candidacy_ids).order_by("from_on"):
        found[leave.candidacy_id].rests.append(Rest(leave.from_on, leave.until_on))
    for move in WindowMove.objects.filter(candidacy__in=candidacy_ids):
        found[move.candidacy_id].moves.append(move)
    return found


def pace_of(candidacy_id: int) -> Pace:
    """The same of one; two queries."""
    return paces_of([candidacy_id])[candidacy_id]


def appeal_window(
    candidacy: Candidacy, edition: Edition, *, told_at: datetime, now: datetime | None = None
) -> Window:
    """Until when an answer that was told then can be appealed; two queries."""
    return pace_of(candidacy.pk).appeal(edition, told_at=told_at, now=now)


def resubmission_window(
    candidacy: Candidacy, edition: Edition, *, told_at: datetime, now: datetime | None = None
) -> Window:
    """Until when somebody can resubmit after an answer that was told then; two queries."""
    return pace_of(candidacy.pk).resubmission(edition, told_at=told_at, now=now)
