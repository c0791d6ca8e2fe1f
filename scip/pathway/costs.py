"""The honest total of somebody's whole path: what was paid, is due and is to come, level by level.

What goes to CMSC and what goes directly to a supervisor never share a sum on the way: CMSC
records supervision and never collects for it. Figures come from the ledger, the cohort that is
applied for and the Edition; what has no figure of ours is named without one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.review.models import Submission
from scip.formats import money
from scip.pathway.evidence import OwedFacts
from scip.pathway.queries import Home
from supervision.models import Agreement, SupervisionSession
from supervision.queries.fees import Agreed

# How purposes of charges name their level.
LEVELS = {"tuition_level_a": "A", "tuition_level_b": "B", "certification": "C"}
REGISTRATION, REVIEW = "certification_registration", "certification_review"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One thing that costs: a charge as it stands, or a fee to come. ``over_cents`` are for
    sessions that were held, without a payment that both noted."""

    label: str
    note: str = ""
    url_pk: int | None = None
    paid_cents: int = 0
    due_cents: int = 0
    over_cents: int = 0
    ahead_cents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLevel:
    """What one level costs at CMSC, in one currency."""

    letter: str
    title: str
    lines: tuple[CostLine, ...]

    @property
    def total_cents(self) -> int:
        return sum(line.paid_cents + line.due_cents + line.ahead_cents for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """The page. ``to_supervisor`` are fees that never pass through CMSC; ``others`` are charges
    in another currency, which no sum here takes in. ``is_agreed``: agreed on with a supervisor;
    ``is_standard``: some at the standard rate, with nobody to hold those sessions yet."""

    currency: str
    levels: tuple[CostLevel, ...]
    to_supervisor: tuple[CostLine, ...]
    others: tuple[OwedFacts, ...]
    is_agreed: bool = False
    is_standard: bool = True

    @property
    def paid_cents(self) -> int:
        return sum(line.paid_cents for level in self.levels for line in level.lines)

    @property
    def due_cents(self) -> int:
        return sum(line.due_cents for level in self.levels for line in level.lines)

    @property
    def ahead_cents(self) -> int:
        return sum(line.ahead_cents for level in self.levels for line in level.lines)

    @property
    def to_cmsc_cents(self) -> int:
        return self.paid_cents + self.due_cents + self.ahead_cents

    @property
    def to_supervisor_cents(self) -> int:
        return sum(
            line.paid_cents + line.over_cents + line.ahead_cents for line in self.to_supervisor
        )

    @property
    def supervisor_paid_cents(self) -> int:
        return sum(line.paid_cents for line in self.to_supervisor)

    @property
    def supervisor_over_cents(self) -> int:
        return sum(line.over_cents for line in self.to_supervisor)

    @property
    def supervisor_ahead_cents(self) -> int:
        return sum(line.ahead_cents for line in self.to_supervisor)


def costs_of(home: Home) -> Costs:
    """Work the page out from what the home has read; no query of its own."""
    currency = home.edition.currency
    charges = [item for item in home.evidence.charges if item.currency == currency]
    titles = {
        "A": _("Level A, learning cohort"),
        "B": _("Level B, consultation group"),
        "C": _("Level C, certification: to CMSC"),
        "": _("Other payments to CMSC"),
    }
    levels = [
        CostLevel(
            letter=letter,
            title=title,
            lines=(
                *charged(item for item in charges if level_of(item) == letter),
                *to_come(home, letter),
            ),
        )
        for letter, title in titles.items()
    ]
    return Costs(
        currency=currency,
        levels=tuple(level for level in levels if level.lines),
        to_supervisor=to_supervisor(home),
        is_agreed=bool(home.agreed),
        is_standard=bool(still_to_agree(home)),
        others=tuple(item for item in home.evidence.charges if item.currency != currency),
    )


def level_of(charge: OwedFacts) -> str:
    """The level that a charge pays for, by its purpose; empty for anything else."""
    return next(
        (letter for start, letter in LEVELS.items() if charge.purpose.startswith(start)), ""
    )


def charged(charges: Iterable[OwedFacts]) -> list[CostLine]:
    """Charges that matter for the total: money on them, or still due; oldest first."""
    lines = []
    for item in sorted(charges, key=lambda item: item.pk):
        paid = item.paid_cents - item.refunded_cents
        if not paid and not item.due_cents and (item.is_cancelled or item.paid_cents):
            continue  # given up, and nothing stayed
        note = _("on its way") if item.is_on_its_way else ""
        lines.append(
            CostLine(
                label=item.description,
                note=_("cancelled; this stays with us") if item.is_cancelled else note,
                url_pk=item.pk,
                paid_cents=paid,
                due_cents=item.due_cents,
            )
        )
    return lines


def to_come(home: Home, letter: str) -> list[CostLine]:
    """Fees of CMSC that are not charged yet; nothing for a level that is completed."""
    edition = home.edition
    standard = _("standard price")
    if letter == "A" and home.tuition_is_open:
        return [CostLine(label=_("Tuition"), note=standard, ahead_cents=home.standard_cents)]
    if letter == "B" and not is_begun(home, "B"):
        cents = edition.level_b_standard_cents
        return [CostLine(label=_("Tuition"), note=standard, ahead_cents=cents)]
    if letter == "C" and "C" not in home.evidence.completed:
        return certification_to_come(home)
    return []


def certification_to_come(home: Home) -> list[CostLine]:
    """Registration and the coming review as far as they are not charged yet, by the Edition that
    the person is held to (`domain.md`, policy "editions"). An earlier review that was charged does
    not pay for a resubmission."""
    edition, submission = home.level_c_edition, home.evidence.submission
    lines = []
    if not is_charged(home.evidence.charges, REGISTRATION):
        cents = edition.registration_fee_cents
        lines.append(CostLine(label=_("Registration"), ahead_cents=cents))
    if submission is not None and submission.fee_ahead_cents:
        is_again = submission.is_again or submission.state == Submission.State.DEVELOPMENT
        lines.append(
            CostLine(
                label=_("Re-review") if is_again else _("Final review"),
                note=_("with your resubmission") if is_again else _("with your submission"),
                ahead_cents=submission.fee_ahead_cents,
            )
        )
    elif not is_charged(home.evidence.charges, REVIEW):
        note = _("with your submission")
        cents = edition.review_fee_cents
        lines.append(CostLine(label=_("Final review"), note=note, ahead_cents=cents))
    return lines


def is_charged(charges: Iterable[OwedFacts], purpose: str) -> bool:
    """Is there a charge for this, not cancelled?"""
    return any(item.purpose == purpose and not item.is_cancelled for item in charges)


def is_begun(home: Home, letter: str) -> bool:
    """Is the level completed, or charged already?"""
    alive = [item for item in home.evidence.charges if not item.is_cancelled]
    return letter in home.evidence.completed or any(level_of(item) == letter for item in alive)


def to_supervisor(home: Home) -> tuple[CostLine, ...]:
    """What never passes through CMSC: what was agreed, and as long as nobody is there to hold what
    is still asked for, that at the standard rate."""
    return agreed_lines(home.agreed) + still_to_agree(home)


def still_to_agree(home: Home) -> tuple[CostLine, ...]:
    """What is still asked for while nobody is there to hold it."""
    return supervision(home) if is_to_agree(home) else ()


def is_to_agree(home: Home) -> bool:
    """Is no agreement under way? One that is completed holds none of what is asked for anew."""
    return all(item.agreement_state != Agreement.State.ACTIVE for item in home.agreed)


def supervision(home: Home) -> tuple[CostLine, ...]:
    """What goes directly to a supervisor at the standard rate, without sessions that count already;
    nothing once certified."""
    edition, phases = home.level_c_edition, SupervisionSession.Phase
    if "C" in home.evidence.completed:
        return ()
    rate = money(edition.supervision_fee_cents, edition.currency)
    blocks = (
        (phases.ASSESSMENT, _("Collaborative assessment"), edition.assessment_sessions),
        (phases.SUPERVISION, _("Supervision"), edition.supervision_sessions),
        (phases.CLOSING, _("Portfolio review and exit interview"), edition.closing_sessions),
    )
    found = home.evidence.supervision
    ahead = found.ahead if found is not None else {}
    return tuple(
        CostLine(
            label=label,
            note=ngettext("{count} session × {rate}", "{count} sessions × {rate}", count).format(
                count=count, rate=rate
            ),
            ahead_cents=count * edition.supervision_fee_cents,
        )
        for phase, label, asked in blocks
        if (count := ahead.get(phase, asked))
    )


def agreed_lines(agreed: Iterable[Agreed]) -> tuple[CostLine, ...]:
    """What was agreed with supervisors, block by block: paid if both say so, over once the sessions
    were held, and to come. Of an agreement that ended only what was paid counts."""
    return tuple(
        CostLine(
            label=str(item.phase.label),
            note=ngettext(
                "{name}, {count} session × {rate}",
                "{name}, {count} sessions × {rate}",
                item.sessions,
            ).format(
                name=item.supervisor,
                count=item.sessions,
                rate=money(item.rate_cents, item.currency),
            ),
            paid_cents=item.confirmed_cents,
            over_cents=item.over_cents,
            ahead_cents=item.ahead_cents,
        )
        for item in agreed
    )
