"""Level C on record: what the Certification Committee decided, and the credential that follows."""

import calendar
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.credentials.models import Completion, Credential, Level, today
from scip.credentials.services import Lines, issue_credential, record_completion
from scip.policy.models import Edition
from scip.requirements import Refusal
from scip.states import lock


@transaction.atomic
def issue_certified(
    user: User,
    *,
    reference: str,
    lines: Lines,
    facts: Mapping[str, Any],
    edition: Edition,
    by: Any,
    now: datetime | None = None,
) -> Credential:
    """Put Level C on record and issue the certification, as the committee has decided.

    ``reference`` names the decision: asked again for the same one, the credential that it led to
    is returned, however it stands by now. A later decision issues a new one after a revocation,
    and nothing while one is held. ``lines`` stand on the papers and on the verification page (at
    most four), ``facts`` on the completion (numbers, days and ids, no free text), ``edition`` is
    the candidate's own and says for how long it is valid. ``now`` defaults to this moment.

    Raises Refusal for one's own, and without Levels A and B on record. Side effects as in
    `issue_credential`: four papers (certificate and letter, on two sizes), then the person is told.
    """
    if by is not None and by.pk == user.pk:
        raise Refusal(_("Nobody certifies themselves. Somebody else has to do it."))
    user = lock(user)
    known = Credential.objects.filter(user=user, kind=Credential.Kind.CERTIFIED)
    same = known.filter(facts__reference=reference).order_by("-pk").first()
    if same is not None:
        return same
    levels = set(Completion.objects.filter(user=user).values_list("level", flat=True))
    if not levels >= {Level.A, Level.B}:
        raise Refusal(_("Levels A and B have to be on record before a certification."))
    day = today(now or timezone.now())
    completion = record_completion(
        user,
        level=Level.C,
        basis=Completion.Basis.REVIEW,
        completed_on=day,
        facts={**facts, "reference": reference},
        by=by,
    )
    return issue_credential(
        completion,
        kind=Credential.Kind.CERTIFIED,
        edition=edition,
        lines=lines,
        by=by,
        issued_on=day,
        expires_on=last_day(day, edition),
        reference=reference,
    )


def last_day(begins: date, edition: Edition) -> date | None:
    """The last day of a certification that begins on a day; None where it has no end.

    The Edition says after how many months it ends (0, the default: never).
    """
    months = edition.certified_valid_months
    if not months:
        return None
    years, month = divmod(begins.month - 1 + months, 12)
    year, month = begins.year + years, month + 1
    return date(year, month, min(begins.day, calendar.monthrange(year, month)[1]))
