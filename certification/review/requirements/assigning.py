"""Who may be asked to read a submission, as findings: the office's pages, the suggestion and the
service that asks go by the same ones (`domain.md`, "Product defaults", conflicts)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.review.models import MAY_BE_ALLOWED, Assignment, Tie
from certification.review.requirements.submission import answer_by, end_of
from scip.accounts.models import Role
from scip.formats import deadline
from scip.policy.models import Edition
from scip.requirements import Finding, Status

Seat = Assignment.Seat

# Which role of today each seat asks for. Whoever may lead the committee may also read in it.
ROLES: dict[str, frozenset[str]] = {
    Seat.REVIEWER: frozenset({Role.REVIEWER, Role.CHAIR}),
    Seat.CHAIR: frozenset({Role.CHAIR}),
    Seat.SECOND: frozenset({Role.REVIEWER, Role.CHAIR}),
}
# These say something about a person and stand in nobody's way.
REMARKS = frozenset({"load", "language", "before"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFacts:
    """What is known of one member of the committee beside one submission.

    ``seats_today`` and ``seats_then`` are the seats that their roles open today and on the day
    their part is due; ``live`` counts what they read now, ``recent`` what they were asked in the
    last year; ``shares_language`` is None where one of the two named no language; ``knows_views``
    says that others' views of this submission were open to them in a seat that has ended;
    ``was_overturned`` says that a panel overturned an answer in which they had a part.
    """

    seats_today: frozenset[str]
    seats_then: frozenset[str]
    due_at: datetime
    ties: frozenset[Tie] = frozenset()
    seat_here: str = ""
    said_no: bool = False
    knows_views: bool = False
    read_before: bool = False
    was_overturned: bool = False
    shares_language: bool | None = None
    live: int = 0
    recent: int = 0


def answer_due(edition: Edition, now: datetime) -> datetime:
    """Until when somebody who is asked now says yes or no."""
    return end_of(now + timedelta(days=edition.reader_answer_days))


def part_due(submitted_at: datetime, edition: Edition, seat: str, now: datetime) -> datetime:
    """Until when the part of a seat is due.

    Reviewers by the edition's reading days, the chair by the day the candidate was told; whoever
    is asked late, and the second reader, has as long to read as to answer.
    """
    at_least = answer_due(edition, now) + timedelta(days=edition.reader_answer_days)
    if seat == Seat.CHAIR:
        return max(answer_by(submitted_at, edition), at_least)
    if seat == Seat.SECOND:
        return at_least
    return max(end_of(submitted_at + timedelta(days=edition.reading_days)), at_least)


def member_findings(facts: MemberFacts, *, seat: str) -> tuple[Finding, ...]:
    """How one person stands towards one seat of a submission, in the order in which it is shown."""
    return (
        role_finding(facts, seat),
        term_finding(facts, seat),
        place_finding(facts),
        ties_finding(facts.ties),
        answer_finding(facts),
        *own_view(facts, seat),
        *fresh_eyes(facts),
        *remarks(facts),
    )


def barring(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What rules somebody out, whatever reason is given."""
    return tuple(item for item in findings if item.status is Status.OPEN)


def needing_reason(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What asks for a reason on record."""
    return tuple(item for item in findings if item.status is Status.WAITING)


def role_finding(facts: MemberFacts, seat: str) -> Finding:
    """A seat on the committee, today."""
    is_met = seat in facts.seats_today
    return Finding(
        code="role",
        title=_("On the committee today") if is_met else _("Not on the committee for this seat"),
        status=Status.MET if is_met else Status.OPEN,
        needed=""
        if is_met
        else _("The chair needs the role of a chair.")
        if seat == Seat.CHAIR and facts.seats_today
        else _("They hold no seat on the committee today."),
    )


def term_finding(facts: MemberFacts, seat: str) -> Finding:
    """Their term lasts until their part is due."""
    is_met = seat in facts.seats_then
    return Finding(
        code="term",
        title=_("Term is long enough") if is_met else _("Term ends too early"),
        status=Status.MET if is_met else Status.OPEN,
        needed=""
        if is_met
        else _("Their term is over before their part is due on {day}.").format(
            day=deadline(facts.due_at)
        ),
    )


def place_finding(facts: MemberFacts) -> Finding:
    """One seat each in one submission."""
    labels = dict(Seat.choices)
    return Finding(
        code="place",
        title=_("Has a seat here") if facts.seat_here else _("One seat each"),
        status=Status.OPEN if facts.seat_here else Status.MET,
        needed=_("They have a seat in this submission already: {seat}.").format(
            seat=labels[Seat(facts.seat_here)]
        )
        if facts.seat_here
        else "",
    )


def ties_finding(ties: frozenset[Tie]) -> Finding:
    """Nothing that ties them to the candidate, or only what may be allowed."""
    named = ", ".join(str(Tie(tie).label) for tie in Tie if tie in ties)
    if not ties:
        return Finding(
            code="ties", title=_("Free of ties"), status=Status.MET, found=_("Nothing is known.")
        )
    if ties <= MAY_BE_ALLOWED:
        needed = _("May be allowed once they declared it; asking them needs a reason.")
        return Finding(
            code="ties",
            title=_("A tie that may be allowed"),
            status=Status.WAITING,
            found=f"{named}.",
            needed=needed,
        )
    return Finding(
        code="ties",
        title=_("Barred by a tie"),
        status=Status.OPEN,
        found=f"{named}.",
        needed=_("Something between the two people rules it out."),
    )


def answer_finding(facts: MemberFacts) -> Finding:
    """They have not declined this submission, and were not released from it."""
    return Finding(
        code="answer",
        title=_("Declined or released before") if facts.said_no else _("Not asked for it before"),
        status=Status.WAITING if facts.said_no else Status.MET,
        needed=_("They declined it or were released; asking again needs a reason.")
        if facts.said_no
        else "",
    )


def own_view(facts: MemberFacts, seat: str) -> tuple[Finding, ...]:
    """A reviewer's view is their own: nobody gives one who has read the others' before."""
    if seat != Seat.REVIEWER or not facts.knows_views:
        return ()
    return (
        Finding(
            code="own_view",
            title=_("Knows the others’ views"),
            status=Status.OPEN,
            needed=_("Others’ views were open to them here, so they can’t give one of their own."),
        ),
    )


def fresh_eyes(facts: MemberFacts) -> tuple[Finding, ...]:
    """After an appeal that overturned the answer others read it (`services.rehearing`)."""
    if not facts.was_overturned:
        return ()
    return (
        Finding(
            code="fresh",
            title=_("Fresh eyes"),
            status=Status.OPEN,
            needed=_("An appeal overturned an answer they had a part in; others read it now."),
        ),
    )


def remarks(facts: MemberFacts) -> tuple[Finding, ...]:
    """What orders the suggestion."""
    load = ngettext(
        "{live} now, asked {recent} time in the last year.",
        "{live} now, asked {recent} times in the last year.",
        facts.recent,
    )
    found = [
        Finding(
            code="load",
            title=_("Reads"),
            status=Status.LATER if facts.live else Status.MET,
            found=load.format(live=facts.live, recent=facts.recent),
        )
    ]
    if facts.shares_language is not None:
        shares = facts.shares_language
        found.append(
            Finding(
                code="language",
                title=_("Language"),
                status=Status.MET if shares else Status.LATER,
                found=_("Shares a language with the candidate.")
                if shares
                else _("Shares no language that the candidate names."),
            )
        )
    if facts.read_before:
        found.append(
            Finding(
                code="before",
                title=_("Knows it"),
                status=Status.MET,
                found=_("Read the submission that this one follows."),
            )
        )
    return tuple(found)
