"""The stored form of a file: AES-256-GCM in chunks.

A file of *n* bytes is cut into chunks of ``chunk_size``; each is stored as ciphertext plus a 16-byte
tag. The nonce is the chunk's number and whether it is the last, so it can't repeat under a key that
seals one file once; the same facts and the file's id are authenticated beside it. A chunk that was
changed, moved, taken from another file, or that became the last by cutting does not open.
"""

import hashlib
import io
from collections.abc import Iterator
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from scip.vault.errors import Tampered

CHUNK_SIZE = 64 * 1024
TAG_BYTES = 16
_LABEL = b"scip.vault.chunk.v1"


class Readable(Protocol):
    """The part of a binary file that the vault needs."""

    def read(self, size: int = ..., /) -> bytes: ...

    def seek(self, offset: int, whence: int = ..., /) -> int | None: ...


def chunk_count(size: int, chunk_size: int) -> int:
    """Number of chunks of a file of ``size`` bytes; an empty file still has one, so that its end is sealed."""
    return max(1, -(-size // chunk_size))


def sealed_size(size: int, chunk_size: int) -> int:
    """Bytes that a file of ``size`` bytes occupies in storage."""
    return size + TAG_BYTES * chunk_count(size, chunk_size)


def _nonce(index: int, is_last: bool) -> bytes:
    return index.to_bytes(11, "big") + (b"\x01" if is_last else b"\x00")


def _bound(file_id: UUID, index: int, is_last: bool) -> bytes:
    return b"|".join((_LABEL, file_id.bytes, str(index).encode(), b"last" if is_last else b"more"))


def read_fully(source: Readable, size: int) -> bytes:
    """Read ``size`` bytes, or fewer only at the end: a raw or network file may answer with less."""
    parts: list[bytes] = []
    missing = size
    while missing > 0:
        part = source.read(missing)
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


class SealingReader(io.RawIOBase):
    """A file that encrypts ``source`` while it is read, so a storage can take it in constant memory.

    After it was read to its end, ``size`` and ``sha256`` describe the plaintext.
    """

    def __init__(
        self,
        source: Readable,
        *,
        key: bytes,
        file_id: UUID,
        chunk_size: int = CHUNK_SIZE,
    ) -> None:
        super().__init__()
        self._source = source
        self._cipher = AESGCM(key)
        self._file_id = file_id
        self._chunk_size = chunk_size
        self._restart()

    def _restart(self) -> None:
        self._source.seek(0)
        self._digest = hashlib.sha256()
        self.size = 0
        self._index = 0
        self._buffer = bytearray()
        self._ahead: bytes | None = read_fully(self._source, self._chunk_size)

    @property
    def sha256(self) -> str:
        """Hash of the plaintext read so far."""
        return self._digest.hexdigest()

    def readable(self) -> bool:
        """Always true."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go back to the start, which storages ask for before they read; nothing else is possible.

        Starting over seals the same bytes under the same numbers, so no nonce meets a second plaintext.
        """
        if offset != 0 or whence != io.SEEK_SET:
            raise io.UnsupportedOperation(
                "A file that is being sealed can only be read from its start."
            )
        if self._index or self._buffer:
            self._restart()
        return 0

    def _seal(self, chunk: bytes) -> None:
        following = (
            read_fully(self._source, self._chunk_size) if len(chunk) == self._chunk_size else b""
        )
        is_last = not following
        self._digest.update(chunk)
        self.size += len(chunk)
        self._buffer += self._cipher.encrypt(
            _nonce(self._index, is_last),
            chunk,
            _bound(self._file_id, self._index, is_last),
        )
        self._index += 1
        self._ahead = None if is_last else following

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next ``size`` bytes of ciphertext, or all that is left."""
        wanted = None if size is None or size < 0 else size
        while self._ahead is not None and (wanted is None or len(self._buffer) < wanted):
            self._seal(self._ahead)
        taken = bytes(self._buffer if wanted is None else self._buffer[:wanted])
        del self._buffer[: len(taken)]
        return taken


def unseal(
    blob: Readable,
    *,
    key: bytes,
    file_id: UUID,
    size: int,
    chunk_size: int,
    start: int,
    end: int,
) -> Iterator[bytes]:
    """Yield the plaintext bytes ``start`` to ``end`` (exclusive), opening only the chunks they lie in.

    ``size`` is the plaintext's size. A chunk is yielded after it was authenticated as a whole; raises
    Tampered at the first that isn't as it was sealed.
    """
    if start >= end:
        return
    cipher = AESGCM(key)
    last = chunk_count(size, chunk_size) - 1
    first = start // chunk_size
    blob.seek(first * (chunk_size + TAG_BYTES))
    for index in range(first, (end - 1) // chunk_size + 1):
        is_last = index == last
        sealed = read_fully(blob, chunk_size + TAG_BYTES)
        try:
            plain = cipher.decrypt(_nonce(index, is_last), sealed, _bound(file_id, index, is_last))
        except (InvalidTag, ValueError) as error:
            raise Tampered(f"Chunk {index} of file {file_id} is not as it was sealed.") from error
        offset = index * chunk_size
        yield plain[max(0, start - offset) : end - offset]
