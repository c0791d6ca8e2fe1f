"""Large files on their way in: begun, received part by part, checked as a whole, taken or swept."""

import base64
import binascii
import hashlib
import io
import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import IO, cast

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.files.base import File
from django.db import transaction
from django.db.models import Q, Sum
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from scip.background import enqueue
from scip.requirements import Refusal
from scip.states import lock, move
from scip.vault import emails
from scip.vault.errors import (
    BlobMissing,
    Damaged,
    Misplaced,
    Refused,
    ScannerUnavailable,
    TooLargeToScan,
)
from scip.vault.inspection.check import Upload, check, megabytes
from scip.vault.inspection.names import check_name
from scip.vault.models import Arrival, ArrivalPart, StoredFile
from scip.vault.services import (
    delete_blobs,
    destroy,
    open_stream,
    seal,
    seal_into,
)

logger = logging.getLogger(__name__)

CHECK = "scip.vault.check_arrival"
LIMIT_BYTES = 2 * 1024**3
"""The largest file: two hours of film from a phone."""
QUOTA_BYTES = 40 * 1024**3
"""What one person may keep: 24 excerpts, some of them film."""
PART_BYTES = 4 * 1024**2
"""What the page sends at a time."""
MIN_PART_BYTES = 256 * 1024
MAX_PART_BYTES = 8 * 1024**2
HELD_FOR = timedelta(days=14)
"""How long a file waits that our scanner can't take."""
KEPT_FOR = timedelta(days=3)
"""How long an unfinished or untaken file waits for its person."""
ASK_AGAIN = timedelta(minutes=6)
"""Longer than a check may take (``scip.vault.tasks``), so that no two look at one file."""


@transaction.atomic
def begin(
    owner: AbstractBaseUser,
    *,
    purpose: str,
    name: str,
    size: int,
    allowed: Collection[str],
    now: datetime | None = None,
) -> Arrival:
    """A file of ``size`` bytes is going to come; going on with one that was begun before, if there is.

    The same person, name and size is the same file, also one that is here already. Raises the vault's
    Refused for a name, a size or a person's total that the vault doesn't take; their own row is locked
    while the total is counted.
    """
    name = check_name(name)
    lock(owner)
    _check_size(size)
    moment = now or timezone.now()
    begun = Arrival.objects.filter(
        owner_id=owner.pk,
        purpose=purpose,
        name=name,
        size=size,
        touched_at__gt=moment - KEPT_FOR,
    )
    # The one that is furthest: whole ones first.
    known = (
        begun.filter(pk__in=Arrival.objects.unfinished()).order_by("-received", "began_at").first()
    )
    if known is not None:
        return known
    left = room_left(owner)
    if size > left:
        raise Refused(
            "quota",
            _(
                "This file has %(size)s, and of your %(limit)d GB with us %(left)s are left, so it was not sent. "
                "Nothing else changed. Remove a recording that you do not need any more, forget one that is "
                "on its way, or show this one in person."
            )
            % {
                "size": filesizeformat(size),
                "limit": QUOTA_BYTES // 1024**3,
                "left": filesizeformat(left),
            },
        )
    return Arrival.objects.create(
        owner_id=owner.pk,
        purpose=purpose,
        name=name,
        size=size,
        allowed=sorted(allowed),
        began_at=moment,
        touched_at=moment,
    )


def _check_size(size: int) -> None:
    if size < 1:
        raise Refused("empty", _("This file is empty. Please choose it again."))
    if size > LIMIT_BYTES:
        raise Refused(
            "size",
            _(
                "This file has %(size)d MB, and %(limit)d MB is the most we can keep. Nothing else changed. "
                "Save it as sound only or in a lower quality, or cut the part that you want to show."
            )
            % {"size": megabytes(size), "limit": megabytes(LIMIT_BYTES)},
        )


def held_by(owner: AbstractBaseUser) -> int:
    """Bytes that a person keeps in the vault, with what is on its way in; copies that we made for
    them do not count."""
    coming = Arrival.objects.unfinished().filter(owner_id=owner.pk)
    kept = StoredFile.objects.readable().filter(owner_id=owner.pk).exclude(arrival__in=coming)
    kept = kept.exclude(purpose=StoredFile.COPY)
    totals = (rows.aggregate(total=Sum("size"))["total"] for rows in (coming, kept))
    return sum(total or 0 for total in totals)


def room_left(owner: AbstractBaseUser) -> int:
    """Bytes that a person may still bring in."""
    return max(0, QUOTA_BYTES - held_by(owner))


@transaction.atomic
def receive(
    arrival: Arrival,
    *,
    offset: int,
    content: bytes,
    checksum: str = "",
    now: datetime | None = None,
) -> Arrival:
    """Keep the part that starts at byte ``offset``; returns the arrival as it stands.

    ``checksum`` is tus's ``sha256 <base64>``. The same part once more changes nothing. Raises
    Damaged, Misplaced (also for a part that is too small, too large or too far) and NoRoom; what was
    there before stays. The last part sends the whole to be checked.
    """
    digest = hashlib.sha256(content)
    if checksum and digest.digest() != _decoded(checksum):
        raise Damaged("The part does not have the checksum it was sent with.")
    arrival = lock(arrival)
    known = arrival.parts.filter(offset=offset, sha256=digest.hexdigest(), size=len(content))
    if offset < arrival.received and known.exists():
        return arrival
    rest = arrival.size - arrival.received
    fits = min(rest, MIN_PART_BYTES) <= len(content) <= min(rest, MAX_PART_BYTES)
    if arrival.state != Arrival.State.ARRIVING or offset != arrival.received or not fits:
        raise Misplaced(arrival.received)
    part = ArrivalPart(arrival=arrival, offset=offset)
    seal_into(part, io.BytesIO(content))
    part.save(force_insert=True)
    arrival.received += len(content)
    arrival.touched_at = now or timezone.now()
    arrival.save(update_fields=["received", "touched_at"])
    if arrival.received == arrival.size:
        move(arrival, Arrival.State.ARRIVED, by=arrival.owner)
        enqueue(CHECK, str(arrival.pk))
    return arrival


def _decoded(checksum: str) -> bytes:
    algorithm, _space, value = checksum.partition(" ")
    try:
        return base64.b64decode(value, validate=True) if algorithm == "sha256" else b""
    except binascii.Error:
        return b""


class PartsReader(io.RawIOBase):
    """The parts of a file read as one, one part in memory at a time."""

    def __init__(self, arrival: Arrival) -> None:
        super().__init__()
        self._parts = list(arrival.parts.order_by("offset"))
        self._size = arrival.size
        self._position = 0
        self._open: ArrivalPart | None = None
        self._plain = b""

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """As any file's."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """As any file's."""
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """The next ``size`` bytes, or all that is left; raises Tampered for a part that was changed."""
        wanted = self._size if size is None or size < 0 else size
        taken = []
        while wanted and (piece := self._piece(wanted)):
            taken.append(piece)
            wanted -= len(piece)
        return b"".join(taken)

    def _piece(self, size: int) -> bytes:
        part = self._open
        if part is None or not part.offset <= self._position < part.offset + part.size:
            part = next(
                (
                    row
                    for row in self._parts
                    if row.offset <= self._position < row.offset + row.size
                ),
                None,
            )
            if part is None:
                return b""
            self._open, self._plain = part, b"".join(open_stream(part))
        start = self._position - part.offset
        piece = self._plain[start : start + size]
        self._position += len(piece)
        return piece


def inspect(arrival: Arrival) -> None:
    """Check a file whose parts are all here, and seal it as one; what isn't taken in says why.

    Holds no lock while it works; two at once end as one. While the scanner is silent the file waits.
    Raises Tampered, BlobMissing and KeyMissing, which are matters for the operator.
    """
    arrival = Arrival.objects.select_related("owner").get(pk=arrival.pk)
    if arrival.state != Arrival.State.ARRIVED:
        return
    try:
        _inspect(arrival)
    except BlobMissing:
        # Whoever else checked it was done first, and took the parts away under our hands.
        if Arrival.objects.filter(pk=arrival.pk, state=Arrival.State.ARRIVED).exists():
            raise


def _inspect(arrival: Arrival) -> None:
    source: Upload = File(cast("IO[bytes]", PartsReader(arrival)), name=arrival.name)
    try:
        checked = check(source, allowed=arrival.allowed, max_bytes=LIMIT_BYTES)
    except ScannerUnavailable:
        logger.warning("A file waits for the virus scanner.")
        return
    except TooLargeToScan:
        hold(arrival)
        return
    except Refused as refused:
        _settle(arrival, Arrival.State.REFUSED, refusal=refused.message)
        return
    file = seal(checked, owner=arrival.owner, purpose=arrival.purpose)
    if not _settle(arrival, Arrival.State.READY, file=file):
        delete_blobs([file.storage_name])


@transaction.atomic
def _settle(
    arrival: Arrival, state: str, *, file: StoredFile | None = None, refusal: str = ""
) -> bool:
    found = Arrival.objects.select_for_update(no_key=True).filter(pk=arrival.pk).first()
    if found is None or found.state != Arrival.State.ARRIVED:
        return False
    if file is not None:
        file.save(force_insert=True)
    _drop_parts(found)
    found.file, found.refusal, found.touched_at = file, refusal, timezone.now()
    found.save(update_fields=["file", "refusal", "touched_at"])
    move(found, state, by=None)
    if found.held_at is not None:
        emails.looked_at(found)
    return True


@transaction.atomic
def hold(arrival: Arrival, *, now: datetime | None = None) -> None:
    """Keep a file that our scanner can't take until the office has put that right, and tell the
    office, once a day. Harmless when repeated."""
    moment = now or timezone.now()
    found = Arrival.objects.select_for_update(no_key=True).filter(pk=arrival.pk).first()
    if found is None or found.state != Arrival.State.ARRIVED:
        return
    found.touched_at = moment
    found.save(update_fields=["touched_at"])
    move(found, Arrival.State.HELD, by=None, now=moment)
    emails.held(found, on=moment.date())


def check_held(*, now: datetime | None = None) -> int:
    """Send what was held to be checked again, once the scanner takes more; returns how many."""
    count = 0
    for arrival in Arrival.objects.filter(state=Arrival.State.HELD):
        with transaction.atomic():
            found = Arrival.objects.select_for_update(no_key=True).filter(pk=arrival.pk).first()
            if found is None or found.state != Arrival.State.HELD:
                continue
            # Its days are counted anew: it waited for us.
            found.began_at = found.touched_at = now or timezone.now()
            found.save(update_fields=["began_at", "touched_at"])
            move(found, Arrival.State.ARRIVED, by=None)
            enqueue(CHECK, str(found.pk))
            count += 1
    return count


def _drop_parts(arrival: Arrival) -> None:
    """Their keys go now, their bytes once this commits."""
    names = list(arrival.parts.values_list("storage_name", flat=True))
    arrival.parts.all().delete()
    transaction.on_commit(lambda: delete_blobs(names))


@transaction.atomic
def take(arrival: Arrival) -> StoredFile:
    """The checked file, for the row that it belongs to from now on.

    Raises Refusal while it is not checked, or when it was taken already.
    """
    arrival = lock(arrival)
    if arrival.state == Arrival.State.TAKEN:
        raise Refusal(_("This file was handed in already. Open the page again to see it."))
    if arrival.file is None:
        raise Refusal(
            _("This file is not here completely and checked yet. What you typed is still here.")
        )
    move(arrival, Arrival.State.TAKEN, by=arrival.owner)
    return arrival.file


@transaction.atomic
def give_up(arrival: Arrival) -> None:
    """Forget a file that is on its way in, with everything that came; one that was taken stays."""
    found = Arrival.objects.select_for_update(no_key=True).filter(pk=arrival.pk).first()
    if found is None:
        return
    _drop_parts(found)
    if found.file is not None and found.state != Arrival.State.TAKEN:
        destroy(found.file)
    found.delete()


def sweep(*, now: datetime | None = None) -> int:
    """Forget what nobody touched for three days, and what could not be checked in that time (what is
    held: in two weeks); returns how many.

    Raises nothing; a row that a person goes on with in this moment is theirs, for it is locked first.
    """
    moment = now or timezone.now()
    before = moment - KEPT_FOR
    is_old = (
        (Q(touched_at__lt=before) & ~Q(state=Arrival.State.HELD))
        | Q(state=Arrival.State.ARRIVED, began_at__lt=before)
        | Q(state=Arrival.State.HELD, touched_at__lt=moment - HELD_FOR)
    )
    count = 0
    for arrival in Arrival.objects.filter(is_old).iterator(chunk_size=100):
        with transaction.atomic():
            rows = Arrival.objects.select_for_update(no_key=True)
            if rows.filter(is_old, pk=arrival.pk).first() is not None:
                give_up(arrival)
                count += 1
    return count


def ask_again(*, now: datetime | None = None) -> int:
    """Send to be checked what nobody looked at for six minutes (a dead worker, a silent scanner);
    returns how many. Whoever asks claims the row, so that it is asked about once."""
    moment = now or timezone.now()
    waiting = Arrival.objects.filter(state=Arrival.State.ARRIVED, touched_at__lt=moment - ASK_AGAIN)
    count = 0
    for arrival in waiting:
        if waiting.filter(pk=arrival.pk).update(touched_at=moment):
            enqueue(CHECK, str(arrival.pk))
            count += 1
    return count
