"""The rules of the ledger: what counts, which phase is open, what certification still asks.

Pure functions from evidence to findings (`domain.md`, "Five stages"); the figures are those of
the Edition that a candidate is held to. The ledger belongs to the candidate: it goes on when a
supervisor is lost, and what was confirmed before keeps counting.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scip.formats import day
from scip.policy.models import Edition
from scip.requirements import Finding, Status
from supervision.models import SupervisionSession

Phase = SupervisionSession.Phase
Kind = SupervisionSession.Kind
State = SupervisionSession.State

# What each phase cannot do without; supervision sessions are all of one kind.
NEEDED_KINDS = {
    Phase.ASSESSMENT: (Kind.ORIENTATION, Kind.CASE_REVIEW, Kind.PLAN_MEETING),
    Phase.SUPERVISION: (Kind.SUPERVISION,),
    Phase.CLOSING: (Kind.PORTFOLIO_REVIEW, Kind.EXIT_INTERVIEW),
}


# Said by one, not answered by the other.
OPEN = frozenset({State.LOGGED, State.DISPUTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """One session that stands in the ledger.

    ``is_approved``: CMSC's approval of the supervisor held on that day. ``opened_on`` is the
    day from which its agreement is in force.
    """

    pk: int
    kind: str
    state: str
    started_at: datetime
    ends_at: datetime
    agreement: int = 0
    supervisor: str = ""
    logged_by: int | None = None
    is_approved: bool = True
    opened_on: date | None = None
    is_correction: bool = False

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.started_at).total_seconds()) // 60

    @property
    def held_on(self) -> date:
        return self.started_at.date()

    @property
    def phase(self) -> str:
        return SupervisionSession.PHASES[Kind(self.kind)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFacts:
    """A session that is planned. ``other`` is the person one meets; ``where`` a link or a place."""

    pk: int
    agreement: int
    other: str
    starts_at: datetime
    minutes: int
    where: str = ""

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEvidence:
    """Everything the rules look at for one candidate. Days are UTC.

    ``opened_on``: a first agreement is signed by both. ``final_on``: a final version is.
    ``plan_on``: a supervision plan is agreed by both.
    """

    sessions: tuple[SessionFacts, ...] = ()
    planned: tuple[PlannedFacts, ...] = ()
    opened_on: date | None = None
    final_on: date | None = None
    plan_on: date | None = None

    @property
    def agreed_on(self) -> date | None:
        """The day from which the plan is agreed and the final version signed, both by both."""
        if self.final_on is None or self.plan_on is None:
            return None
        return max(self.final_on, self.plan_on)

    @property
    def has_met_for_plan(self) -> bool:
        """Is a plan meeting in the ledger, confirmed or not?"""
        return any(item.kind == Kind.PLAN_MEETING for item in self.sessions)


def needed_in(phase: str, edition: Edition) -> int:
    """How many sessions the edition asks for in a phase."""
    return {
        Phase.ASSESSMENT: edition.assessment_sessions,
        Phase.SUPERVISION: edition.supervision_sessions,
        Phase.CLOSING: edition.closing_sessions,
    }[Phase(phase)]


def is_counted(
    session: SessionFacts,
    evidence: LedgerEvidence,
    *,
    edition: Edition,
    states: Sequence[str] = (State.CONFIRMED,),
) -> bool:
    """Does this session count? The bare answer of ``counts``, which also says why not.

    Apart because a ledger asks it of each session once for every session after it: hundreds of
    times a page, where a sentence is wanted ten times.
    """
    return (
        session.state in states
        and session.minutes >= edition.supervision_minutes
        and session.is_approved
        and session.opened_on is not None
        and session.opened_on <= session.held_on
        and is_open(session.kind, evidence, edition=edition, held_on=session.held_on, states=states)
    )


def is_open(
    kind: str,
    evidence: LedgerEvidence,
    *,
    edition: Edition,
    held_on: date,
    states: Sequence[str] = SupervisionSession.STANDING,
) -> bool:
    """May a session of this kind be held on this day? The bare answer of ``phase_open``."""
    phase = Phase(SupervisionSession.PHASES[Kind(kind)])
    if phase == Phase.CLOSING:
        before = before_closing(evidence, edition=edition, held_on=held_on, states=states)
        return len(before) >= edition.supervision_sessions
    starts = opens_on(phase, evidence, edition=edition, states=states)
    return starts is not None and starts <= held_on


def opens_on(
    phase: Phase, evidence: LedgerEvidence, *, edition: Edition, states: Sequence[str]
) -> date | None:
    """The day from which assessment or supervision is open; closing goes by a number."""
    if phase == Phase.SUPERVISION:
        return supervision_from(evidence, edition=edition, states=states)
    return evidence.opened_on


def before_closing(
    evidence: LedgerEvidence, *, edition: Edition, held_on: date, states: Sequence[str]
) -> list[SessionFacts]:
    """The supervision sessions until a day that count among those in ``states``."""
    return [
        item
        for item in evidence.sessions
        if item.kind == Kind.SUPERVISION
        and not (item.is_correction and item.state in OPEN)  # the row it corrects stands for it
        and item.held_on <= held_on
        and is_counted(item, evidence, edition=edition, states=states)
    ]


def phase_open(
    kind: str,
    evidence: LedgerEvidence,
    *,
    edition: Edition,
    held_on: date,
    states: Sequence[str] = SupervisionSession.STANDING,
) -> Finding:
    """May a session of this kind be held on this day?

    Assessment: from the day on which both signed a first version. Supervision: once the sessions
    of the assessment were held, the plan is agreed and the final version is signed. Closing: after
    the edition's number of supervision sessions. ``states`` says which earlier sessions are looked
    at: standing ones where somebody logs (the other's confirmation may still be on its way),
    confirmed ones where it counts.
    """
    phase = Phase(SupervisionSession.PHASES[Kind(kind)])
    if phase == Phase.CLOSING:
        return closing_open(evidence, edition=edition, held_on=held_on, states=states)
    starts = opens_on(phase, evidence, edition=edition, states=states)
    if phase == Phase.SUPERVISION:
        gaps = missing(evidence, edition=edition, states=states)
        found = _("Still missing: {what}.").format(what=", ".join(gaps))
        needed = _(
            "Supervision begins once the sessions of the assessment were held, the plan is agreed "
            "by both of you and the final version of the agreement is signed."
        )
    else:
        found = _("No agreement is signed by both yet.")
        needed = _(
            "The assessment opens on the day on which both of you have signed the agreement."
        )
    is_by_then = starts is not None and starts <= held_on
    return Finding(
        code=f"phase-{phase}",
        title=_("{phase} is open").format(phase=phase.label),
        status=Status.MET if is_by_then else Status.OPEN,
        needed=needed,
        found=_("Open since {day}.").format(day=day(starts)) if starts else found,
    )


def assessment_held(
    evidence: LedgerEvidence, *, edition: Edition, states: Sequence[str]
) -> list[SessionFacts]:
    """Sessions of the assessment that count among those in ``states``, oldest first."""
    return sorted(
        (
            item
            for item in evidence.sessions
            if item.phase == Phase.ASSESSMENT
            and not (item.is_correction and item.state in OPEN)
            and is_counted(item, evidence, edition=edition, states=states)
        ),
        key=lambda item: (item.started_at, item.pk),
    )


def supervision_from(
    evidence: LedgerEvidence,
    *,
    edition: Edition,
    states: Sequence[str] = (State.CONFIRMED,),
) -> date | None:
    """The day on which the assessment is whole: its sessions held, plan and final version agreed.

    Everything is the candidate's: what was held and agreed with an earlier supervisor stays.
    """
    if evidence.agreed_on is None:
        return None
    kinds: list[str] = []
    for item in assessment_held(evidence, edition=edition, states=states):
        kinds.append(item.kind)
        is_whole = set(NEEDED_KINDS[Phase.ASSESSMENT]) <= set(kinds)
        if is_whole and len(kinds) >= edition.assessment_sessions:
            return max(item.held_on, evidence.agreed_on)
    return None


def missing(evidence: LedgerEvidence, *, edition: Edition, states: Sequence[str]) -> list[str]:
    """What still stands before supervision, by name; empty once it is open."""
    held = assessment_held(evidence, edition=edition, states=states)
    kinds = {item.kind for item in held}
    gaps = [
        _("the session “{kind}”").format(kind=kind.label)
        for kind in NEEDED_KINDS[Phase.ASSESSMENT]
        if kind not in kinds
    ]
    short = edition.assessment_sessions - len(held) - len(gaps)
    if short > 0:
        gaps.append(
            ngettext(
                "{count} more session of the assessment",
                "{count} more sessions of the assessment",
                short,
            ).format(count=short)
        )
    return gaps + to_agree(evidence)


def to_agree(evidence: LedgerEvidence) -> list[str]:
    """Of plan and final version, what both have not agreed to yet."""
    gaps = []
    if evidence.final_on is None:
        gaps.append(_("the final version of the agreement, signed by both"))
    if evidence.plan_on is None:
        gaps.append(_("the plan, agreed by both"))
    return gaps


def meeting_finding(evidence: LedgerEvidence) -> Finding:
    """Plan and final version belong to the plan meeting (`domain.md`, session 3): either may write
    them before; they are agreed and signed once one of the two has logged it."""
    is_met = evidence.has_met_for_plan
    return Finding(
        code="plan-meeting",
        title=_("The supervision plan meeting is in the ledger"),
        status=Status.MET if is_met else Status.OPEN,
        needed=""
        if is_met
        else _(
            "The plan is agreed and the final version signed at the supervision plan meeting. As "
            "soon as one of you has logged that session, both of you can; the text is kept as it is."
        ),
    )


def closing_open(
    evidence: LedgerEvidence, *, edition: Edition, held_on: date, states: Sequence[str]
) -> Finding:
    """Closing follows the number of supervision sessions that the edition asks for."""
    before = before_closing(evidence, edition=edition, held_on=held_on, states=states)
    needed = edition.supervision_sessions
    return Finding(
        code=f"phase-{Phase.CLOSING}",
        title=_("{phase} is open").format(phase=Phase.CLOSING.label),
        status=Status.MET if len(before) >= needed else Status.OPEN,
        needed=ngettext(
            "Portfolio review and exit interview follow after {count} supervision session.",
            "Portfolio review and exit interview follow after {count} supervision sessions.",
            needed,
        ).format(count=needed),
        found=_("{count} until then.").format(count=len(before)),
    )


def counts(
    session: SessionFacts,
    evidence: LedgerEvidence,
    *,
    edition: Edition,
    states: Sequence[str] = (State.CONFIRMED,),
) -> Finding:
    """Does this session count towards certification, and if not, why?

    Asked in this order: confirmed by the other, long enough, a supervisor with CMSC's approval on
    that day, within an agreement, and in its phase. It waits where it would count as soon as
    sessions before it are confirmed.
    """
    title = _("This session counts")
    code = f"session-{session.pk}"
    if is_counted(session, evidence, edition=edition, states=states):
        return Finding(code=code, title=title, status=Status.MET)
    if session.state not in states:
        return waits(code, title, session)
    if session.minutes < edition.supervision_minutes:
        reason = _("It lasted {minutes} minutes; a session counts from {least} minutes on.").format(
            minutes=session.minutes, least=edition.supervision_minutes
        )
    elif not session.is_approved:
        reason = _("CMSC’s approval of {name} was not in force on that day.").format(
            name=session.supervisor or _("the supervisor")
        )
    elif session.opened_on is None or session.held_on < session.opened_on:
        reason = _("It was held before both had signed the agreement.")
    else:
        gate = phase_open(
            session.kind, evidence, edition=edition, held_on=session.held_on, states=states
        )
        reason = f"{gate.needed} {gate.found}"
        if is_counted(session, evidence, edition=edition, states=SupervisionSession.STANDING):
            return Finding(
                code=code,
                title=title,
                status=Status.WAITING,
                found=reason,
                waiting_for=_("the confirmation of an earlier session"),
            )
    return Finding(
        code=code,
        title=title,
        status=Status.OPEN,
        found=reason,
        needed=_("It stays in the ledger all the same. If a figure is wrong, correct it."),
    )


def waits(code: str, title: str, session: SessionFacts) -> Finding:
    """A session that is not confirmed: with the other person, or with the office."""
    who = _("the office") if session.state == State.DISPUTED else _("the other’s confirmation")
    return Finding(code=code, title=title, status=Status.WAITING, waiting_for=who)


def counted(evidence: LedgerEvidence, phase: str, *, edition: Edition) -> list[SessionFacts]:
    """The confirmed sessions of a phase that count, oldest first."""
    return sorted(
        (
            item
            for item in evidence.sessions
            if item.phase == phase and is_counted(item, evidence, edition=edition)
        ),
        key=lambda item: (item.started_at, item.pk),
    )


def ledger_findings(evidence: LedgerEvidence, *, edition: Edition) -> tuple[Finding, ...]:
    """What Level C asks of supervision, phase by phase; more sessions are always welcome."""
    return (
        phase_finding(Phase.ASSESSMENT, evidence, edition),
        ending_finding(evidence),
        phase_finding(Phase.SUPERVISION, evidence, edition),
        phase_finding(Phase.CLOSING, evidence, edition),
    )


def phase_finding(phase: Phase, evidence: LedgerEvidence, edition: Edition) -> Finding:
    """Sessions of a phase: number and kinds."""
    needed = needed_in(phase, edition)
    done = counted(evidence, phase, edition=edition)
    waiting = [
        item
        for item in evidence.sessions
        if item.phase == phase
        and not item.is_correction
        and counts(item, evidence, edition=edition).status is Status.WAITING
    ]
    there = {item.kind for item in (*done, *waiting)}
    absent = [kind for kind in NEEDED_KINDS[phase] if kind not in there]
    is_met = len(done) >= needed and {item.kind for item in done} >= set(NEEDED_KINDS[phase])
    status = Status.MET if is_met else Status.WAITING if waiting else Status.OPEN
    if status is Status.OPEN and not done and not is_begun(phase, evidence, edition):
        status = Status.LATER
    found = ngettext(
        "{done} of {count} session counts.", "{done} of {count} sessions count.", needed
    ).format(done=len(done), count=needed)
    if waiting and not is_met:
        more = ngettext("{count} waits.", "{count} wait.", len(waiting)).format(count=len(waiting))
        found = f"{found} {more}"
    return Finding(
        code=f"ledger-{phase}",
        title=phase.label,
        status=status,
        found=found,
        needed=_("Still to come: {kinds}.").format(kinds=", ".join(str(k.label) for k in absent))
        if absent and len(NEEDED_KINDS[phase]) > 1
        else "",
        waiting_for=_("confirmation") if status is Status.WAITING else "",
    )


def is_begun(phase: Phase, evidence: LedgerEvidence, edition: Edition) -> bool:
    """Could a session of this phase be held by now?"""
    return is_open(NEEDED_KINDS[phase][0], evidence, edition=edition, held_on=date.max)


def ending_finding(evidence: LedgerEvidence) -> Finding:
    """The assessment ends with the plan and the final version of the agreement."""
    done = evidence.agreed_on
    if done is not None:
        status, found = Status.MET, _("Since {day}.").format(day=day(done))
    else:
        status = Status.OPEN if evidence.opened_on else Status.LATER
        gaps = _("Still missing: {what}.").format(what=", ".join(to_agree(evidence)))
        found = gaps if evidence.opened_on else ""
    return Finding(
        code="ledger-plan",
        title=_("Supervision plan and final agreement"),
        status=status,
        found=found,
        needed=""
        if done
        else _("Both belong to the plan meeting, the third session of the assessment."),
    )


def next_kind(evidence: LedgerEvidence, *, edition: Edition, held_on: date) -> str:
    """What the coming session most likely is: the first kind that is still missing and open. One
    that stands but can't count (too short, for example) is asked for again."""
    states = SupervisionSession.STANDING
    standing = [
        item
        for item in evidence.sessions
        if is_counted(item, evidence, edition=edition, states=states)
    ]
    kinds = {item.kind for item in standing}
    for kind in NEEDED_KINDS[Phase.ASSESSMENT]:
        if kind not in kinds:
            return kind
    if sum(item.phase == Phase.ASSESSMENT for item in standing) < edition.assessment_sessions:
        return NEEDED_KINDS[Phase.ASSESSMENT][-1]
    for kind in NEEDED_KINDS[Phase.CLOSING]:
        if kind not in kinds:
            may = is_open(kind, evidence, edition=edition, held_on=held_on)
            return kind if may else Kind.SUPERVISION
    return Kind.SUPERVISION
