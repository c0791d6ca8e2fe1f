"""What somebody lets a group see; joining and leaving affinity spaces."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.models import Cohort
from scip.audit.services import record
from scip.community.models import AffinityMember, AffinitySpace, Sharing
from scip.requirements import Refusal


def share(cohort: Cohort, *, level: str, by: Any) -> Sharing:
    """Let this group see so much of one's own profile, from now on.

    Side effect: an audit entry, because it is a consent.
    """
    with transaction.atomic():
        kept, _is_new = Sharing.objects.update_or_create(
            cohort=cohort,
            user_id=by.pk,
            defaults={"level": level, "chosen_at": timezone.now()},
        )
        record("sharing.chosen", kept, by=by, subject=by, level=level)
    return kept


def join_space(space: AffinitySpace, *, by: Any) -> None:
    """Join; a second time changes nothing. Raises Refusal for a closed one.

    The log gets neither person nor space: joining is private, and the office reads the log.
    """
    with transaction.atomic():
        # The lock keeps closing and joining apart.
        fresh = AffinitySpace.objects.select_for_update(no_key=True).get(pk=space.pk)
        if not fresh.is_open:
            raise Refusal(_("This space takes nobody new at the moment. Nothing was changed."))
        _row, is_new = AffinityMember.objects.get_or_create(space=fresh, user_id=by.pk)
        if is_new:
            record("affinity.joined")


def leave_space(space: AffinitySpace, *, by: Any) -> None:
    """Leave; access ends at once. What one wrote stays, without the name beside it."""
    with transaction.atomic():
        gone, _rows = AffinityMember.objects.filter(space=space, user_id=by.pk).delete()
        if gone:
            record("affinity.left")
