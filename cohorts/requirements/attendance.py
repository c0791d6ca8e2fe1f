"""The rule of attendance, and where somebody stands with it.

"Attendance at at least 80 % of the sessions is needed; exceptions are considered case by
case (make-up work, staff decision with a reason on record)." Both percentages are the
cohort's own; sessions held are those that were not cancelled, over the whole series while it
still runs; recordings never count.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scip.requirements import Finding, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEvidence:
    """One session as it was for one person.

    ``mark`` is "present", "absent" or "" (nobody marked it yet); ``exception`` the state of
    the newest exception asked for, or "".
    """

    number: int
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool = False
    mark: str = ""
    late_minutes: int = 0
    early_minutes: int = 0
    exception: str = ""
    exception_since: datetime | None = None
    decision_reason: str = ""

    @property
    def minutes(self) -> int:
        """Planned length in minutes."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceEvidence:
    """Everything the rule looks at for one enrolment; made by `cohorts.queries.roster`."""

    attendance_percent: int
    present_percent: int
    sessions: tuple[SessionEvidence, ...]
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of sessions for one person at one moment.

    ``counted`` is ``attended`` + ``excepted``. ``missed`` are past ones that do not count,
    ``unmarked`` past ones nobody marked, ``ahead`` those still to come.
    """

    total: int
    needed: int
    attended: int
    excepted: int
    missed: int
    unmarked: int
    ahead: int
    with_office: int
    to_hand_in: int

    @property
    def counted(self) -> int:
        return self.attended + self.excepted

    @property
    def past(self) -> int:
        """Sessions that are over and marked, or count already."""
        return self.counted + self.missed

    @property
    def percent(self) -> int | None:
        """Counted share of the marked sessions so far, whole percent; None before the first."""
        return self.counted * 100 // self.past if self.past else None

    @property
    def is_met(self) -> bool:
        return self.counted >= self.needed

    @property
    def spare(self) -> int:
        """How many more sessions may be missed; below zero it can't be reached by attending."""
        return self.counted + self.unmarked + self.ahead - self.needed

    @property
    def is_reachable(self) -> bool:
        return self.spare >= 0

    @property
    def is_at_risk(self) -> bool:
        """Has missed something, can still reach it, and has at most one absence left."""
        return not self.is_met and self.missed > 0 and 0 <= self.spare <= 1


def sessions_needed(held_total: int, percent: int) -> int:
    """``percent`` of the sessions held, rounded up (80 % of 12 is 10)."""
    return -(-held_total * percent // 100)


def counts_as_present(
    mark: str, late_minutes: int, early_minutes: int, minutes: int, percent: int
) -> bool:
    """Marked present, and there for at least ``percent`` of the session's ``minutes``."""
    return mark == "present" and (minutes - late_minutes - early_minutes) * 100 >= (
        percent * minutes
    )


def is_attended(session: SessionEvidence, present_percent: int) -> bool:
    """Does this session count because the person was there?"""
    return not session.is_cancelled and counts_as_present(
        session.mark,
        session.late_minutes,
        session.early_minutes,
        session.minutes,
        present_percent,
    )


def attendance_tally(evidence: AttendanceEvidence, *, as_of: datetime) -> Tally:
    """Count the sessions of one person as they stand at ``as_of``.

    A session somebody attended counts once, whatever exceptions exist for it; an accepted
    exception counts where attendance does not.
    """
    held = [session for session in evidence.sessions if not session.is_cancelled]
    attended = [session for session in held if is_attended(session, evidence.present_percent)]
    others = [session for session in held if not is_attended(session, evidence.present_percent)]
    excepted = [session for session in others if session.exception == "accepted"]
    rest = [session for session in others if session.exception != "accepted"]
    missed = [session for session in rest if session.mark]
    open_ = [session for session in rest if not session.mark]
    return Tally(
        total=len(held),
        needed=sessions_needed(len(held), evidence.attendance_percent),
        attended=len(attended),
        excepted=len(excepted),
        missed=len(missed),
        unmarked=sum(session.ends_at <= as_of for session in open_),
        ahead=sum(session.ends_at > as_of for session in open_),
        with_office=sum(session.exception in {"requested", "made_up"} for session in missed),
        to_hand_in=sum(session.exception == "make_up_agreed" for session in rest),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactTime:
    """Minutes in the room, and minutes held so far (marked or not)."""

    minutes: int
    held_minutes: int


def contact_time(evidence: AttendanceEvidence, *, as_of: datetime) -> ContactTime:
    """The second ledger: minutes that a person was in live sessions.

    Apart from completion: a session that was too short to count still brings its minutes, and an
    accepted exception brings none, because nobody was in a room. Continuing education asks
    for this one.
    """
    over = [
        session
        for session in evidence.sessions
        if not session.is_cancelled and session.ends_at <= as_of
    ]
    return ContactTime(
        minutes=sum(
            max(session.minutes - session.late_minutes - session.early_minutes, 0)
            for session in over
            if session.mark == "present"
        ),
        held_minutes=sum(session.minutes for session in over),
    )


def hours(minutes: int) -> str:
    """``150`` → ``2:30``; whole hours stand alone."""
    whole, rest = divmod(minutes, 60)
    return f"{whole}:{rest:02}" if rest else str(whole)


def attendance_findings(
    evidence: AttendanceEvidence, *, as_of: datetime | date
) -> tuple[Finding, ...]:
    """Where somebody stands with attendance (code ``attendance``).

    Met as soon as enough sessions count. After the last session it waits for the
    facilitator's marks or the office's decision where these could still carry it; on the way
    it is "later"; it is open when attending alone no longer reaches it.
    """
    moment = as_of if isinstance(as_of, datetime) else datetime.combine(as_of, datetime.max.time())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo("UTC"))
    tally = attendance_tally(evidence, as_of=moment)
    status, waiting_for = status_of(tally)
    waiting_since = [
        session.exception_since
        for session in evidence.sessions
        if session.exception in {"requested", "made_up"} and session.exception_since
    ]
    return (
        Finding(
            code="attendance",
            title=_("Attendance"),
            status=status,
            needed=_(
                "{needed} of {total} live sessions ({percent} % of those held, rounded up)."
            ).format(needed=tally.needed, total=tally.total, percent=evidence.attendance_percent),
            found=found_sentence(tally),
            next_step=next_step(tally, status),
            url=evidence.url,
            waiting_for=waiting_for,
            since=min(waiting_since, default=None) if status is Status.WAITING else None,
        ),
    )


def status_of(tally: Tally) -> tuple[Status, str]:
    """The finding's status, and whom it waits for."""
    if tally.total and tally.is_met:
        return Status.MET, ""
    if tally.ahead and tally.is_reachable:
        return Status.LATER, ""
    if tally.unmarked and tally.is_reachable:
        return Status.WAITING, _("your facilitator")
    if tally.to_hand_in:
        return Status.OPEN, ""
    if tally.spare + tally.with_office >= 0 and tally.with_office:
        return Status.WAITING, _("the office")
    return (Status.OPEN, "") if tally.total else (Status.LATER, "")


def found_sentence(tally: Tally) -> str:
    """What counts so far; exceptions are named as such."""
    if not tally.past:
        return _("Nothing is marked yet.")
    sentence = _("You have {counted} of the {needed} sessions needed.").format(
        counted=tally.counted, needed=tally.needed
    )
    if tally.excepted:
        sentence += " " + ngettext(
            "{attended} attended live, {excepted} counted by an accepted exception.",
            "{attended} attended live, {excepted} counted by accepted exceptions.",
            tally.excepted,
        ).format(attended=tally.attended, excepted=tally.excepted)
    return sentence


def next_step(tally: Tally, status: Status) -> str:
    """What the person can do, in one sentence."""
    if status is Status.MET or not tally.total:
        return ""
    if status is Status.LATER:
        return risk_sentence(tally)
    if tally.to_hand_in:
        return _("Hand in the make-up work you agreed on; the office then looks at it.")
    if status is Status.WAITING:
        return _("Nothing for you to do right now.")
    return _(
        "Attending alone no longer reaches it, and that is not the end: ask for an exception "
        "for a session you missed, and the office will look at what is possible."
    )


def risk_sentence(tally: Tally) -> str:
    """How much room is left; shown to the person and to the facilitator."""
    if tally.is_met:
        return _("Enough sessions already.")
    if not tally.is_reachable:
        return _("Needs an exception.")
    if tally.spare == 0:
        return _("All remaining sessions are needed.")
    return ngettext(
        "{count} more absence is possible.", "{count} more absences are possible.", tally.spare
    ).format(count=tally.spare)
