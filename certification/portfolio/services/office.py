"""The one way in for the office: one excerpt or case study, with a reason, for a short time."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.portfolio import emails
from certification.portfolio.models import CaseStudy, Excerpt, OfficeAccess
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
    candidate = portfolio.candidacy.user
    if not by.has_role(Role.STAFF) or candidate.pk == by.pk:
        raise Refusal(_("Only the office can do this, and nobody about themselves."))
    reason = " ".join(reason.split())
    if len(reason.split()) < LEAST_WORDS:
        raise Refusal(
            _("Please say in a sentence why you need to open it: the candidate reads it.")
        )
    excerpt = thing if isinstance(thing, Excerpt) else None
    case = thing if isinstance(thing, CaseStudy) else None
    if excerpt is not None and (excerpt.document is None or excerpt.removed_at is not None):
        raise Refusal(_("There is nothing to open here: it was shown in person, or removed."))
    running = OfficeAccess.objects.running(by).filter(excerpt=excerpt, case=case).first()
    if running is not None:
        return running
    access = OfficeAccess.objects.create(
        portfolio=portfolio,
        excerpt=excerpt,
        case=case,
        what=name_of(thing),
        opened_by=by,
        reason=reason,
        opened_at=now,
        until_at=now + timedelta(minutes=minutes_of(portfolio)),
    )
    record(
        "portfolio.opened_by_office",
        portfolio,
        by=by,
        subject=candidate,
        access=access.pk,
        **({"excerpt": excerpt.pk} if excerpt is not None else {"case": thing.pk}),
    )
    emails.office_opened(access, colleagues=colleagues_of(by))
    return access
