"""Hearing an appeal: asking people who had no part in it, their declarations, their answers, and
what these add up to.

Order of locks: candidacy, appeal, seat. Every answer is given under the appeal's lock, so two at once are
counted one after the other: it is decided once, and a third is asked once.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.portfolio.services.writing import StaleWriting
from certification.review.emails import appeals as letters
from certification.review.models import (
    DECLARABLE,
    Appeal,
    AppealDocument,
    AppealOutcome,
    DeclaredTie,
    EndReason,
    PanelSeat,
    Tie,
)
from certification.review.queries.appeals import (
    PanelChoice,
    empty_seats,
    is_superseded,
    panel_facts,
    readable_by,
    suggest,
)
from certification.review.queries.conflicts import ties_of
from certification.review.requirements.appeals import outcome_of, panel_findings
from certification.review.requirements.assigning import answer_due
from certification.review.services.appealing import close_superseded, locked, mark_of, release_seats
from certification.review.services.rehearing import hear_anew
from scip.accounts.models import Role, User
from scip.audit.services import record
from scip.mail.models import Letter
from scip.mail.services import queue_draft
from scip.requirements import Refusal, Status
from scip.states import lock, move
from supervision.services.recommendations import ask_again

State = Appeal.State
Seat = PanelSeat.State
OPEN = (State.FILED, State.HEARING)
TEXTS = ("outcome", "reasons", "instructions")


def refuse_others(appeal: Appeal, by: User) -> None:
    """Raise Refusal for anybody but the office, and for whoever appeals."""
    if not by.has_role(Role.STAFF) or appeal.user_id == by.pk:
        raise Refusal(
            _("Panels are put together by CMSC’s office, and by nobody whom it is about. Nothing "
              "was changed.")
        )  # fmt: skip


@transaction.atomic
def ask(
    appeal: Appeal,
    member: User,
    *,
    by: User | None,
    reason: str = "",
    now: datetime | None = None,
) -> PanelSeat:
    """Ask somebody to hear an appeal, by the office, or by nobody where a third is needed.

    The same person again is the same row. ``reason`` is needed for somebody who had declined or
    was released. Raises Refusal for anybody with a tie or a part in a submission of the candidate,
    for whoever may not hear appeals today, and once every seat is taken.
    """
    now = now or timezone.now()
    row = locked(appeal)
    if by is not None:
        refuse_others(row, by)
    if row.state not in OPEN:
        raise Refusal(_("This appeal waits for nobody. Nobody was asked."))
    known = row.seats.filter(member=member, state__in=PanelSeat.LIVE).first()
    if known is not None:
        return known
    facts = panel_facts(row, [member], now=now)[member.pk]
    refuse_barred(PanelChoice(member, facts, panel_findings(facts)), reason)
    if not empty_seats(row):
        raise Refusal(_("Every seat of this panel is taken. Release one first."))
    edition = row.candidacy.edition
    if edition is None:
        raise ValueError("A registration has an edition.")
    made = PanelSeat.objects.create(
        appeal=row,
        member=member,
        asked_at=now,
        asked_by=by,
        answer_due_at=answer_due(edition, now),
    )
    record("panelseat.asked", made, by=by, appeal=row.pk, with_reason=bool(reason.strip()))
    queue_draft(letters.asked(made), to=member, dedupe_key=f"panelseat:{made.pk}:asked")
    return made


def refuse_barred(choice: PanelChoice, reason: str = "") -> None:
    """Raise Refusal where somebody can't hear it, or only with a reason."""
    unmet = [item for item in choice.findings if item.status is Status.OPEN]
    if unmet:
        raise Refusal(
            _("{name} can’t hear this appeal. {why} Nobody was asked.").format(
                name=choice.member, why=" ".join(str(item.needed) for item in unmet)
            ),
            tuple(unmet),
        )
    if choice.needs_reason and not reason.strip():
        raise Refusal(
            _(
                "{name} declined or was released before. Say in a sentence why you ask again."
            ).format(name=choice.member)
        )


@transaction.atomic
def ask_suggested(appeal: Appeal, *, by: User, now: datetime | None = None) -> list[PanelSeat]:
    """Ask the suggested people for every empty seat; those who were asked. Raises Refusal as `ask`
    does, and where nobody could be suggested."""
    row = locked(appeal)
    refuse_others(row, by)
    found = suggest(row, now=now)
    if not found:
        raise Refusal(
            _("Nobody could be suggested: every seat is taken, or nobody is free of ties.")
        )
    return [ask(row, item.member, by=by, now=now) for item in found]


def own_seat(seat: PanelSeat, by: User) -> PanelSeat:
    """The seat under its lock, with its appeal under its own. Raises Refusal for anybody but whoever
    was asked, and once the appeal is over."""
    appeal = locked(seat.appeal)
    row = lock(seat)
    row.appeal, row.member = appeal, seat.member
    if row.member_id != by.pk:
        raise Refusal(_("Only the person who was asked can do this. Nothing was changed."))
    if appeal.state not in OPEN:
        raise Refusal(_("This appeal is over. Nothing was changed."))
    return row


@transaction.atomic
def answer(
    seat: PanelSeat,
    *,
    ties: Collection[str] = (),
    words: str = "",
    by: User,
    now: datetime | None = None,
) -> PanelSeat:
    """Say what ties one to the candidate, before anything opens.

    Nothing: the appeal opens; the panel is complete once every seat has accepted. Something: the
    tie is kept, the seat is free again and the office told. A tie that came on record since the
    asking counts as much. Raises Refusal for others, IllegalMove once it was answered.
    """
    now = now or timezone.now()
    row = own_seat(seat, by)
    unknown = set(ties) - set(DECLARABLE)
    if unknown:
        raise Refusal(_("Please choose from the list what ties you."))
    row.declaration = words.strip()
    row.declared_at = now
    row.save(update_fields=["declaration", "declared_at"])
    for kind in ties:
        DeclaredTie.objects.update_or_create(
            member=by,
            candidate=row.appeal.user,
            kind=Tie(kind),
            defaults={"words": words.strip(), "declared_at": now},
        )
    facts = panel_facts(row.appeal, [by], now=now)[by.pk]
    if facts.ties or facts.read_it or not facts.is_eligible:
        code = EndReason.TIE if facts.ties else EndReason.NOT_FREE
        return gone(row, Seat.DECLINED, tell=letters.declined, by=by, now=now, code=code)
    move(row, Seat.ACCEPTED, by=by, now=now)
    begin_hearing(row.appeal, now=now)
    return row


def gone(
    seat: PanelSeat,
    to: str,
    *,
    tell: Callable[[PanelSeat], None],
    by: User | None,
    now: datetime,
    why: str = "",
    code: str = "",
) -> PanelSeat:
    """Empty a seat that is under its lock, with its reason, and tell who has to know. ``why`` is
    what a person said, ``code`` an `EndReason` where nobody did."""
    seat.end_reason, seat.end_code = why, code
    seat.save(update_fields=["end_reason", "end_code"])
    move(seat, to, by=by, now=now)
    tell(seat)
    return seat


def begin_hearing(appeal: Appeal, *, now: datetime) -> None:
    """The panel is complete once every seat of the edition reads: the candidate hears of it, and
    of nobody's name, so the log has no actor either."""
    edition = appeal.candidacy.edition
    if edition is None or appeal.state != State.FILED:
        return
    if appeal.seats.filter(state__in=PanelSeat.READING).count() >= edition.appeal_panel:
        move(appeal, State.HEARING, by=None, now=now)
        letters.hearing(appeal)


@transaction.atomic
def decline(
    seat: PanelSeat, *, reason: str = "", by: User, now: datetime | None = None
) -> PanelSeat:
    """Say that one cannot hear it; the office asks somebody else. Raises as `answer` does."""
    row = own_seat(seat, by)
    return gone(
        row,
        Seat.DECLINED,
        tell=letters.declined,
        by=by,
        now=now or timezone.now(),
        why=reason.strip(),
    )


@transaction.atomic
def release(seat: PanelSeat, *, reason: str, by: User, now: datetime | None = None) -> PanelSeat:
    """The office lets somebody go who has not answered. Raises Refusal without a reason and for
    others, and once an answer was given."""
    appeal = locked(seat.appeal)
    refuse_others(appeal, by)
    if not reason.strip():
        raise Refusal(_("Please say in a sentence why."))
    row = lock(seat)
    if row.state == Seat.GIVEN:
        raise Refusal(_("Their answer is given, so it counts. Nothing was changed."))
    row.appeal, row.member = appeal, seat.member
    return gone(
        row,
        Seat.RELEASED,
        tell=letters.released,
        by=by,
        now=now or timezone.now(),
        why=reason.strip(),
    )


@transaction.atomic
def remind(seat: PanelSeat, *, by: User, now: datetime | None = None) -> None:
    """A kind word of the office to whoever is waited for, at most once a day.

    Raises Refusal for others, where nobody is waited for, and where one went today.
    """
    now = now or timezone.now()
    appeal = locked(seat.appeal)
    refuse_others(appeal, by)
    row = lock(seat)
    row.appeal, row.member = appeal, seat.member
    if appeal.state not in OPEN or row.state not in {Seat.ASKED, Seat.ACCEPTED}:
        raise Refusal(_("Nothing is waited for here, so no letter went."))
    key = f"panelseat:{row.pk}:{row.state}:office:"
    since = now - timedelta(days=1)
    if Letter.objects.filter(dedupe_key__startswith=key, created_at__gt=since).exists():
        raise Refusal(_("They got a reminder today. One a day is enough; no other went."))
    draft = letters.reminder_now(row, now=now)
    queue_draft(draft, to=row.member, dedupe_key=f"{key}{now:%Y%m%dT%H%M%S}")
    record("panelseat.reminded", row, by=by, appeal=appeal.pk)


def open_seat(seat: PanelSeat, by: User) -> PanelSeat:
    """The seat as `own_seat`, while the appeal may be read from it."""
    row = own_seat(seat, by)
    if not readable_by(by).filter(pk=row.pk).exists():
        raise Refusal(_("This appeal is not open to you now. Nothing was changed."))
    return row


def mark_of_seat(seat: PanelSeat) -> str:
    """By which a window says what it began from."""
    return mark_of("\x1f".join(str(getattr(seat, name)) for name in TEXTS))


@transaction.atomic
def save_answer(
    seat: PanelSeat,
    *,
    outcome: str,
    reasons: str,
    instructions: str = "",
    began_from: str | None = None,
    by: User,
) -> PanelSeat:
    """Keep an answer that is being written; nobody else sees it.

    Raises StaleWriting where another window saved something else since, Refusal for others and
    once it was given.
    """
    row = open_seat(seat, by)
    if row.state != Seat.ACCEPTED:
        raise Refusal(_("Your answer is given, so nothing changes in it any more."))
    if outcome and outcome not in AppealOutcome.values:
        raise Refusal(_("Please choose one of the three answers."))
    values = {
        "outcome": outcome,
        "reasons": reasons.replace("\r\n", "\n"),
        "instructions": instructions.replace("\r\n", "\n"),
    }
    if all(getattr(row, name) == value for name, value in values.items()):
        return row
    if began_from is not None and began_from != mark_of_seat(row):
        raise StaleWriting(_("This was changed in another window in the meantime."))
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))
    return row


def missing_in(seat: PanelSeat) -> list[str]:
    """What an answer still lacks, in words."""
    found = []
    if not seat.outcome:
        found.append(_("your answer"))
    if not seat.reasons.strip():
        found.append(_("your reasons"))
    if seat.outcome == AppealOutcome.REMANDED and not seat.instructions.strip():
        found.append(_("what should be looked at again"))
    return found


@transaction.atomic
def give(seat: PanelSeat, *, by: User, now: datetime | None = None) -> PanelSeat:
    """Give one's answer, for good; only then others' can be read.

    Two alike decide (`requirements.appeals.outcome_of`); where the panel is split, a third is
    asked. Given already, it changes nothing. Raises Refusal with what is missing and for others.
    """
    now = now or timezone.now()
    known = locked(seat.appeal)
    fresh = lock(seat)
    if fresh.state == Seat.GIVEN and fresh.member_id == by.pk:
        return fresh
    row = open_seat(seat, by)
    if missing := missing_in(row):
        raise Refusal(
            _("Still open: {what}. Nothing was given yet.").format(what=", ".join(missing))
        )
    if known.state != State.HEARING:
        raise Refusal(
            _("The panel is not complete yet, so nothing is given before. What you wrote is kept.")
        )
    move(row, Seat.GIVEN, by=by, now=now)
    conclude(row.appeal, now=now)
    return row


def conclude(appeal: Appeal, *, now: datetime) -> None:
    """Decide where enough answers agree, ask a third where they do not. Under the appeal's lock.

    An answer counts while nothing ties its author to the candidate (`domain.md`, "Appeal"): one
    whose tie came to light since empties the seat. Where a later letter took the place of the one
    appealed against, there is nothing to decide.
    """
    edition = appeal.candidacy.edition
    if edition is None:
        return
    if is_superseded(appeal):
        close_superseded(appeal, now=now)
        return
    release_tied(appeal, now=now)
    given = list(appeal.seats.filter(state=Seat.GIVEN).order_by("given_at", "pk"))
    outcomes = [row.outcome for row in given]
    outcome = outcome_of(outcomes, panel=edition.appeal_panel)
    if outcome:
        decide(appeal, outcome, [row for row in given if row.outcome == outcome], now=now)
    elif len(given) == edition.appeal_panel:
        found = suggest(appeal, now=now)
        for item in found[:1]:
            ask(appeal, item.member, by=None, now=now)
        letters.disagreed(appeal, is_asked=bool(found))


def release_tied(appeal: Appeal, *, now: datetime) -> int:
    """Empty the seats of those who gave an answer and turn out to be tied to the candidate; how
    many. Under the appeal's lock; the office is told, and finds somebody else."""
    rows = list(appeal.seats.filter(state=Seat.GIVEN).select_related("member"))
    ties = ties_of(appeal.candidacy.user, [row.member for row in rows])
    tied = [row for row in rows if ties[row.member_id]]
    for found in tied:
        seat = lock(found)
        seat.appeal, seat.member = appeal, found.member
        code = EndReason.TIE
        gone(seat, Seat.RELEASED, tell=letters.no_longer_free, by=None, now=now, code=code)
        letters.released(seat)
    return len(tied)


def decide(appeal: Appeal, outcome: str, agreeing: list[PanelSeat], *, now: datetime) -> None:
    """Put down the panel's answer, in the words of those who gave it, and send the letters.

    A committee's answer that does not stand, or has to be looked at again, brings the submission
    back to the committee (`services.rehearing`); a supervisor's waits for them anew.
    """
    appeal.outcome = outcome
    appeal.reasons = together(row.reasons for row in agreeing)
    if outcome == AppealOutcome.REMANDED:
        appeal.instructions = together(row.instructions for row in agreeing)
    appeal.save(update_fields=["outcome", "reasons", "instructions"])
    release_seats(appeal, EndReason.APPEAL_DECIDED, now=now)
    # Nobody stands as the actor: the log of what is about the candidate names no panel.
    move(appeal, State.DECIDED, by=None, now=now, data={"outcome": outcome})
    if appeal.decision is not None and outcome != AppealOutcome.UPHELD:
        hear_anew(appeal, now=now)
    if appeal.recommendation is not None and outcome == AppealOutcome.REMANDED:
        ask_again(appeal.recommendation, appeal.instructions, now=now)
    letters.decided(appeal)


def together(texts: Iterable[str]) -> str:
    """Several people's words as one text; what two of them agreed on stands once."""
    return "\n\n".join(dict.fromkeys(text.strip() for text in texts if text.strip()))


@transaction.atomic
def open_document(document: AppealDocument, *, by: User) -> None:
    """Keep that somebody of the panel, or whoever handed it in, opens a document. Raises Refusal
    once it is gone. The log's line stands with nobody as its subject: no name of a panel reaches
    the candidate."""
    if document.file.is_destroyed:
        raise Refusal(_("This document is not there any more."))
    record("appealdocument.opened", document, by=by, file=str(document.file.pk))
