"""Appeals: what can be appealed and until when, what filing asks for, who may sit on a panel, and
what a panel's answers add up to (`domain.md`, "Appeal"). Rules alone, no queries."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.candidacy.requirements.windows import Window
from certification.review.models import AppealOutcome, Tie
from certification.review.requirements.submission import end_of
from scip.formats import deadline
from scip.policy.models import Edition
from scip.requirements import Finding, Status

# What one appeal holds beside its statement.
MOST_DOCUMENTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody was told and may appeal: a supervisor's "not yet", or the committee's
    "further development needed". One of the two keys is there."""

    told_at: datetime
    window: Window
    recommendation: int | None = None
    decision: int | None = None
    is_answered: bool = False

    @property
    def title(self) -> str:
        """How pages name it."""
        if self.recommendation is not None:
            return _("your supervisor’s “not yet”")
        return _("the committee’s “further development needed”")

    def is_open(self, now: datetime) -> bool:
        """Can it be appealed at this moment?"""
        return not self.is_answered and self.window.is_open(now)

    @property
    def until(self) -> datetime:
        """The first moment at which it is too late."""
        return self.window.until


def last_day(until: datetime) -> str:
    """The window's last day, in words."""
    return deadline(until - timedelta(seconds=1))


def answer_by(filed_at: datetime, edition: Edition) -> datetime:
    """Until when a panel answers: as long as the committee takes for a submission."""
    return end_of(filed_at + timedelta(days=edition.review_days))


def window_sentence(until: datetime, contact: str) -> str:
    """What somebody reads who comes too late: until when it was, and to whom they can write."""
    return _(
        "The time for an appeal ran until the end of {day}. What you wrote is kept. If "
        "something kept you from it, write to the office: {contact}."
    ).format(day=last_day(until), contact=contact)


def filing_findings(
    *, statement: str, documents: int, until: datetime, is_in_force: bool, now: datetime
) -> tuple[Finding, ...]:
    """What filing asks for. ``is_in_force``: the answer is still the one that holds."""
    has_words, is_in_time = bool(statement.strip()), now < until
    return (
        Finding(
            code="statement",
            title=_("Your statement"),
            status=Status.MET if has_words else Status.OPEN,
            needed=""
            if has_words
            else _("A few sentences are enough; the panel reads them first."),
            found=_("It is written.") if has_words else "",
        ),
        Finding(
            code="documents",
            title=_("Documents"),
            status=Status.MET,
            found=ngettext("{count} document.", "{count} documents.", documents).format(
                count=documents
            )
            if documents
            else _("None, and none are needed."),
        ),
        Finding(
            code="window",
            title=_("In time"),
            status=Status.MET if is_in_time else Status.OPEN,
            needed=""
            if is_in_time
            else _("The time ran out on {day}.").format(day=last_day(until)),
            found=_("Open until the end of {day}.").format(day=last_day(until))
            if is_in_time
            else "",
        ),
        Finding(
            code="in_force",
            title=_("The answer still holds"),
            status=Status.MET if is_in_force else Status.OPEN,
            needed="" if is_in_force else _("A later answer has taken its place since."),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelFacts:
    """What is known of one person beside one appeal. ``is_eligible``: holds a seat on the panel or
    CMSC's approval as a supervisor today; ``read_it``: had a part in a submission of this candidate
    or filed an appeal for them; ``shares_language`` is None where one of the two named no language."""

    is_eligible: bool
    ties: frozenset[Tie] = frozenset()
    read_it: bool = False
    has_seat: bool = False
    said_no: bool = False
    shares_language: bool | None = None
    live: int = 0
    recent: int = 0


def panel_findings(facts: PanelFacts) -> tuple[Finding, ...]:
    """How one person stands towards a panel. Whatever is open rules them out: nothing that ties
    somebody to a candidate is allowed here."""
    named = ", ".join(str(Tie(tie).label) for tie in Tie if tie in facts.ties)
    return (
        asked_for(
            "role",
            _("May hear appeals today"),
            facts.is_eligible,
            _("They hold neither a seat on the panel nor CMSC’s approval as a supervisor today."),
        ),
        asked_for(
            "ties",
            _("Had no part in it"),
            not facts.ties,
            _("Something ties them to the candidate: {ties}.").format(ties=named),
        ),
        asked_for(
            "reader",
            _("Did not decide on it"),
            not facts.read_it,
            _("They had a part in a submission of this candidate, or filed an appeal for them."),
        ),
        asked_for(
            "place", _("One seat each"), not facts.has_seat, _("They sit on this panel already.")
        ),
        Finding(
            code="answer",
            title=_("Not asked for it before"),
            status=Status.WAITING if facts.said_no else Status.MET,
            needed=_("They declined it or were released; asking again needs a reason.")
            if facts.said_no
            else "",
        ),
        *remarks(facts),
    )


def asked_for(code: str, title: str | Promise, is_met: bool, needed: str) -> Finding:
    """A finding that rules somebody out while it is open."""
    status = Status.MET if is_met else Status.OPEN
    return Finding(code=code, title=title, status=status, needed="" if is_met else needed)


def remarks(facts: PanelFacts) -> Iterable[Finding]:
    """What orders the suggestion and stands in nobody's way."""
    words = ngettext("{count} appeal now.", "{count} appeals now.", facts.live)
    found = [
        Finding(
            code="load",
            title=_("Hears"),
            status=Status.LATER if facts.live else Status.MET,
            found=words.format(count=facts.live),
        )
    ]
    if facts.shares_language is not None:
        found.append(
            Finding(
                code="language",
                title=_("Language"),
                status=Status.MET if facts.shares_language else Status.LATER,
                found=_("Shares a language with the candidate.")
                if facts.shares_language
                else _("Shares no language that the candidate names."),
            )
        )
    return found


def outcome_of(outcomes: Sequence[str], *, panel: int) -> str:
    """What the answers given so far add up to; empty while they do not yet.

    Most of a panel's size decide, so two of two, and with a third two of three. Where all three
    see it differently, the answer between the two others stands: it is looked at again.
    """
    if not outcomes:
        return ""
    (most, count), *_others = Counter(outcomes).most_common()
    if count >= panel // 2 + 1:
        return most
    if set(outcomes) == set(AppealOutcome.values):
        return AppealOutcome.REMANDED
    return ""


def seats_wanted(outcomes: Sequence[str], *, panel: int) -> int:
    """How many seats an appeal has: the edition's, and one more once those do not agree."""
    is_split = len(outcomes) >= panel and not outcome_of(outcomes, panel=panel)
    return panel + 1 if is_split else panel
