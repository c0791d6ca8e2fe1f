"""The letter of application, saved part by part."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from certification.candidacy.models import Candidacy
from certification.portfolio.services.writing import changes_to, fresh, write_down
from certification.review.models import ApplicationLetter
from certification.review.services.submitting import begin, refuse_closed
from scip.accounts.models import User
from scip.states import lock


@transaction.atomic
def save_letter(
    candidacy: Candidacy,
    values: Mapping[str, Any],
    *,
    revision: int,
    by: User,
    now: datetime | None = None,
) -> ApplicationLetter:
    """Keep what was typed and return the fresh letter; the first words begin the submission.

    ``revision`` is the one the window began from, 0 where there was none. The same words again
    change nothing. Raises StaleWriting when another window saved something else meanwhile,
    Refusal for anybody but the candidate and once it was submitted; nothing is written then.
    """
    now = now or timezone.now()
    submission = lock(begin(candidacy, by=by, now=now))
    refuse_closed(submission)
    letter, _is_new = ApplicationLetter.objects.get_or_create(
        submission=submission, defaults={"created_at": now, "saved_at": now}
    )
    row = fresh(letter)
    write_down(row, changes_to(row, values, revision=revision), now=now)
    return row
