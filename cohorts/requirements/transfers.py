"""Moving to another cohort or group of the same level: what it needs, and what comes along.

Our own rule, the material is silent: attendance is kept where both series are alike (level,
number and length of sessions). Then the mark for session 3 counts for session 3 of the new
series, if that one had begun before the person joined; whatever is still ahead there is
attended there. Anything else starts anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.requirements.attendance import SessionEvidence, is_attended
from scip.formats import moment
from scip.requirements import Assessment, Finding, Status

# Shown beside the others; attendance that starts anew holds nobody up.
FOR_INFORMATION = frozenset({"attendance"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The sessions of one cohort, in the order of their numbers."""

    level: str
    session_minutes: int
    present_percent: int
    sessions: tuple[SessionEvidence, ...]

    def is_like(self, other: "Series") -> bool:
        """Are a session here and the one with its number there the same thing?"""
        return (self.level, len(self.sessions), self.session_minutes) == (
            other.level,
            len(other.sessions),
            other.session_minutes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """How one session of the new series, begun before the person joined, counts for them.

    ``origin`` is their session of the old series with this number, where its mark or accepted
    exception comes along; None: they were not there, and nothing stands in its place.
    """

    number: int
    origin: SessionEvidence | None

    @property
    def is_excepted(self) -> bool:
        return self.origin is not None and self.origin.exception == "accepted"


def carried_sessions(old: Series, new: Series, *, joined_at: datetime) -> tuple[Carried, ...]:
    """Every session of ``new`` that had begun at ``joined_at``, and what it counts as.

    ``old`` holds the person's marks; cancelled sessions count for nobody, on either side.
    """
    known: dict[int, SessionEvidence] = {}
    if old.is_like(new):
        known = {
            session.number: session
            for session in old.sessions
            if not session.is_cancelled and (session.mark or session.exception == "accepted")
        }
    return tuple(
        Carried(number=session.number, origin=known.get(session.number))
        for session in new.sessions
        if not session.is_cancelled and session.starts_at <= joined_at
    )


def counting(carried: Iterable[Carried], old: Series) -> tuple[int, ...]:
    """The numbers of the sessions that count for the person in the new series."""
    return tuple(
        item.number
        for item in carried
        if item.origin is not None
        and (item.is_excepted or is_attended(item.origin, old.present_percent))
    )


def kept_finding(
    old: Series, new: Series, *, old_title: str, joined_at: datetime, is_reachable: bool
) -> Finding:
    """What moving means for attendance, in words (code ``attendance``, for information)."""
    carried = carried_sessions(old, new, joined_at=joined_at)
    kept = counting(carried, old)
    attended = sum(is_attended(session, old.present_percent) for session in old.sessions)
    sentences = []
    if kept:
        sentences.append(
            ngettext(
                "{count} session that counted in {cohort} counts here.",
                "{count} sessions that counted in {cohort} count here.",
                len(kept),
            ).format(count=len(kept), cohort=old_title)
        )
    if attended > len(kept):
        sentences.append(
            _("You attend every session that is still ahead there.")
            if old.is_like(new)
            else _("The two differ in their sessions, so attendance starts anew.")
        )
    missed = len(carried) - len(kept)
    if missed:
        sentences.append(
            ngettext(
                "{count} session there is over and does not count.",
                "{count} sessions there are over and do not count.",
                missed,
            ).format(count=missed)
        )
    if not sentences:
        sentences.append(_("Nothing was held yet, so nothing is lost: you start with everybody."))
    return Finding(
        code="attendance",
        title=_("Attendance"),
        status=Status.MET if is_reachable else Status.LATER,
        found=" ".join(sentences),
        next_step=""
        if is_reachable
        else _("Attending alone would not reach what is needed; an exception would be needed too."),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferEvidence:
    """One place and one cohort it could be exchanged for, at one moment.

    ``entry`` are the findings of admission that a place there needs; ``begun`` how many sessions
    there have begun, ``last_session_to_join`` the cohort's own limit.
    """

    is_held: bool
    is_running: bool
    places_left: int
    begins_at: datetime
    begun: int
    last_session_to_join: int
    entry: tuple[Finding, ...]
    is_there_already: bool
    leads_there: bool
    same_currency: bool
    money_on_its_way: bool
    exceptions_with_office: bool
    attendance: Finding


def transfer_findings(evidence: TransferEvidence) -> Assessment:
    """Everything that an exchange needs, in the order in which it is read."""
    return Assessment(
        (
            place_finding(evidence),
            window_finding(evidence),
            *evidence.entry,
            *under_way_findings(evidence),
            evidence.attendance,
        )
    )


def holding_up(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What keeps an exchange from being asked for or done. A deferred prerequisite may follow."""
    return tuple(
        finding
        for finding in findings
        if finding.code not in FOR_INFORMATION and finding.status in {Status.OPEN, Status.WAITING}
    )


def place_finding(evidence: TransferEvidence) -> Finding:
    """A seat is free, and nothing binds the person there already."""
    if evidence.is_there_already:
        status, found = Status.OPEN, _("There is an application or a place there already.")
    elif evidence.leads_there:
        status, found = Status.OPEN, _("Whoever leads a cohort cannot take part in it.")
    elif evidence.places_left < 1:
        status, found = Status.OPEN, _("Every place there is taken at the moment.")
    else:
        status = Status.MET
        found = ngettext(
            "{count} place is free.", "{count} places are free.", evidence.places_left
        ).format(count=evidence.places_left)
    return Finding(code="place", title=_("A place there"), status=status, found=found)


def window_finding(evidence: TransferEvidence) -> Finding:
    """The old place is there to be exchanged, and joining the new one is still possible."""
    if not evidence.is_held:
        status, found = Status.OPEN, _("This place is over, so it can’t be exchanged.")
    elif not evidence.is_running:
        status, found = Status.OPEN, _("It takes nobody in at the moment.")
    elif evidence.begun >= evidence.last_session_to_join:
        status = Status.OPEN
        found = _("It has begun; one could join until its session {number}.").format(
            number=evidence.last_session_to_join
        )
    elif evidence.begun:
        status, found = Status.MET, _("It has begun, and one can still join.")
    else:
        status, found = Status.MET, _("It begins {when}.").format(when=moment(evidence.begins_at))
    return Finding(code="window", title=_("Time to join"), status=status, found=found)


def under_way_findings(evidence: TransferEvidence) -> Sequence[Finding]:
    """Matters of the old place that have to come to rest first; none where all is quiet."""
    sentences = {
        "currency": (
            not evidence.same_currency,
            _("Its price is in another currency, so the money can’t move along. Write to us."),
        ),
        "money": (
            evidence.money_on_its_way,
            _("A payment is on its way just now. Once it has arrived, the move can be made."),
        ),
        "exceptions": (
            evidence.exceptions_with_office,
            _("A request about a missed session is with the office; it is decided first."),
        ),
    }
    return [
        Finding(
            code=code,
            title=_("First of all"),
            status=Status.OPEN if code == "currency" else Status.WAITING,
            found=sentence,
            waiting_for="" if code == "currency" else _("the office"),
        )
        for code, (is_so, sentence) in sentences.items()
        if is_so
    ]
