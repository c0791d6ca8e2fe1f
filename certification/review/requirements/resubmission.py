"""What a resubmission asks for: an answer to every point, the further sessions, and its fee.

`domain.md`, "Decision": resubmission after further mentorship, with a re-review fee. Only what was
asked is read again. What the first submission showed and nobody questioned carries over:
sessions by phase, the supervisor's recommendation, the number of case studies, the retreat, the
word on client sessions, the letter of application. To ask for them again would be paper, and a
second recommendation would put the supervisor between the candidate and an answer of the
committee's own.
"""

from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.candidacy.requirements.windows import Window
from scip.formats import deadline
from scip.requirements import Finding, Status

WINDOW = "window"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainFacts:
    """What a resubmission answers. ``window`` is the time for it, ``handed_on`` the UTC day on
    which it is (or would be) handed in; ``unanswered`` are numbers of points."""

    window: Window
    handed_on: date
    unanswered: tuple[int, ...] = ()
    points: int = 0
    sessions_needed: int = 0
    sessions_held: int = 0


def resubmission_findings(facts: AgainFacts) -> tuple[Finding, ...]:
    """The gate between standing and fee, in the order of the page."""
    return (
        window_finding(facts),
        answers_finding(facts),
        *sessions_finding(facts),
    )


def window_finding(facts: AgainFacts) -> Finding:
    """Is it handed in within the time for it?"""
    until = facts.window.last_on
    is_met = facts.handed_on <= until
    found = _("Until the end of {day}.").format(day=deadline(until))
    return Finding(
        code=WINDOW,
        title=_("Within the time for it"),
        status=Status.MET if is_met else Status.OPEN,
        found=" ".join(filter(None, [found, facts.window.why])),
        needed=""
        if is_met
        else _(
            "The time for a resubmission ended with that day. The way is open all the same: a "
            "new submission is read as a whole, at the full review fee, and your letter and all "
            "that you wrote come along. If something kept you, write to the office first."
        ),
        next_step="" if is_met else _("Open your answer from the committee"),
        url="" if is_met else reverse("submission:home"),
    )


def answers_finding(facts: AgainFacts) -> Finding:
    """Words for each point."""
    left = facts.unanswered
    return Finding(
        code="responses",
        title=_("What you say to each point"),
        status=Status.OPEN if left else Status.MET,
        needed=_("Still without your words: point {numbers}.").format(
            numbers=", ".join(str(number) for number in left)
        )
        if left
        else "",
        found=ngettext(
            "{done} of {count} point is answered.", "{done} of {count} points are answered.", facts.points
        ).format(done=facts.points - len(left), count=facts.points),
        next_step=_("Write your answers") if left else _("Read them once more"),
        url=reverse("submission:responses"),
    )  # fmt: skip


def sessions_finding(facts: AgainFacts) -> tuple[Finding, ...]:
    """Further mentorship, where the letter asked for it: confirmed sessions since then."""
    if not facts.sessions_needed:
        return ()
    is_met = facts.sessions_held >= facts.sessions_needed
    return (
        Finding(
            code="further_sessions",
            title=_("Further supervision sessions"),
            status=Status.MET if is_met else Status.OPEN,
            found=ngettext(
                "{held} of {count} session is confirmed since the letter.",
                "{held} of {count} sessions are confirmed since the letter.",
                facts.sessions_needed,
            ).format(held=facts.sessions_held, count=facts.sessions_needed),
            needed=""
            if is_met
            else _("With your supervisor or another one; a new agreement opens them."),
            next_step="" if is_met else _("Open supervision"),
            url=reverse("supervision:home"),
        ),
    )
