"""The sessions of a candidate as a row of stops: what was held, what waits, what comes next."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from scip.policy.models import Edition
from scip.requirements import Status
from supervision.models import SupervisionSession
from supervision.requirements.ledger import (
    NEEDED_KINDS,
    LedgerEvidence,
    SessionFacts,
    counts,
    needed_in,
)

Phase = SupervisionSession.Phase
Kind = SupervisionSession.Kind
State = SupervisionSession.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One place on the track of sessions. ``state``: done, waiting, talk, short (it stands but
    does not count), held (it stands; whether it counts is not told), next or ahead."""

    number: int
    label: str
    phase: str
    state: str
    session: SessionFacts | None = None
    why: str = ""


def track(evidence: LedgerEvidence, *, edition: Edition) -> tuple[Stop, ...]:
    """The ten sessions (and extra ones) as a row of stops, in their phases' order."""
    stops: list[Stop] = []
    has_next = False
    for phase in Phase:
        rows = [row for row in evidence.sessions if row.phase == phase and not row.is_correction]
        for item in sorted(rows, key=lambda row: (row.started_at, row.pk)):
            state, why = standing_of(item, evidence, edition)
            stops.append(
                Stop(
                    number=len(stops) + 1,
                    label=str(Kind(item.kind).label),
                    phase=str(phase.label),
                    state=state,
                    session=item,
                    why=why,
                )
            )
        for label in to_come(phase, evidence, edition):
            state = "ahead" if has_next else "next"
            has_next = True
            stops.append(
                Stop(number=len(stops) + 1, label=label, phase=str(phase.label), state=state)
            )
    return tuple(stops)


def own_track(evidence: LedgerEvidence, agreement: int) -> tuple[Stop, ...]:
    """The sessions of one agreement, for a supervisor whose candidate walks on without them.

    Counted from one, because a gap would tell of others. Whether one counts goes by what the
    candidate did since, so each says of itself alone.
    """
    rows = [
        row for row in evidence.sessions if row.agreement == agreement and not row.is_correction
    ]
    known = {State.CONFIRMED: "held", State.DISPUTED: "talk"}
    return tuple(
        Stop(
            number=number,
            label=str(Kind(row.kind).label),
            phase=str(Phase(row.phase).label),
            state=known.get(State(row.state), "waiting"),
            session=row,
        )
        for number, row in enumerate(sorted(rows, key=lambda row: (row.started_at, row.pk)), 1)
    )


def standing_of(item: SessionFacts, evidence: LedgerEvidence, edition: Edition) -> tuple[str, str]:
    """A session's state on the track, and why it does not count."""
    finding = counts(item, evidence, edition=edition)
    if finding.is_met:
        return "done", ""
    if item.state == State.DISPUTED:
        return "talk", _("under discussion")
    if finding.status is Status.WAITING:
        return "waiting", _("waits for {what}").format(what=finding.waiting_for)
    return "short", str(finding.found)


def to_come(phase: Phase, evidence: LedgerEvidence, edition: Edition) -> list[str]:
    """Labels of the sessions that a phase still lacks; waiting ones are not asked for again."""
    there = [
        item
        for item in evidence.sessions
        if item.phase == phase
        and not item.is_correction
        and standing_of(item, evidence, edition)[0] in {"done", "waiting", "talk"}
    ]
    kinds = [item.kind for item in there]
    absent = [kind for kind in NEEDED_KINDS[phase] if kind not in kinds]
    short = max(needed_in(phase, edition) - len(there), len(absent))
    if not short:
        return []
    filler = Kind.SUPERVISION if phase == Phase.SUPERVISION else NEEDED_KINDS[phase][-1]
    labels = [str(kind.label) for kind in absent]
    return labels + [str(filler.label)] * (short - len(labels))
