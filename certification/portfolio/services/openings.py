"""Whoever looks at a case study or excerpt of somebody else's leaves a line that its candidate sees."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.portfolio.models import CaseStudy, Excerpt, OfficeAccess, Opening
from certification.portfolio.queries.openings import is_being_read
from scip.accounts.models import User
from scip.audit.services import record
from scip.requirements import Refusal


@transaction.atomic
def open_excerpt(
    excerpt: Excerpt, *, by: User, for_committee: bool = False, now: datetime | None = None
) -> None:
    """Keep that somebody opened it; the candidate sees who and when. Raises Refusal where there is
    nothing (any more).

    ``for_committee``: the candidate reads "a member of the committee"; the name stands in the
    log alone, and not among the lines about the candidate."""
    if excerpt.document is None or excerpt.removed_at is not None:
        raise Refusal(_("There is nothing to open here: it was shown in person, or removed."))
    Opening.objects.create(
        excerpt=excerpt,
        opened_by=None if for_committee else by,
        by_committee=for_committee,
        opened_at=now or timezone.now(),
        access=None
        if for_committee
        else OfficeAccess.objects.running(by).filter(excerpt=excerpt).first(),
    )
    subject = None if for_committee else excerpt.portfolio.candidacy.user
    record("document.opened", excerpt.document, by=by, subject=subject, excerpt=excerpt.pk)


@transaction.atomic
def read_case(case: CaseStudy, *, by: User, now: datetime | None = None) -> None:
    """Keep that somebody reads it, once for each reading. One's own leaves no line."""
    now = now or timezone.now()
    candidate = case.portfolio.candidacy.user
    if candidate.pk == by.pk:
        return
    if is_being_read(case, by, now=now):
        return
    access = OfficeAccess.objects.running(by).filter(case=case).first()
    Opening.objects.create(case=case, opened_by=by, opened_at=now, access=access)
    record("casestudy.read", case, by=by, subject=candidate)
