"""Documents that carry a code: made once, remembered by their hash, compared on request."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import IO, Any

from django.db import transaction
from django.utils import timezone

from scip.audit.services import record
from scip.credentials.models import SealedDocument, new_code

CHUNK = 64 * 1024


@transaction.atomic
def seal(
    kind: str,
    *,
    person: Any,
    content: bytes,
    draw: Callable[[SealedDocument], bytes],
    by: Any,
    extent: str = "",
    now: datetime | None = None,
) -> tuple[SealedDocument, bytes]:
    """The document's bytes with a code on them, and the row under which they are recognised.

    ``extent`` says how much of the matter it holds, for whoever verifies it (`SealedDocument.Extent`).
    ``content`` is what the document says, in bytes that do not change with the hour; ``draw``
    renders it with the row's code and moment. The same content asked for again by the same
    person is the same document: its row and, because rendering is deterministic, its bytes. Only
    a change in how we draw makes another. Raises what ``draw`` raises; then nothing is kept.
    """
    content_sha256 = hashlib.sha256(content).hexdigest()
    known = (
        SealedDocument.objects.filter(
            kind=kind,
            person=person,
            made_by=by,
            extent=extent,
            content_sha256=content_sha256,
        )
        .order_by("-made_at")
        .first()
    )
    if known is not None:
        pdf = draw(known)
        if hashlib.sha256(pdf).hexdigest() == known.sha256:
            return known, pdf
    row = SealedDocument(
        code=new_code(),
        kind=kind,
        person=person,
        holder_name=str(person),
        extent=extent,
        content_sha256=content_sha256,
        made_at=now or timezone.now(),
        made_by=by,
    )
    pdf = draw(row)
    row.sha256 = hashlib.sha256(pdf).hexdigest()
    row.save()
    record("document.sealed", row, by=by, subject=person, kind=kind)
    return row, pdf


def compare(document: SealedDocument, upload: IO[bytes]) -> str:
    """``same``: this file is the one we made. ``content``: it is the table that belongs to it.
    ``differs`` otherwise. Reads the file once, in pieces; keeps nothing."""
    digest = hashlib.sha256()
    while piece := upload.read(CHUNK):
        digest.update(piece)
    found = digest.hexdigest()
    if found == document.sha256:
        return "same"
    return "content" if found == document.content_sha256 else "differs"
