"""Who may ask whom for a call, and how long a request waits: pure rules."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scip.policy.models import Edition
from scip.requirements import Assessment, Finding, Status

# As many as fit on a page and in a head; the table's column holds no more either.
TIMES_AT_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingEvidence:
    """What decides whether somebody may ask a supervisor for a call."""

    is_registered: bool
    is_on_leave: bool
    is_oneself: bool
    supervisor: str
    takes_candidates: bool
    waiting_for: tuple[str, ...]


def asking_findings(evidence: AskingEvidence, *, edition: Edition | None) -> Assessment:
    """The rules of an introduction (`domain.md`, Level C, stage 2), in the order they are shown.

    ``edition`` is the one the candidate is held to; None for somebody who isn't registered.
    """
    findings = [registered(evidence), taking_on(evidence)]
    if edition is not None:
        findings.append(not_too_many(evidence, edition.open_introductions))
    return Assessment(tuple(findings))


def registered(evidence: AskingEvidence) -> Finding:
    """Registered for certification, and not on leave."""
    if evidence.is_on_leave:
        step = _(
            "You are on leave, so nothing is asked of you. Come back first, and write then; "
            "supervisors stay where they are."
        )
    else:
        step = _("Register for certification first; then you can write to every supervisor here.")
    is_met = evidence.is_registered and not evidence.is_on_leave
    return Finding(
        code="registered",
        title=_("Registration for certification"),
        status=Status.MET if is_met else Status.OPEN,
        next_step="" if is_met else step,
        url="" if is_met or evidence.is_on_leave else "/certification/",
    )


def taking_on(evidence: AskingEvidence) -> Finding:
    """The supervisor is approved, listed and has room; nobody supervises themselves."""
    is_met = evidence.takes_candidates and not evidence.is_oneself
    if evidence.is_oneself:
        step = _("This is your own page. Please choose somebody else.")
    else:
        step = _("{name} isn’t taking on candidates now. Others in the directory are.").format(
            name=evidence.supervisor
        )
    return Finding(
        code="taking_on",
        title=_("Room for another candidate"),
        status=Status.MET if is_met else Status.OPEN,
        next_step="" if is_met else step,
        url="" if is_met else "/supervisors/",
    )


def not_too_many(evidence: AskingEvidence, limit: int) -> Finding:
    """No more requests wait at a time than the edition allows: each one is somebody's time."""
    count = len(evidence.waiting_for)
    is_met = count < limit
    step = ngettext(
        "One request waits for an answer: to {names}. Once it is answered or you take it back, "
        "you can write to the next.",
        "{count} requests wait for an answer: to {names}. Once one is answered or you take one "
        "back, you can write to the next.",
        count,
    ).format(count=count, names=get_text_list(list(evidence.waiting_for), _("and")))
    return Finding(
        code="not_too_many",
        title=ngettext(
            "At most {limit} request waits at a time",
            "At most {limit} requests wait at a time",
            limit,
        ).format(limit=limit),
        status=Status.MET if is_met else Status.OPEN,
        found=ngettext("{count} waits", "{count} wait", count).format(count=count),
        next_step="" if is_met else step,
        url="" if is_met else "/supervision/introductions/",
    )


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request waits: a reminder halfway, then it lapses and the place is free again."""

    reminder_at: datetime
    lapses_at: datetime


def patience(sent_at: datetime, *, back_at: datetime | None, silent_days: int) -> Patience:
    """``silent_days`` from the edition (a supervisor counts as silent after them), counted from
    the request or from the candidate's return (``back_at``): leave stops every clock."""
    since = max(sent_at, back_at) if back_at is not None else sent_at
    length = timedelta(days=silent_days)
    return Patience(reminder_at=since + length / 2, lapses_at=since + length)
