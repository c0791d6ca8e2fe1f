"""What registering for certification asks for, as explainable findings.

`domain.md`, "Eligible to register": Level A and Level B completed; a number of client sessions
with a number of clients, attested by the person; a silent retreat. The prerequisites of Level A
are asked again ("Gates apply at submission, at confirmation and at registration"). All figures
come from the Edition.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from certification.candidacy.models import Retreat
from scip.accounts.requirements import PrerequisiteEvidence, prerequisite_findings
from scip.credentials.models import Level
from scip.formats import day
from scip.policy.models import Edition
from scip.requirements import Finding, Status

RETREAT = "retreat"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationFacts:
    """The person's latest word on their client sessions."""

    client_sessions: int
    clients: int
    attested_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RetreatFacts:
    """The current record of a retreat; ``days`` counts first and last day."""

    state: str
    title: str
    days: int
    is_silent: bool
    submitted_at: datetime
    return_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationEvidence:
    """What is on record for one person. ``completed`` maps a level's letter to its day;
    ``deferral`` is the office's reason for letting the retreat wait, empty without one."""

    prerequisites: PrerequisiteEvidence = field(default_factory=PrerequisiteEvidence)
    completed: Mapping[str, date] = field(default_factory=dict)
    attestation: AttestationFacts | None = None
    retreat: RetreatFacts | None = None
    deferral: str = ""


def registration_findings(
    evidence: RegistrationEvidence, *, edition: Edition, as_of: date
) -> tuple[Finding, ...]:
    """The findings in the order of the page: ``opening``, ``level_a``, ``level_b``,
    ``client_sessions``, ``retreat``, then the four prerequisites of Level A."""
    return (
        opening_finding(edition, as_of=as_of),
        *own_findings(evidence, edition=edition),
        *prerequisite_findings(evidence.prerequisites, as_of=as_of, msc_due_on=None),
    )


def own_findings(evidence: RegistrationEvidence, *, edition: Edition) -> tuple[Finding, ...]:
    """What Level C itself asks for, whatever the day: levels, client sessions, retreat."""
    return (
        level_finding(evidence, Level.A),
        level_finding(evidence, Level.B),
        sessions_finding(evidence.attestation, edition=edition),
        retreat_finding(evidence, edition=edition),
    )


def holding_up_registration(
    findings: Iterable[Finding], *, edition: Edition
) -> tuple[Finding, ...]:
    """The findings that stand in the way. Policy `retreat_required_for`: one text asks for the
    retreat before registration, another before certification; the Edition decides."""
    may_wait = edition.retreat_required_for == Edition.RetreatRequiredFor.SUBMISSION
    return tuple(
        item for item in findings if not item.is_met and not (may_wait and item.code == RETREAT)
    )


def opening_finding(edition: Edition, *, as_of: date) -> Finding:
    """Have applications opened? `domain.md`: `applications_open_on` is set by the office."""
    opens_on = edition.applications_open_on
    title = _("Registration is open")
    if opens_on is not None and opens_on <= as_of:
        return Finding(
            code="opening",
            title=title,
            status=Status.MET,
            found=_("Since {day}.").format(day=day(opens_on)),
        )
    return Finding(
        code="opening",
        title=title,
        status=Status.LATER,
        found=_("It opens on {day}.").format(day=day(opens_on)) if opens_on else "",
        needed=_("You can prepare everything below already; it is kept for you.")
        if opens_on
        else _("The day is not set yet. You can prepare everything below already; it is kept."),
        next_step=_("Get a letter when it opens"),
        url=f"{reverse('pages:interest')}?about=certification",
    )


def level_finding(evidence: RegistrationEvidence, level: Level) -> Finding:
    """A level on record, completed in a cohort or credited for an earlier format."""
    completed_on = evidence.completed.get(level.value)
    code = f"level_{level.value.lower()}"
    if completed_on is not None:
        return Finding(
            code=code,
            title=level.label,
            status=Status.MET,
            found=_("On record since {day}.").format(day=day(completed_on)),
        )
    return Finding(
        code=code,
        title=level.label,
        status=Status.OPEN,
        needed=_("The learning cohort, completed; or credit for an earlier format of SCIP.")
        if level == Level.A
        else _("A consultation group, completed; or credit for an earlier format of SCIP."),
        next_step=_("See the cohorts") if level == Level.A else _("See the consultation groups"),
        url=reverse("cohorts:list" if level == Level.A else "consultations:list"),
    )


def sessions_finding(attestation: AttestationFacts | None, *, edition: Edition) -> Finding:
    """Client sessions into which self-compassion was explicitly integrated, by one's own word.

    `domain.md`: at least 24 across at least 4 clients, "about 6 each; the person attests to it";
    the share per client is a description, no rule.
    """
    found = ""
    is_enough = False
    if attestation is not None:
        found = _("{sessions} sessions with {clients} clients, attested on {day}.").format(
            sessions=attestation.client_sessions,
            clients=attestation.clients,
            day=day(attestation.attested_at),
        )
        is_enough = (
            attestation.client_sessions >= edition.client_sessions
            and attestation.clients >= edition.clients
        )
    return Finding(
        code="client_sessions",
        title=_("Client sessions"),
        status=Status.MET if is_enough else Status.OPEN,
        needed=""
        if is_enough
        else _(
            "At least {sessions} sessions, with at least {clients} different clients, into which "
            "you brought self-compassion deliberately."
        ).format(sessions=edition.client_sessions, clients=edition.clients),
        found=found,
        next_step=_("Attest anew when your figures have grown")
        if attestation
        else _("Attest to your client sessions"),
        url=f"{reverse('certification:register')}#attest",
    )


def is_long_enough(days: int, *, edition: Edition) -> bool:
    """A retreat of the Edition's length or longer. The upper figure of "3–5 days" describes what
    is usually offered; nobody is asked to have left earlier."""
    return days >= edition.retreat_min_days


def retreat_finding(
    evidence: RegistrationEvidence, *, edition: Edition, is_due: bool = False
) -> Finding:
    """The silent retreat: verified, waiting, deferred by the office, or still open.

    ``is_due``: asked at the final submission, where nothing lets it wait any longer (`domain.md`:
    "never later than submission").
    """
    retreat = evidence.retreat
    found = words_about(retreat)
    url = f"{reverse('certification:register')}#bring-retreat"
    needed = _("A silent MSC retreat of {least} to {most} days, online or in person.").format(
        least=edition.retreat_min_days, most=edition.retreat_max_days
    )
    does_count = (
        retreat is not None and retreat.is_silent and is_long_enough(retreat.days, edition=edition)
    )
    title = _("Silent retreat")
    if retreat is not None and does_count and retreat.state == Retreat.State.VERIFIED:
        return Finding(code=RETREAT, title=title, status=Status.MET, found=found)
    if retreat is not None and does_count and retreat.state == Retreat.State.SUBMITTED:
        return Finding(
            code=RETREAT,
            title=title,
            status=Status.WAITING,
            found=found,
            waiting_for=_("the office"),
            since=retreat.submitted_at,
            next_step=_("See what you sent"),
            url=url,
        )
    next_step = _("Correct it and send it again") if retreat else _("Add your retreat")
    if is_due:
        return Finding(
            code=RETREAT,
            title=title,
            status=Status.OPEN,
            needed=needed,
            found=found,
            next_step=next_step,
            url=url,
        )
    if edition.retreat_required_for == Edition.RetreatRequiredFor.SUBMISSION:
        return Finding(
            code=RETREAT,
            title=title,
            status=Status.LATER,
            needed=_("{needed} It can wait until your final submission.").format(needed=needed),
            found=found,
            next_step=next_step,
            url=url,
        )
    if evidence.deferral:
        return Finding(
            code=RETREAT,
            title=title,
            status=Status.WAIVED,
            needed=_("It may wait until your final submission, and is asked for then."),
            found=found,
            waived_by=_("the office, for now"),
            waiver_reason=evidence.deferral,
            next_step=next_step,
            url=url,
        )
    return Finding(
        code=RETREAT,
        title=title,
        status=Status.OPEN,
        needed=_(
            "{needed} If yours is still ahead, write to the office: it can let the retreat wait "
            "until your final submission."
        ).format(needed=needed),
        found=found,
        next_step=next_step,
        url=url,
    )


def words_about(retreat: RetreatFacts | None) -> str:
    """What a record says; for one that came back, what the office asks."""
    if retreat is None:
        return ""
    if retreat.state == Retreat.State.RETURNED:
        return _("The office asks: {reason}").format(reason=retreat.return_reason)
    how = _("in silence") if retreat.is_silent else _("not in silence")
    return _("{title}, {days} days, {how}.").format(title=retreat.title, days=retreat.days, how=how)
