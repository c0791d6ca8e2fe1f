"""Words for how somebody grows: rows are added, never changed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.requirements import Refusal
from supervision.models import (
    Agreement,
    Competency,
    DevelopmentalLevel,
    Rating,
    Signature,
    SupervisionSession,
)
from supervision.queries.agreements import accompanies, side_of
from supervision.queries.ratings import Framework, framework_of

SIDES = {
    Signature.Side.CANDIDATE: Rating.Side.SELF,
    Signature.Side.SUPERVISOR: Rating.Side.SUPERVISOR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A competency with the word for it, and a sentence if somebody likes."""

    competency: Competency
    level: DevelopmentalLevel
    sentence: str = ""


@transaction.atomic
def rate(
    agreement: Agreement,
    touched: Collection[Touched],
    *,
    by: User,
    session: SupervisionSession | None = None,
    now: datetime | None = None,
) -> list[Rating]:
    """Add how one of the two sees some competencies; earlier words stay.

    A supervisor rates at a session, a candidate at a session or on any day. Raises Refusal for
    strangers, a former supervisor, for nothing at all, for a supervisor without a session, and for competencies or
    words that are not in the framework of the candidate's edition.
    """
    side = side_of(agreement, by)
    if not side:
        raise Refusal(_("Only the two people of this agreement can do that."))
    if not touched:
        raise Refusal(_("Please choose a word for at least one competency. Nothing was saved."))
    if side == Signature.Side.SUPERVISOR and session is None:
        raise Refusal(_("A supervisor’s view belongs to a session. Please choose one."))
    if side == Signature.Side.SUPERVISOR and not accompanies(agreement, by):
        raise Refusal(_("You accompany this person no more, so your words stay as they are."))
    if session is not None and session.agreement_id != agreement.pk:
        raise Refusal(_("That session belongs to another agreement. Nothing was saved."))
    edition = agreement.candidacy.edition
    known = framework_of(edition) if edition else Framework((), ())
    if any(
        item.competency not in known.competencies or item.level not in known.levels
        for item in touched
    ):
        raise Refusal(_("These words belong to another edition. Please open the page again."))
    return Rating.objects.bulk_create(
        Rating(
            agreement=agreement,
            session=session,
            competency=item.competency,
            level=item.level,
            side=SIDES[Signature.Side(side)],
            sentence=item.sentence,
            rated_by=by,
            rated_at=now or timezone.now(),
        )
        for item in touched
    )
