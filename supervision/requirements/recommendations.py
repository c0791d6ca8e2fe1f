"""The supervisor's recommendation: when it can be written, and what certification asks of it.

`domain.md`, "Final submission": the letter goes directly to the committee, not through the
candidate, and follows the closing sessions.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from scip.formats import day, deadline
from scip.policy.models import Edition
from scip.requirements import Finding, Status
from supervision.models import Recommendation, SupervisionSession
from supervision.requirements.ledger import LedgerEvidence, counted, is_counted, ledger_findings

Outcome = Recommendation.Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the candidate knows of a recommendation in force: never the letter's text.

    ``guidance`` is written for the candidate, and there only after a "not yet". ``remanded_at`` is
    when a panel asked its author to look again, while that waits for them; ``due_at`` is until when
    it is hoped for, None while the candidate is on leave.
    """

    agreement: int
    supervisor: str
    outcome: str
    sent_at: datetime
    guidance: str = ""
    remanded_at: datetime | None = None
    due_at: datetime | None = None

    @property
    def is_recommended(self) -> bool:
        return self.outcome == Outcome.RECOMMENDED


def hoped_for(due_at: datetime | None, now: datetime) -> str:
    """Until when another letter is hoped for, in a sentence that stays true after that day; empty
    without one."""
    if due_at is None:
        return ""
    if now < due_at:
        return _("We hope for it by {day}.").format(day=deadline(due_at))
    return _("It was hoped for by {day}, and has not come yet; the office asks after it.").format(
        day=deadline(due_at)
    )


def may_recommend(
    evidence: LedgerEvidence, *, edition: Edition, agreement: int
) -> tuple[Finding, ...]:
    """What stands before a recommendation: the whole ledger, and its close in this agreement.

    Whoever accompanied only the beginning, or took over and has not met the person yet, does not
    judge readiness; a later supervisor may, after a session of their own.
    """
    closing = counted(evidence, SupervisionSession.Phase.CLOSING, edition=edition)
    own = [
        item
        for item in evidence.sessions
        if item.agreement == agreement
        and closing
        and item.started_at >= closing[0].started_at
        and is_counted(item, evidence, edition=edition)
    ]
    return (
        *ledger_findings(evidence, edition=edition),
        Finding(
            code="recommendation-sessions",
            title=_("Closing sessions with you"),
            status=Status.MET if own else Status.OPEN,
            needed=""
            if own
            else _("A recommendation rests on a closing session, or a later one, held with you."),
            found=_("{count} since the portfolio review.").format(count=len(own)) if own else "",
        ),
    )


def recommendation_finding(told: Told | None, *, is_complete: bool) -> Finding:
    """Is a recommendation with the committee? ``is_complete``: every session is there."""
    code, title = "recommendation", _("Your supervisor’s recommendation")
    needed = _("Your supervisor sends it to the committee directly, once all sessions are there.")
    if told is None:
        return Finding(
            code=code,
            title=title,
            status=Status.WAITING if is_complete else Status.LATER,
            needed=needed,
            waiting_for=_("your supervisor") if is_complete else "",
        )
    found = _("{name} sent it on {day}: {outcome}.").format(
        name=told.supervisor, day=day(told.sent_at.date()), outcome=Outcome(told.outcome).label
    )
    if told.is_recommended:
        return Finding(code=code, title=title, status=Status.MET, found=found)
    if told.remanded_at is not None:
        return Finding(
            code=code,
            title=title,
            status=Status.WAITING,
            found=found,
            needed=_(
                "An appeal panel asked that it be looked at again. The next letter takes its place."
            ),
            waiting_for=told.supervisor,
            since=told.remanded_at,
        )
    return Finding(
        code=code,
        title=title,
        status=Status.OPEN,
        found=found,
        needed=_("A later recommendation takes its place. Nothing that you have done is lost."),
    )
