"""The one way in for the office: one excerpt or case study, with a reason, for a short time."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.portfolio import emails
from certification.portfolio.models import CaseStudy, Excerpt, OfficeAccess, Portfolio
from certification.portfolio.queries.office import colleagues_of, minutes_of, name_of
from scip.accounts.models import Role, User
from scip.audit.services import record
from scip.requirements import Refusal
from scip.states import lock

LEAST_WORDS = 5


@transaction.atomic
def open_for_office(
    thing: Excerpt | CaseStudy, *, by: User, reason: str, now: datetime | None = None
) -> OfficeAccess:
    """Let ``by`` look at one excerpt or case study for the Edition's ``office_access_minutes``.

    Whoever calls asks for a fresh second factor first. The candidate and the other people of the
    office get a letter at once; the log keeps that it happened. While one runs, the same act again
    changes nothing. Raises Refusal for anybody outside the office, about oneself, without a reason
    of some words, and where there is nothing to open.
    """
    now = now or timezone.now()
    portfolio = lock(thing.portfolio)
    reason = admitted(portfolio, reason, by=by)
    excerpt = thing if isinstance(thing, Excerpt) else None
    case = thing if isinstance(thing, CaseStudy) else None
    if excerpt is not None and (excerpt.document is None or excerpt.removed_at is not None):
        raise Refusal(_("There is nothing to open here: it was shown in person, or removed."))
    running = OfficeAccess.objects.running(by).filter(excerpt=excerpt, case=case)
    known = running.first()
    if known is not None:
        return known
    data = {"excerpt": excerpt.pk} if excerpt is not None else {"case": thing.pk}
    return open_now(
        OfficeAccess(portfolio=portfolio, excerpt=excerpt, case=case, what=name_of(thing)),
        reason=reason,
        by=by,
        now=now,
        **data,
    )


def admitted(portfolio: Portfolio, reason: str, *, by: User) -> str:
    """The reason in one line. Raises Refusal for anybody outside the office, about oneself, and
    without a reason of some words. The portfolio is under its lock."""
    if not by.has_role(Role.STAFF) or portfolio.candidacy.user_id == by.pk:
        raise Refusal(_("Only the office can do this, and nobody about themselves."))
    reason = " ".join(reason.split())
    if len(reason.split()) < LEAST_WORDS:
        raise Refusal(
            _("Please say in a sentence why you need to open it: the candidate reads it.")
        )
    return reason


def open_now(
    access: OfficeAccess, *, reason: str, by: User, now: datetime, **data: int
) -> OfficeAccess:
    """Keep an act that was admitted, and tell everybody at once; ``data`` are keys for the log.

    ``access`` names the portfolio and the one thing; for what other floors keep of a candidate's
    work (a frozen submission) they keep the act's row beside theirs.
    """
    access.opened_by, access.reason, access.opened_at = by, reason, now
    access.until_at = now + timedelta(minutes=minutes_of(access.portfolio))
    access.save()
    candidate = access.portfolio.candidacy.user
    record(
        "portfolio.opened_by_office",
        access.portfolio,
        by=by,
        subject=candidate,
        access=access.pk,
        **data,
    )
    emails.office_opened(access, colleagues=colleagues_of(by))
    return access
