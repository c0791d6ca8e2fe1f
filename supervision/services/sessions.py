"""The ledger: logged by either, confirmed by the other, corrected by new rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import Role, User
from scip.requirements import Finding, Refusal
from scip.states import IllegalMove, lock, move
from supervision.emails import sessions as emails
from supervision.models import (
    Agreement,
    Appointment,
    Signature,
    SupervisionSession,
)
from supervision.queries.agreements import over_of, side_of
from supervision.queries.recommendations import is_kept_apart, is_recommended
from supervision.queries.sessions import evidence_of, utc_day
from supervision.requirements.ledger import phase_open
from supervision.services.agreements import locked, refuse_strangers
from supervision.services.completion import follow_confirmation, tell_when_short, unmet_in
from supervision.services.notes import give_feedback, write_own
from supervision.services.occasions import give_free, take_along
from supervision.services.ratings import Touched, rate

State = SupervisionSession.State
LONGEST = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is said of a session: when it began, how long it was, and what it was."""

    kind: str
    started_at: datetime
    minutes: int
    is_online: bool = True
    focus: str = ""

    @property
    def ends_at(self) -> datetime:
        return self.started_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is written down beside a session. ``own`` is a private note (supervisor) or a journal
    entry (candidate); ``feedback`` only a supervisor gives."""

    touched: tuple[Touched, ...] = ()
    feedback: str = ""
    own: str = ""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Turn the overlap that the database refuses into a sentence; nothing else."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
        if name != "supervision_session_of_supervisor_overlaps_none":
            raise
        raise Refusal(
            _(
                "Another session of this supervisor is in the ledger for that time, and one person "
                "holds one session at a time. Nothing was saved; please check the start and the "
                "minutes."
            )
        ) from error


@transaction.atomic
def log_session(
    agreement: Agreement,
    held: Held,
    *,
    by: User,
    words: Words | None = None,
    appointment: Appointment | None = None,
    now: datetime | None = None,
) -> SupervisionSession:
    """Enter a session that was held; the other is asked to confirm it.

    Ratings, feedback and own notes are saved with it. A planned appointment becomes held.
    Raises Refusal for strangers, a session that is not over yet, a phase that is not open on
    that day, an agreement that is not active, an appointment that was logged or cancelled
    meanwhile, and where it overlaps another session of the supervisor. A session shorter than
    the edition's minimum is kept, and does not count.
    """
    now = now or timezone.now()
    agreement = locked(agreement)
    side = refuse_strangers(agreement, by)
    if agreement.state != Agreement.State.ACTIVE:
        raise Refusal(
            _(
                "Sessions are logged while an agreement is active. If one is missing from before, "
                "write to the office: they can help."
            )
        )
    if not agreement.candidacy.is_registered:
        raise Refusal(_("The registration for certification is over, so nothing new is logged."))
    refuse_impossible(held, now)
    if appointment is not None:
        appointment = lock(appointment)
        refuse_logged(appointment)
    session = enter(agreement, held, by=by, now=now, appointment=appointment)
    take_along(session, appointment, by=by, now=now)
    write_words(session, side, words or Words(), by=by, now=now)
    emails.confirmation_asked(session)
    return session


def refuse_logged(appointment: Appointment) -> None:
    """Raise Refusal unless a planned session, under its lock, still waits to be logged."""
    if appointment.state == Appointment.State.HELD:
        raise Refusal(
            _(
                "The session that was planned for that day has just been logged. Nothing was saved a "
                "second time; open the ledger to see it."
            )
        )
    if appointment.state != Appointment.State.PLANNED:
        raise Refusal(
            _(
                "The session that was planned for that day has just been cancelled. If it took place "
                "all the same, log it once more."
            )
        )


def enter(
    agreement: Agreement, held: Held, *, by: User, now: datetime, **fields: Any
) -> SupervisionSession:
    """A new row of the ledger; raises Refusal while its phase is not open, and for an overlap."""
    gate = gate_of(agreement, held)
    if not gate.is_met:
        raise Refusal(f"{gate.needed} {gate.found}", (gate,))
    with one_at_a_time():
        return SupervisionSession.objects.create(
            agreement=agreement,
            candidacy=agreement.candidacy,
            supervisor=agreement.supervisor,
            kind=held.kind,
            started_at=held.started_at,
            ends_at=held.ends_at,
            is_online=held.is_online,
            focus=held.focus,
            logged_by=by,
            logged_at=now,
            **fields,
        )


@transaction.atomic
def log_for_two(
    agreement: Agreement, held: Held, *, by: User, reason: str, now: datetime | None = None
) -> SupervisionSession:
    """The office enters a session that the two can't enter themselves; one of them confirms it.

    For an agreement that is active, for one that is completed until its letter is sent, and for a
    session from before it was over. ``reason`` says
    what the entry rests on; both get it by letter, and it stays with the entry. Raises Refusal
    for anybody else, about a session of one's own, without a reason, and for what
    `log_session` refuses about the session itself.
    """
    now = now or timezone.now()
    agreement = locked(agreement)
    if not by.has_role(Role.STAFF) or side_of(agreement, by):
        raise Refusal(_("The office does this, and nobody for a session of their own."))
    if not reason.strip():
        raise Refusal(_("Please write what the entry rests on; both people read it."))
    refuse_outside(agreement, held)
    refuse_impossible(held, now)
    session = enter(agreement, held, by=by, now=now, office_reason=reason.strip())
    take_along(session, None, by=by, now=now)
    emails.logged_by_office(session)
    return session


def refuse_outside(
    agreement: Agreement, held: Held, *, corrected: SupervisionSession | None = None
) -> None:
    """Raise Refusal for a session after an agreement was over, or in one that never began. What was
    ``corrected`` stays among the sessions that completed it, if it was one of them."""
    over_at = over_of(agreement)
    completed_at = agreement.completed_at
    if corrected is not None and completed_at is not None and corrected.ends_at <= completed_at:
        over_at = completed_at
    if agreement.active_at is None or (over_at is not None and held.ends_at > over_at):
        raise Refusal(_("The agreement was not in force at that time. Nothing was saved."))


def refuse_impossible(held: Held, now: datetime) -> None:
    """Raise Refusal for a session in the future, without length, or of a whole day."""
    if held.ends_at > now:
        raise Refusal(_("That session is not over yet. Please log it once it has taken place."))
    if not timedelta(0) < held.ends_at - held.started_at <= LONGEST:
        raise Refusal(_("Please check the minutes: a session lasts a few hours at most."))


def gate_of(agreement: Agreement, held: Held, *, without: int | None = None) -> Finding:
    """Is the phase open on the session's day? ``without`` is the row that a correction takes the
    place of: it opens nothing for itself."""
    edition = agreement.candidacy.edition
    if edition is None:
        raise Refusal(_("This candidate is not registered, so there is no ledger to write into."))
    evidence = evidence_of(agreement.candidacy)
    standing = tuple(item for item in evidence.sessions if item.pk != without)
    evidence = replace(evidence, sessions=standing)
    return phase_open(held.kind, evidence, edition=edition, held_on=utc_day(held.started_at))


def write_words(
    session: SupervisionSession, side: str, words: Words, *, by: User, now: datetime
) -> None:
    """Ratings, feedback and own notes beside a session."""
    if words.touched:
        rate(session.agreement, words.touched, session=session, by=by, now=now)
    if words.feedback and side == Signature.Side.SUPERVISOR:
        give_feedback(
            session.agreement, words.feedback, session=session, by=by, now=now, tell=False
        )
    if words.own:
        write_own(session.agreement, words.own, session=session, by=by, now=now)


def fresh(session: SupervisionSession) -> SupervisionSession:
    """The session under its lock, after its agreement's and candidacy's."""
    agreement = locked(session.agreement)
    row = lock(session)
    row.agreement, row.candidacy = agreement, agreement.candidacy
    return row


def refuse_author(session: SupervisionSession, by: User) -> None:
    """Raise Refusal unless ``by`` is the other one of the two."""
    refuse_strangers(session.agreement, by)
    if session.logged_by_id == by.pk:
        raise Refusal(_("You logged this session, so the other one of you confirms it."))


@transaction.atomic
def confirm_session(
    session: SupervisionSession, *, by: User, now: datetime | None = None
) -> SupervisionSession:
    """The other one says: so it was. A second click changes nothing.

    A correction takes the place of the row it corrects. With the last session that the edition
    asks for, the agreement is completed. Raises Refusal for the author, strangers, a former
    supervisor's yes to a correction, a row with an open correction, and an overlap; IllegalMove
    once it is decided.
    """
    now = now or timezone.now()
    session = fresh(session)
    refuse_author(session, by)
    if session.corrects_id:
        refuse_former_yes(session.agreement, by)
    if session.state == State.CONFIRMED:
        return session
    if session.state == State.DISPUTED:
        raise IllegalMove(_("This session is under discussion; the office looks at it with you."))
    if session.corrections.filter(state__in=[State.LOGGED, State.DISPUTED]).exists():
        raise Refusal(_("A correction of this session waits. Please look at that one instead."))
    settle_as_held(session, by=by, now=now)
    return session


def settle_as_held(session: SupervisionSession, *, by: User, now: datetime) -> None:
    """Confirm a row; a corrected one makes room first. Completes the agreement when all is there."""
    corrected = session.corrects
    unmet: frozenset[str] = frozenset()
    if corrected is not None:
        refuse_settled(session.agreement)
        unmet = frozenset(item.code for item in unmet_in(session.candidacy))
    with one_at_a_time():
        if corrected is not None and corrected.state in SupervisionSession.STANDING:
            move(lock(corrected), State.REPLACED, by=by, now=now)
            corrected.material.update(session=session)
        move(session, State.CONFIRMED, by=by, now=now)
    follow_confirmation(session, now=now)
    if corrected is not None:
        tell_when_short(session, before=unmet)


@transaction.atomic
def dispute_session(
    session: SupervisionSession, *, by: User, reason: str, now: datetime | None = None
) -> SupervisionSession:
    """The other one sees it differently and says how; the office mediates, all three are told.

    Raises Refusal for the author, strangers and without a reason; IllegalMove once it is decided.
    A second click changes nothing.
    """
    session = fresh(session)
    refuse_author(session, by)
    if session.state == State.DISPUTED:
        return session
    if not reason.strip():
        raise Refusal(_("Please say in a sentence what you remember differently."))
    # Before the move: a constraint wants the reason beside the state.
    session.dispute_reason = reason.strip()
    session.save(update_fields=["dispute_reason"])
    move(session, State.DISPUTED, by=by, now=now)
    emails.session_disputed(session, by=by)
    return session


@transaction.atomic
def withdraw_session(
    session: SupervisionSession, *, by: User, now: datetime | None = None
) -> SupervisionSession:
    """Whoever logged a session takes it back before it is confirmed. Harmless when repeated.

    The other is told, and the office where it was asked to mediate; what the entry took along is
    free for the next one.
    """
    now = now or timezone.now()
    session = fresh(session)
    if session.logged_by_id != by.pk:
        raise Refusal(_("Only the one who logged a session can take it back."))
    if session.state == State.WITHDRAWN:
        return session
    was_disputed = session.state == State.DISPUTED
    move(session, State.WITHDRAWN, by=by, now=now)
    give_free(session, by=by, now=now)
    emails.session_withdrawn(session, by=by, was_disputed=was_disputed)
    return session


@transaction.atomic
def correct_session(
    session: SupervisionSession,
    held: Held,
    *,
    by: User,
    reason: str,
    now: datetime | None = None,
) -> SupervisionSession:
    """Say how it was in a new row; the other confirms that one, and the old one gives way.

    In an agreement that is over, its candidate can correct what was held before its end, and a
    supervisor who still accompanies them. Raises Refusal for strangers and former supervisors,
    without a reason, while another correction waits, for a row that stands no more, once a
    recommendation rests on it or the registration is over, and for what `log_session` refuses
    about the session itself.
    """
    now = now or timezone.now()
    session = fresh(session)
    refuse_uncorrectable(session, by)
    if not reason.strip():
        raise Refusal(_("Please say in a sentence what is corrected and why."))
    refuse_outside(session.agreement, held, corrected=session)
    refuse_impossible(held, now)
    gate = gate_of(session.agreement, held, without=session.pk)
    if not gate.is_met:
        raise Refusal(f"{gate.needed} {gate.found}", (gate,))
    correction = SupervisionSession.objects.create(
        agreement=session.agreement,
        candidacy=session.candidacy,
        supervisor=session.supervisor,
        kind=held.kind,
        started_at=held.started_at,
        ends_at=held.ends_at,
        is_online=held.is_online,
        focus=held.focus,
        corrects=session,
        correction_reason=reason.strip(),
        logged_by=by,
        logged_at=now,
    )
    emails.confirmation_asked(correction)
    return correction


def refuse_uncorrectable(session: SupervisionSession, by: User) -> None:
    """Raise Refusal where ``by`` can't correct an entry, whatever they would write."""
    refuse_strangers(session.agreement, by)
    refuse_former(session.agreement, by)
    if session.state not in SupervisionSession.STANDING:
        raise Refusal(_("This entry does not stand any more, so there is nothing to correct."))
    if session.corrections.filter(state__in=[State.LOGGED, State.DISPUTED]).exists():
        raise Refusal(
            _("A correction of this session waits already. Please look at that one first.")
        )
    if session.corrects_id and session.state != State.CONFIRMED:
        raise Refusal(_("This is a correction itself. Please take it back and write another one."))
    refuse_settled(session.agreement)


def refuse_former(agreement: Agreement, by: User) -> None:
    """Raise Refusal for a supervisor who accompanies this person no more, always and in the same
    words: what they may do must not tell whether a letter was sent since."""
    if is_kept_apart(agreement, by):
        raise Refusal(
            _(
                "You accompany this person no more, so you leave the entries as they are. If "
                "something is wrong, write to them or to the office: the office settles it."
            )
        )


def refuse_former_yes(agreement: Agreement, by: User) -> None:
    """Raise Refusal for a former supervisor's yes to a correction, always and in the same words: a
    yes that counts today and not tomorrow would tell of a letter. The office answers for them."""
    if is_kept_apart(agreement, by):
        raise Refusal(
            _(
                "You accompany this person no more, so the office looks at this correction. If you "
                "remember it differently, say so beside it."
            )
        )


def refuse_settled(agreement: Agreement) -> None:
    """Raise Refusal for a correction once the record is no longer the two people's to change."""
    if not agreement.candidacy.is_registered:
        raise Refusal(
            _("The registration for certification is over, so the record stays as it is.")
        )
    if is_recommended(agreement):
        raise Refusal(
            _(
                "A recommendation rests on this record, so it stays as it is. If something in it is "
                "wrong, write to the office: they can help."
            )
        )


@transaction.atomic
def settle_dispute(
    session: SupervisionSession,
    *,
    by: User,
    is_held: bool,
    reason: str,
    now: datetime | None = None,
) -> SupervisionSession:
    """The office decides after talking with both: it counts as logged, or it is set aside.

    Both get a letter with the reason. Raises Refusal for anybody else, without a reason, and
    for an overlap; IllegalMove unless the session is under discussion.
    """
    now = now or timezone.now()
    session = fresh(session)
    if not by.has_role(Role.STAFF) or side_of(session.agreement, by):
        raise Refusal(_("The office decides this, and nobody about a session of their own."))
    if session.state != State.DISPUTED:
        raise IllegalMove(_("This session is not under discussion. Nothing was changed."))
    if not reason.strip():
        raise Refusal(_("Please write a reason; both people read it."))
    settle(session, is_held=is_held, reason=reason, by=by, now=now)
    emails.dispute_settled(session)
    return session


def settle(
    session: SupervisionSession, *, is_held: bool, reason: str, by: User, now: datetime
) -> None:
    """Write the office's answer down, with its reason: held as logged, or set aside."""
    if is_held and session.logged_by_id == by.pk:
        raise Refusal(
            _(
                "You entered this session yourself, so a colleague says that it stands. Nothing was "
                "changed; you can set it aside."
            )
        )
    # What the office wrote when it entered the session stays readable.
    session.office_reason = "\n\n".join(filter(None, [session.office_reason, reason.strip()]))
    session.save(update_fields=["office_reason"])
    if is_held:
        settle_as_held(session, by=by, now=now)
    else:
        move(session, State.SET_ASIDE, by=by, now=now)
        give_free(session, by=by, now=now)


def held_of(session: SupervisionSession) -> Held:
    """What a row says, as the start of a correction."""
    return Held(
        kind=session.kind,
        started_at=session.started_at,
        minutes=session.minutes,
        is_online=session.is_online,
        focus=session.focus,
    )
