"""A supervisor's public side: what they write about themselves, and their portrait."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.accounts.models import User
from scip.audit.services import record
from scip.portraits import hang_portrait, portrait_of
from scip.requirements import Refusal
from scip.states import lock
from scip.vault.inspection.check import CheckedUpload
from supervision.models import Supervisor

FIELDS = frozenset(
    {
        "headline",
        "bio",
        "orientation",
        "experience",
        "approach",
        "place",
        "is_online",
        "is_in_person",
        "rate_cents",
        "has_sliding_scale",
        "is_accepting",
        "is_listed",
    }
)


@transaction.atomic
def save_profile(
    supervisor: Supervisor,
    *,
    fields: Mapping[str, Any],
    by: User,
    photo: CheckedUpload | None = None,
    remove_photo: bool = False,
    now: datetime | None = None,
) -> Supervisor:
    """Keep what a supervisor writes about themselves; ``photo`` takes the place of the old one.

    Being listed is their consent and goes into the log each time it changes. Raises Refusal for
    anybody else, ValueError for a field that is no part of the profile.
    """
    now = now or timezone.now()
    if wrong := set(fields) - FIELDS:
        raise ValueError(f"a profile has no {', '.join(sorted(wrong))}")
    portrait = portrait_of(photo) if photo is not None else b""
    supervisor = lock(supervisor)
    if supervisor.user_id != by.pk:
        raise Refusal(_("Only the supervisor can change this page. Nothing was changed."))
    was_listed = supervisor.is_listed
    for name, value in fields.items():
        setattr(supervisor, name, value)
    hang_portrait(supervisor, portrait, remove=remove_photo)
    supervisor.updated_at = now
    supervisor.save()
    if supervisor.is_listed != was_listed:
        verb = "listed" if supervisor.is_listed else "unlisted"
        record(f"supervisor.{verb}", supervisor, by=by, subject=by)
    return supervisor
