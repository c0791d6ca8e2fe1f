"""Letters about the ledger. What was talked about never stands in a letter."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.requirements import Finding
from supervision.emails.agreements import pair_of, send, tell_office
from supervision.models import Agreement, SupervisionSession
from supervision.queries.agreements import is_former, other_of


def about(
    letter: str, to: User, session: SupervisionSession, key: str, label: str, **context: Any
) -> None:
    """One letter about one session."""
    send(
        letter,
        to,
        session.agreement,
        f"session:{session.pk}:{key}",
        page="supervision:session",
        args=[session.pk],
        label=label,
        session=session,
        **context,
    )


def confirmation_asked(session: SupervisionSession) -> None:
    """The other logged or corrected a session; was it so?"""
    to = other_of(session.agreement, session.logged_by)
    # A correction is the office's to answer once its supervisor accompanies the candidate no more.
    is_offices = session.corrects_id is not None and is_former(session.agreement, to)
    label = _("Look at the session")
    about("confirmation_asked", to, session, "asked", label, is_offices=is_offices)


def logged_by_office(session: SupervisionSession) -> None:
    """The office entered a session for the two: to both, with what it rests on."""
    for person in pair_of(session.agreement):
        about("logged_by_office", person, session, "by-office", _("Look at the session"))


def session_disputed(session: SupervisionSession, *, by: User) -> None:
    """To whoever logged it and to the office: it is remembered differently."""
    to = other_of(session.agreement, by)
    about("session_disputed", to, session, "disputed", _("Look at the session"))
    tell_office(
        session.agreement,
        f"session:{session.pk}:disputed",
        _("{by} remembers a session differently, and asks you to talk with both.").format(by=by),
        session.dispute_reason,
        is_confidential=False,
    )


def session_withdrawn(session: SupervisionSession, *, by: User, was_disputed: bool) -> None:
    """To whoever did not take the entry back; to the office, too, where it was asked to mediate."""
    for person in pair_of(session.agreement):
        if person.pk != by.pk:
            about(
                "session_withdrawn",
                person,
                session,
                "withdrawn",
                _("Look at the session"),
                by=by,
                was_disputed=was_disputed,
            )
    if was_disputed:
        tell_office(
            session.agreement,
            f"session:{session.pk}:withdrawn",
            _(
                "{by} has taken a session back that was under discussion. Nothing is left to settle."
            ).format(by=by),
        )


def dispute_settled(session: SupervisionSession) -> None:
    """The office decided: to both, with its reason."""
    for person in pair_of(session.agreement):
        about("dispute_settled", person, session, "settled", _("Look at the session"))


def left_short(
    agreement: Agreement, correction: SupervisionSession, unmet: Sequence[Finding]
) -> None:
    """A confirmed correction took something from a completed ledger: to the two who go on."""
    for person in pair_of(agreement):
        send(
            "left_short",
            person,
            agreement,
            f"session:{correction.pk}:short",
            label=_("See what is open"),
            unmet=[f"{item.title}: {item.found}" for item in unmet],
            is_supervisor=person.pk == agreement.supervisor.user_id,
        )


def supervision_completed(agreement: Agreement) -> None:
    """All sessions count: to both, and to CMSC."""
    key = f"agreement:{agreement.pk}:completed"
    for person in pair_of(agreement):
        send("supervision_completed", person, agreement, key)
    tell_office(
        agreement,
        key,
        _("{candidate} and {supervisor} have completed the supervision sessions.").format(
            candidate=agreement.candidacy.user, supervisor=agreement.supervisor
        ),
    )
