"""A zip file that is made while it is read, so that whatever its size only a piece is in memory."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Item:
    """One file of an archive: its path in there and where its bytes come from, piece by piece.

    ``is_packed``: text is worth compressing, recordings and pictures are compressed already.
    """

    path: str
    pieces: Callable[[], Iterable[bytes]]
    is_packed: bool = True


class Sink(io.RawIOBase):
    """Where the zip file is written to: it hands on what came and forgets it."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        """Always true."""
        return True

    def write(self, content: object, /) -> int:
        """Hold some bytes until they are taken."""
        piece = bytes(memoryview(content))  # type: ignore[arg-type]
        self._held += piece
        return len(piece)

    def take(self) -> bytes:
        """What came since the last time."""
        piece = bytes(self._held)
        self._held.clear()
        return piece


def zipped(items: Iterable[Item], *, made_at: datetime) -> Iterator[bytes]:
    """The bytes of a zip file with these files, as they come; ZIP64, so no size is too large.

    Errors of whoever gives the pieces come through.
    """
    sink = Sink()
    with zipfile.ZipFile(sink, "w", allowZip64=True) as archive:
        for item in items:
            about = zipfile.ZipInfo(item.path, date_time=made_at.timetuple()[:6])
            about.compress_type = zipfile.ZIP_DEFLATED if item.is_packed else zipfile.ZIP_STORED
            about.external_attr = 0o600 << 16
            with archive.open(about, "w", force_zip64=True) as file:
                for piece in item.pieces():
                    file.write(piece)
                    yield sink.take()
    yield sink.take()


class Stream(io.RawIOBase):
    """Bytes that are made while they are read, as a file that can be read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._ahead = bytearray()
        self._has_begun = False

    def readable(self) -> bool:
        """Always true."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """To the start before anything was read, and nowhere else.

        A second run could give other bytes, and the vault must not seal two under one key.
        """
        if offset or whence or self._has_begun:
            raise io.UnsupportedOperation("What is made while it is read can be read once.")
        return 0

    def read(self, size: int | None = -1, /) -> bytes:
        """The next ``size`` bytes, or all that is left."""
        self._has_begun = True
        wanted = None if size is None or size < 0 else size
        for piece in self._missing(wanted):
            self._ahead += piece
        taken = bytes(self._ahead if wanted is None else self._ahead[:wanted])
        del self._ahead[: len(taken)]
        return taken

    def _missing(self, wanted: int | None) -> Iterator[bytes]:
        while wanted is None or len(self._ahead) < wanted:
            piece = next(self._pieces, None)
            if piece is None:
                return
            yield piece
