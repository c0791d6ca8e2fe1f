"""What the whole path costs, worked out line by line from the Edition in force.

"CMSC records, never collects" what goes to a supervisor: the two are kept apart on every page.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scip.formats import money
from scip.policy.models import Edition


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the worked total; ``cents`` in the path's currency."""

    label: str | Promise
    note: str
    cents: int
    to_supervisor: bool = False


@dataclass(frozen=True, slots=True)
class PathCost:
    """The whole path at standard prices, without MSC, a retreat or any support."""

    currency: str
    lines: tuple[Line, ...]

    @property
    def to_cmsc_cents(self) -> int:
        return sum(line.cents for line in self.lines if not line.to_supervisor)

    @property
    def to_supervisor_cents(self) -> int:
        return sum(line.cents for line in self.lines if line.to_supervisor)

    @property
    def total_cents(self) -> int:
        return sum(line.cents for line in self.lines)

    @property
    def supervisor_percent(self) -> int:
        """The supervisor's share of the total, for the bar that shows both."""
        return round(self.to_supervisor_cents * 100 / self.total_cents) if self.total_cents else 0

    @property
    def cmsc_percent(self) -> int:
        return 100 - self.supervisor_percent


def path_cost(edition: Edition, level_a_standard_cents: int | None = None) -> PathCost:
    """Work out the total. A cohort's own standard price may stand in for the Edition's."""
    rate = money(edition.supervision_fee_cents, edition.currency)

    def sessions(label: str, count: int) -> Line:
        note = ngettext("{count} session × {rate}", "{count} sessions × {rate}", count)
        return Line(
            label,
            note.format(count=count, rate=rate),
            count * edition.supervision_fee_cents,
            to_supervisor=True,
        )

    level_a = level_a_standard_cents
    if level_a is None:
        level_a = edition.level_a_standard_cents
    return PathCost(
        currency=edition.currency,
        lines=(
            Line(_("Level A, learning cohort"), _("standard price"), level_a),
            Line(
                _("Level B, consultation group"),
                _("standard price"),
                edition.level_b_standard_cents,
            ),
            Line(_("Level C, registration"), _("once"), edition.registration_fee_cents),
            sessions(_("Collaborative assessment"), edition.assessment_sessions),
            sessions(_("Supervision"), edition.supervision_sessions),
            sessions(_("Portfolio review and exit interview"), edition.closing_sessions),
            Line(_("Level C, final review"), _("with your submission"), edition.review_fee_cents),
        ),
    )
