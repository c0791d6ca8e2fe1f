"""A supervisor's public side: what they write about themselves, and their portrait."""

import io
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from scip.accounts.models import User
from scip.audit.services import record
from scip.requirements import Refusal
from scip.states import lock
from scip.vault.inspection.check import CheckedUpload
from supervision.models import Supervisor

PORTRAIT = (480, 480)
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


def portrait_of(upload: CheckedUpload) -> bytes:
    """A square WebP of 480 px from a picture that passed the vault's check.

    Made from pixels only, so nothing else of the file is left; what is transparent becomes
    white.
    """
    upload.stream.seek(0)
    with Image.open(upload.stream) as picture:  # type: ignore[arg-type]
        full = picture.convert("RGBA")
    square = ImageOps.fit(full, PORTRAIT, method=Image.Resampling.LANCZOS, centering=(0.5, 0.35))
    ground = Image.new("RGBA", PORTRAIT, "white")
    ground.alpha_composite(square)
    written = io.BytesIO()
    ground.convert("RGB").save(written, "WEBP", quality=85)
    return written.getvalue()


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
    if portrait or remove_photo:
        discard(supervisor)
    if portrait:
        # The name says nothing about the person, and changes with the picture.
        name = f"{get_random_string(20)}.webp"
        supervisor.photo.save(name, ContentFile(portrait), save=False)
    supervisor.updated_at = now
    supervisor.save()
    if supervisor.is_listed != was_listed:
        verb = "listed" if supervisor.is_listed else "unlisted"
        record(f"supervisor.{verb}", supervisor, by=by, subject=by)
    return supervisor


def discard(supervisor: Supervisor) -> None:
    """Forget the portrait; the file goes once that is certain."""
    if name := supervisor.photo.name:
        storage: Storage = supervisor.photo.storage
        transaction.on_commit(partial(storage.delete, name))
        supervisor.photo = ""
