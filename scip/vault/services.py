"""Everything that is done with a sealed file: take in, read, destroy, wrap anew, sweep."""

import errno
import logging
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from time import monotonic
from typing import IO, cast

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from scip.states import lock
from scip.vault import keys
from scip.vault.errors import (
    BlobMissing,
    Destroyed,
    KeyMissing,
    NoRoom,
    Tampered,
    VaultError,
)
from scip.vault.inspection.check import CheckedUpload, Upload, check
from scip.vault.models import ArrivalPart, Sealed, StoredFile
from scip.vault.sealing import CHUNK_SIZE, Readable, SealingReader, sealed_size, unseal

logger = logging.getLogger(__name__)

DAMAGES = (Tampered, BlobMissing, KeyMissing)
"""Why a file that was not destroyed does not open: a matter for the operator."""
ORPHAN_AGE = timedelta(hours=24)
"""Blobs younger than this may belong to a transaction that is still open."""


def _storage() -> Storage:
    return storages["vault"]


def store(
    upload: Upload | CheckedUpload,
    *,
    owner: AbstractBaseUser,
    purpose: str,
    allowed: Collection[str],
    max_bytes: int,
) -> StoredFile:
    """Check, seal and keep a file; returns its row.

    ``allowed`` are content types, ``max_bytes`` the limit for what the person sent. What a form field
    already checked isn't checked twice. Raises Refused with a sentence for the person. Works in the
    caller's transaction: when that rolls back, the sealed bytes stay behind without a key and
    ``sweep_orphans`` removes them.
    """
    checked = (
        upload
        if isinstance(upload, CheckedUpload)
        else check(upload, allowed=allowed, max_bytes=max_bytes)
    )
    if checked.content_type not in allowed:
        raise ValueError(
            f"A checked {checked.content_type} was handed to a place that doesn't take it."
        )
    file = seal(checked, owner=owner, purpose=purpose)
    file.save(force_insert=True)
    return file


def seal(checked: CheckedUpload, *, owner: AbstractBaseUser, purpose: str) -> StoredFile:
    """Put a checked file into storage and return its row, which the caller saves.

    Without its row nothing opens what lies in storage, and ``sweep_orphans`` removes it.
    """
    file = StoredFile(
        owner_id=owner.pk,
        purpose=purpose,
        original_name=checked.name,
        content_type=checked.content_type,
    )
    seal_into(file, checked.stream)
    return file


def seal_copy(stream: Readable, *, owner: AbstractBaseUser, name: str, kind: str) -> StoredFile:
    """Seal what we made for a person out of their own data; returns its row, which the caller saves.

    ``kind`` is its content type. The stream is read once. Raises NoRoom when the storage is full.
    """
    file = StoredFile(
        owner_id=owner.pk, purpose=StoredFile.COPY, original_name=name, content_type=kind
    )
    seal_into(file, stream)
    return file


def seal_into(row: Sealed, stream: Readable) -> None:
    """Encrypt ``stream`` under a new key into storage, in constant memory, and say so on ``row``.

    The row isn't saved. Raises NoRoom when the storage is full, and what the stream raises.
    """
    data_key = keys.new_data_key()
    reader = SealingReader(stream, key=data_key, file_id=row.pk, chunk_size=CHUNK_SIZE)
    # The name in storage says nothing about the person, the purpose or the content.
    name = f"{row.pk.hex[:2]}/{row.pk.hex}"
    try:
        row.storage_name = _storage().save(name, File(cast("IO[bytes]", reader)))
    except VaultError:  # the source broke off, and half a file is none
        _storage().delete(name)
        raise
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise
        raise NoRoom("The storage of the vault is full.") from error
    row.size, row.sha256, row.chunk_size = reader.size, reader.sha256, CHUNK_SIZE
    row.wrapped_key, row.key_id = keys.wrap(data_key, file_id=row.pk, chunk_size=CHUNK_SIZE)


def _data_key(file: Sealed) -> bytes:
    if file.is_destroyed:
        raise Destroyed(f"File {file.pk} was destroyed.")
    return keys.unwrap(
        bytes(file.wrapped_key),
        key_id=file.key_id,
        file_id=file.pk,
        chunk_size=file.chunk_size,
    )


def open_stream(file: Sealed, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Return an iterator over the plaintext bytes ``start`` to ``end`` (exclusive; None is the end).

    Only the chunks in between are fetched and opened, each authenticated before any of it is given.
    Raises at once Destroyed, KeyMissing, BlobMissing, Tampered (key or length) or ValueError (range),
    and Tampered from the iterator when it meets a chunk that isn't as it was sealed.
    """
    end = file.size if end is None else end
    if not 0 <= start <= end <= file.size:
        raise ValueError(
            f"Bytes {start} to {end} don't lie within the {file.size} bytes of file {file.pk}."
        )
    try:
        data_key = _data_key(file)
        blob = _blob(file)
    except DAMAGES as error:
        note_damage(file, error)
        raise
    return _plain(blob, file, data_key, start, end)


def _blob(file: Sealed) -> File[bytes]:
    """The sealed bytes, as many as were sealed."""
    try:
        stored = _storage().size(file.storage_name)
        blob = _storage().open(file.storage_name)
    except FileNotFoundError as error:
        raise BlobMissing(f"File {file.pk} has a row and no bytes in storage.") from error
    if stored != sealed_size(file.size, file.chunk_size):
        blob.close()
        raise Tampered(
            f"File {file.pk} occupies {stored} bytes in storage, which isn't what was sealed."
        )
    return blob


def note_damage(file: Sealed, error: VaultError) -> None:
    """Tell the operator (the log) and the office (its list) that a kept file does not open.

    Said once, until the file opens again. One that was destroyed meanwhile is not damaged, and
    nothing is said. Parts of a file on its way in are followed as an arrival.

    The one thing that reading writes, whatever the method of the request: it is a fact about the
    storage and none about whoever reads, and a worker in between could be down as well. Where the
    caller's transaction rolls back, the mark goes with it; the log has it, and the next reader
    leaves it anew.
    """
    if not isinstance(file, StoredFile):
        return
    whole = StoredFile.objects.readable().filter(pk=file.pk, damaged_at=None)
    if whole.update(damaged_at=timezone.now()):
        logger.error("File %s can't be read: %s", file.pk, error)


def look_again(seconds: float | None = None) -> int:
    """Read whole what did not open before; what does again leaves the office's list. Returns how
    many did.

    Begins none any more once ``seconds`` are over (None: all are read). Those that nobody looked at
    for longest go first, so that many which stay damaged do not keep the others from being read.
    """
    count, began = 0, monotonic()
    longest_ago = F("looked_at").asc(nulls_first=True)
    keys = StoredFile.objects.damaged().order_by(longest_ago, "damaged_at", "pk")
    for pk in list(keys.values_list("pk", flat=True)):
        if seconds is not None and monotonic() - began >= seconds:
            break
        file = StoredFile.objects.damaged().filter(pk=pk).first()
        if file is None:
            continue
        # Before it is read: a file that outlasts the task must not be the first once more.
        StoredFile.objects.filter(pk=pk).update(looked_at=timezone.now())
        try:
            for _piece in open_stream(file):
                pass
        except (*DAMAGES, Destroyed):
            continue
        count += StoredFile.objects.filter(pk=pk).update(damaged_at=None)
    return count


def _plain(blob: Upload, file: Sealed, data_key: bytes, start: int, end: int) -> Iterator[bytes]:
    pieces = unseal(
        blob,
        key=data_key,
        file_id=file.pk,
        size=file.size,
        chunk_size=file.chunk_size,
        start=start,
        end=end,
    )
    with closing(blob):
        try:
            yield from pieces
        except Tampered as error:
            note_damage(file, error)
            raise


def count_damaged() -> int:
    """How many files ought to open and do not."""
    return StoredFile.objects.damaged().count()


def read(file: Sealed) -> bytes:
    """Return the whole plaintext at once, for small files; raises like ``open_stream``."""
    return b"".join(open_stream(file))


def destroy(file: StoredFile, *, now: datetime | None = None) -> None:
    """Make a file unreadable for good: its key goes in this transaction, its bytes once that commits.

    The row stays as proof that there was a file and when it went, without name and hash. Doing it
    twice changes nothing. What a crash leaves in storage has no key and is swept.
    """
    with transaction.atomic():
        locked = lock(file)
        if not locked.is_destroyed:
            locked.forget(now or timezone.now())
            locked.save(
                update_fields=[
                    "wrapped_key",
                    "key_id",
                    "sha256",
                    "original_name",
                    "destroyed_at",
                ]
            )
        name = locked.storage_name
        transaction.on_commit(lambda: _storage().delete(name))
    file.forget(locked.destroyed_at or timezone.now())


def delete_blobs(names: Iterable[str]) -> None:
    """Remove sealed bytes whose rows are gone; what a crash leaves is swept."""
    for name in names:
        _storage().delete(name)


def rewrap(file: Sealed) -> bool:
    """Wrap the file's key under the newest key; returns whether that was needed.

    The sealed bytes stay as they are. Raises KeyMissing and Tampered like ``open_stream``.
    """
    with transaction.atomic():
        locked = lock(file)
        if locked.is_destroyed or locked.key_id == keys.keyring().newest.key_id:
            return False
        data_key = _data_key(locked)
        locked.wrapped_key, locked.key_id = keys.wrap(
            data_key, file_id=locked.pk, chunk_size=locked.chunk_size
        )
        locked.save(update_fields=["wrapped_key", "key_id"])
    file.wrapped_key, file.key_id = locked.wrapped_key, locked.key_id
    return True


def rotate_keys() -> int:
    """Rewrap every file that isn't under the newest key; returns how many were.

    Each file commits on its own, so an interrupted run is simply started again.
    """
    newest = keys.keyring().newest.key_id
    behind = (
        StoredFile.objects.readable().exclude(key_id=newest).order_by("pk"),
        ArrivalPart.objects.exclude(key_id=newest).order_by("pk"),
    )
    return sum(rewrap(row) for rows in behind for row in rows.iterator(chunk_size=200))


def sweep_orphans(*, now: datetime | None = None) -> int:
    """Remove sealed bytes that no readable row names, once they are a day old; returns how many.

    They come from rolled-back transactions, deleted people and crashes between the loss of a key and
    the removal of its bytes.
    """
    before = (now or timezone.now()) - ORPHAN_AGE
    removed = 0
    for folder in _names(_storage(), "", folders=True):
        names = [f"{folder}/{name}" for name in _names(_storage(), folder, folders=False)]
        kept = {
            *StoredFile.objects.readable()
            .filter(storage_name__in=names)
            .values_list("storage_name", flat=True),
            *ArrivalPart.objects.filter(storage_name__in=names).values_list(
                "storage_name", flat=True
            ),
        }
        for name in names:
            if name not in kept and _storage().get_modified_time(name) < before:
                _storage().delete(name)
                removed += 1
    if removed:
        logger.info("Removed %d sealed files that nothing refers to.", removed)
    return removed


def _names(storage: Storage, path: str, *, folders: bool) -> list[str]:
    try:
        directories, files = storage.listdir(path)
    except FileNotFoundError:
        # A fresh installation has no folder before its first file.
        return []
    return sorted(directories if folders else files)
