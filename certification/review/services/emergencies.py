"""The one way in to a frozen submission for the office: an act in the portfolio it was drawn from;
on the page, and on paper for as long."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.portfolio.models import OfficeAccess, Portfolio
from certification.portfolio.services.office import admitted, open_now
from certification.review.emails.emergencies import dossier_opened
from certification.review.models import Dossier, FrozenAccess, Snapshot
from certification.review.queries.conflicts import ties_of
from certification.review.queries.emergencies import running_access
from certification.review.services.dossiers import open_dossier
from scip.accounts.models import User
from scip.mail.services import queue_draft
from scip.requirements import Refusal
from scip.states import lock


@transaction.atomic
def open_frozen(
    snapshot: Snapshot, *, by: User, reason: str, now: datetime | None = None
) -> FrozenAccess:
    """Let ``by`` read one frozen submission for the Edition's ``office_access_minutes``; the
    supervisor's letter is no part of it.

    The same act as for an excerpt (`portfolio.services.office`): whoever calls asks for a fresh
    second factor first, candidate and colleagues get a letter at once, and the candidate's page
    keeps it. While one runs, the same act again changes nothing. Raises Refusal for anybody outside
    the office, about oneself, for whoever is tied to the candidate, without a reason of some words,
    and for what was erased. What ties them is never said: a candidate may have named them in
    confidence (`NotToRead`).
    """
    now = now or timezone.now()
    candidacy = snapshot.submission.candidacy
    found = Portfolio.objects.filter(candidacy=candidacy).first()
    if found is None or snapshot.erased_at is not None:
        raise Refusal(_("There is nothing to open here any more."))
    portfolio = lock(found)
    reason = admitted(portfolio, reason, by=by)
    if ties_of(candidacy.user, [by])[by.pk]:
        raise Refusal(
            _("A colleague at the office has to do it. Nothing was opened, and nobody was told.")
        )
    known = FrozenAccess.objects.filter(
        snapshot=snapshot, access__in=OfficeAccess.objects.running(by)
    ).first()
    if known is not None:
        return known
    what = _("Submission {number} as it was handed in").format(number=snapshot.submission.number)
    act = OfficeAccess(portfolio=portfolio, what=what)
    access = open_now(act, reason=reason, by=by, now=now, snapshot=snapshot.pk)
    return FrozenAccess.objects.create(access=access, snapshot=snapshot)


@transaction.atomic
def open_on_paper(dossier: Dossier, *, by: User, now: datetime | None = None) -> None:
    """Keep that somebody of the office opens the dossier of what an act of theirs opened; a file can
    be kept, so the candidate gets a letter about it, one for each act.

    Raises Refusal without an act that runs at this moment, and as `open_dossier`.
    """
    access = running_access(dossier.snapshot, by)
    if access is None:
        raise Refusal(_("The time for which you opened it is over. Nothing was opened."))
    open_dossier(dossier, by=by)
    draft = dossier_opened(access, now=now or timezone.now())
    candidate = dossier.snapshot.submission.user
    queue_draft(draft, to=candidate, dedupe_key=f"office-access:{access.pk}:dossier")
