"""Files go for good: when their candidate says so, or when the time for which they are kept is over."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.candidacy.models import Candidacy
from certification.portfolio import emails
from certification.portfolio.models import DeletionReceipt, Excerpt
from certification.portfolio.queries.retention import (
    ended_with_files,
    kept_excerpts,
    kept_material,
)
from certification.portfolio.requirements import ENDED, kept_until, told_from
from scip.accounts.models import User
from scip.audit.services import record
from scip.vault.models import StoredFile
from scip.vault.services import destroy
from supervision.services import material as supervision_material

Cause = DeletionReceipt.Cause
# No vowels and nothing that looks like something else: codes are read out, and spell no words.
ALPHABET = "23456789BCDFGHJKLMNPQRSTVWXZ"


def new_code() -> str:
    """Such as ``K7QM-2XPD-9FHT``; 57 bits, so that two alike need no thought."""
    return "-".join(
        "".join(secrets.choice(ALPHABET) for _letter in range(4)) for _group in range(3)
    )


def receipt(
    candidacy: Candidacy, file: StoredFile, *, kind: str, **facts: object
) -> DeletionReceipt:
    """Write down that ``file`` goes; call it under its row's lock, right before its key is gone.

    ``facts`` are the other fields of the receipt.
    """
    found: DeletionReceipt = DeletionReceipt.objects.create(
        code=new_code(),
        candidacy=candidacy,
        kind=kind,
        size=file.size,
        key_fingerprint=hashlib.sha256(bytes(file.wrapped_key)).hexdigest(),
        **facts,
    )
    return found


def let_go(row: Excerpt, *, cause: str, by: User | None, now: datetime) -> DeletionReceipt | None:
    """Destroy an excerpt that the caller has locked: its key in this transaction, its bytes once
    that commits. A line without words stays. Returns the receipt, None where nothing was kept."""
    candidacy = row.portfolio.candidacy
    row.removed_at, row.title, row.note = now, "", ""
    row.save(update_fields=["removed_at", "title", "note"])
    record(f"excerpt.{cause}", row, by=by, subject=candidacy.user)
    file = row.document
    if file is None or file.is_destroyed:
        return None
    found = receipt(
        candidacy,
        file,
        kind=str(row.get_kind_display()),
        excerpt=row,
        handed_in_at=row.attested_at,
        destroyed_at=now,
        cause=cause,
    )
    destroy(file, now=now)
    return found


def follow_retention(*, now: datetime | None = None) -> int:
    """Tell candidates whose files go soon, and destroy those whose time is over (beat); returns how
    many files were destroyed.

    Each candidacy on its own, in a transaction; one that another worker holds is left to it. Run
    as often as you like: a letter goes once for its day, a file has one receipt.
    """
    now = now or timezone.now()
    count = 0
    for candidacy in ended_with_files():
        until, told = kept_until(candidacy), told_from(candidacy)
        if until is not None and until <= now:
            count += destroy_files(candidacy, now=now)
        elif until is not None and told is not None and told <= now:
            with transaction.atomic():
                emails.files_end(
                    candidacy,
                    until=until,
                    count=kept_excerpts(candidacy).count() + kept_material(candidacy).count(),
                )
    return count


@transaction.atomic
def destroy_files(candidacy: Candidacy, *, now: datetime) -> int:
    """Destroy the excerpts and case material of one candidacy and send their receipts; returns how
    many. Nothing happens while another worker is at it, or before its time."""
    rows = Candidacy.objects.select_for_update(skip_locked=True, no_key=True)
    locked = rows.filter(pk=candidacy.pk, state__in=ENDED).first()
    until = kept_until(locked) if locked is not None else None
    if locked is None or until is None or until > now:
        return 0
    ours: dict[str, Any] = {"skip_locked": True, "no_key": True, "of": ("self",)}
    excerpts = kept_excerpts(locked).select_for_update(**ours)
    receipts = [let_go(row, cause=Cause.OVER, by=None, now=now) for row in excerpts]
    for item in kept_material(locked).select_for_update(**ours):
        if item.document is None or item.document.is_destroyed:
            continue
        receipts.append(
            receipt(
                locked,
                item.document,
                kind=_("case material"),
                material=item,
                handed_in_at=item.handed_at,
                destroyed_at=now,
                cause=Cause.OVER,
            )
        )
        supervision_material.let_go(item, now=now)
    found = [item for item in receipts if item is not None]
    if found:
        emails.files_destroyed(locked, found)
    return len(found)
