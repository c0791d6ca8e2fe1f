"""The log of client sessions."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from certification.portfolio.models import ClientLabel, ClientSession
from certification.portfolio.services.portfolios import open_portfolio, writable
from scip.accounts.models import User
from scip.requirements import Refusal

MOST_SESSIONS = 2_000


@transaction.atomic
def log_session(
    candidacy: Candidacy,
    *,
    label: ClientLabel,
    held_on: date,
    minutes: int,
    practice: str = "",
    by: User,
    now: datetime | None = None,
) -> ClientSession:
    """One more session. Raises Refusal for others, for a foreign label, for a day that has not
    come yet, and once the candidacy has ended."""
    now = now or timezone.now()
    portfolio = writable(open_portfolio(candidacy, by=by, now=now), by=by)
    refuse_unlikely(portfolio.pk, label, held_on, by=by, now=now)
    if portfolio.client_sessions.count() >= MOST_SESSIONS:
        raise Refusal(_("This log is full. It was never meant to hold so many sessions."))
    return ClientSession.objects.create(
        portfolio=portfolio,
        label=label,
        held_on=held_on,
        minutes=minutes,
        practice=practice,
        logged_at=now,
    )


@transaction.atomic
def change_session(
    session: ClientSession, values: Mapping[str, Any], *, by: User, now: datetime | None = None
) -> None:
    """Correct a line of the log. Raises Refusal as `log_session` does."""
    portfolio = writable(session.portfolio, by=by)
    refuse_unlikely(
        portfolio.pk, values["label"], values["held_on"], by=by, now=now or timezone.now()
    )
    for name in ("label", "held_on", "minutes", "practice"):
        setattr(session, name, values[name])
    session.save(update_fields=["label", "held_on", "minutes", "practice"])


@transaction.atomic
def remove_session(session: ClientSession, *, by: User) -> None:
    """Take a line out of the log."""
    writable(session.portfolio, by=by)
    session.delete()


def refuse_unlikely(
    portfolio: int, label: ClientLabel, held_on: date, *, by: User, now: datetime
) -> None:
    if label.portfolio_id != portfolio:
        raise Refusal(_("Choose one of your own labels."))
    if held_on > timezone.localdate(now, timezone=by.zone):
        raise Refusal(_("That day is still to come. Log the session once it has been held."))
