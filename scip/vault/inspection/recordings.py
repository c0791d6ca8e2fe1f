"""Recordings: which container it is, whether it is whole, and what in it tells more than its sound.

A phone writes place and time into a recording. Where a container has a place for padding, such facts
are overwritten by padding of the same length, so that nothing else moves: MP4 and QuickTime (places,
names, times), MP3 (ID3 tags), WAV and FLAC. Ogg and WebM seal their pages by checksums or lengths of
elements, and are kept as they come.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from scip.vault.errors import Refused
from scip.vault.sealing import Readable, read_fully

_ZIP_END = b"PK\x05\x06"
_ZIP_END_BYTES = 22
_ZIP_TAIL = 65_535 + _ZIP_END_BYTES
_MP3 = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]")
_ADTS = re.compile(rb"\xff[\xf0\xf1\xf8\xf9][\x40-\xbf]")
_BRAND = slice(8, 12)
# Nothing is taken out of these; whoever hands one in is told.
KEPT_AS_THEY_CAME = frozenset({"audio/ogg", "audio/aac", "video/webm"})
# Boxes of MP4 that hold boxes on the way to what tells of place, names and times.
_PARENTS = frozenset({b"moov", b"trak", b"mdia"})
_TELLING = frozenset({b"udta", b"meta"})
_TIMED = frozenset({b"mvhd", b"tkhd", b"mdhd"})
_MAX_BOXES = 20_000
_WAVE_NEEDED = frozenset({b"fmt ", b"data", b"fact", b"JUNK", b"PAD ", b"ds64"})
_FLAC_TELLING = frozenset({2, 4, 5, 6})  # application, comments, cue sheet, picture
_FLAC_PADDING = 1


@dataclass(frozen=True, slots=True)
class Blank:
    """Bytes ``start`` to ``stop`` read as ``head`` and then zeros."""

    start: int
    stop: int
    head: bytes = b""

    def lay_over(self, data: bytearray, offset: int) -> None:
        """Overwrite the part of ``data`` (which begins at ``offset`` of the file) that lies within."""
        first, last = max(self.start, offset), min(self.stop, offset + len(data))
        if first >= last:
            return
        covered = self.head[first - self.start : last - self.start]
        data[first - offset : last - offset] = covered.ljust(last - first, b"\0")


class Blanked(io.RawIOBase):
    """``source`` with some bytes read as padding; the same length."""

    def __init__(self, source: Readable, blanks: list[Blank]) -> None:
        super().__init__()
        self._source = source
        self._blanks = blanks
        self._position = 0

    def readable(self) -> bool:
        """Always true."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """As the source's; from its start only."""
        if whence != io.SEEK_SET:
            raise io.UnsupportedOperation("Only from the start.")
        self._source.seek(offset)
        self._position = offset
        return offset

    def read(self, size: int | None = -1, /) -> bytes:
        """The next ``size`` bytes, with padding where something was blanked."""
        data = bytearray(self._source.read(-1 if size is None else size))
        for blank in self._blanks:
            blank.lay_over(data, self._position)
        self._position += len(data)
        return bytes(data)


def is_mp3(head: bytes) -> bool:
    """An ID3 tag, or a frame of MPEG layer III."""
    return head.startswith(b"ID3") or _MP3.match(head) is not None


def is_adts(head: bytes) -> bool:
    """Bare AAC frames, as some recorders write them."""
    return _ADTS.match(head) is not None


def is_quicktime(head: bytes) -> bool:
    """Apple's own brand of the MP4 container."""
    return head[4:8] == b"ftyp" and head[_BRAND] == b"qt  "


def is_mp4_audio(head: bytes) -> bool:
    """An MP4 that calls itself sound only."""
    return head[4:8] == b"ftyp" and head[_BRAND] in {b"M4A ", b"M4B "}


def is_mp4(head: bytes) -> bool:
    """Any other MP4."""
    return head[4:8] == b"ftyp" and not is_quicktime(head) and not is_mp4_audio(head)


def is_wave(head: bytes) -> bool:
    """RIFF with WAVE inside."""
    return head[:4] == b"RIFF" and head[8:12] == b"WAVE"


def is_webm(head: bytes) -> bool:
    """EBML whose document type is WebM; a browser does not play other Matroska."""
    return head.startswith(b"\x1a\x45\xdf\xa3") and b"\x42\x82\x84webm" in head[:64]


def telling_parts(source: Readable, size: int, content_type: str) -> list[Blank]:
    """What has to be blanked in a recording; raises Refused when the container is not one whole.

    Reads headers only, in constant memory.
    """
    reader = {
        "video/mp4": _in_mp4,
        "audio/mp4": _in_mp4,
        "video/quicktime": _in_mp4,
        "audio/mpeg": _in_mp3,
        "audio/wav": _in_wave,
        "audio/flac": _in_flac,
    }.get(content_type)
    _refuse_archive(source, size)
    return list(reader(source, size)) if reader is not None else []


def _unfinished() -> Refused:
    return Refused(
        "unfinished",
        _(
            "This recording was not finished when it was saved, so no player can open it, and we left it "
            "out. Nothing else changed. Open it in the app it was made with, save it again and choose "
            "that one."
        ),
    )


def _polyglot() -> Refused:
    return Refused(
        "polyglot",
        _(
            "There is a second file hidden inside this recording, so we left it out. Nothing else changed. "
            "Export it anew from the app it was made with and choose that one."
        ),
    )


def _at(source: Readable, offset: int, size: int) -> bytes:
    source.seek(offset)
    return read_fully(source, size)


def _refuse_archive(source: Readable, size: int) -> None:
    """An archive ends in a record that fills the file to its last byte; chance bytes do not."""
    start = max(0, size - _ZIP_TAIL)
    tail = _at(source, start, _ZIP_TAIL)
    found = tail.rfind(_ZIP_END)
    while found >= 0:
        comment = int.from_bytes(tail[found + 20 : found + 22], "little")
        if found + _ZIP_END_BYTES + comment == len(tail):
            raise _polyglot()
        found = tail.rfind(_ZIP_END, 0, found)


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    inside: int
    stop: int


def _boxes(source: Readable, start: int, stop: int) -> Iterator[_Box]:
    """The boxes that fill ``start`` to ``stop``; raises Refused when they don't."""
    offset = start
    for _number in range(_MAX_BOXES):
        if offset == stop:
            return
        head = _at(source, offset, 16)
        length, inside = int.from_bytes(head[:4], "big"), offset + 8
        if length == 1:
            length, inside = int.from_bytes(head[8:16], "big"), offset + 16
        elif length == 0:
            length = stop - offset
        if len(head) < 8 or length < inside - offset or offset + length > stop:
            raise _unfinished()
        yield _Box(head[4:8], offset, inside, offset + length)
        offset += length
    raise _unfinished()


def _in_mp4(source: Readable, size: int) -> Iterator[Blank]:
    kinds = set()
    for box in _boxes(source, 0, size):
        if not re.fullmatch(rb"[ -~]{4}", box.kind):
            raise _polyglot()
        kinds.add(box.kind)
        if box.kind in _TELLING:
            yield _as_free(source, box)
        elif box.kind in _PARENTS:
            yield from _in_box(source, box)
    if not kinds & {b"moov", b"moof"}:
        raise _unfinished()


def _in_box(source: Readable, parent: _Box) -> Iterator[Blank]:
    for box in _boxes(source, parent.inside, parent.stop):
        if box.kind in _TELLING:
            yield _as_free(source, box)
        elif box.kind in _TIMED:
            # Version and flags, then created and modified: 4 bytes each, from version 1 on 8.
            width = 8 if _at(source, box.inside, 1) == b"\x01" else 4
            yield Blank(box.inside + 4, box.inside + 4 + 2 * width)
        elif box.kind in _PARENTS:
            yield from _in_box(source, box)


def _as_free(source: Readable, box: _Box) -> Blank:
    return Blank(
        box.start + 4, box.stop, b"free" + _at(source, box.start + 8, box.inside - box.start - 8)
    )


def _in_mp3(source: Readable, size: int) -> Iterator[Blank]:
    head = _at(source, 0, 10)
    if head.startswith(b"ID3"):
        length = 0
        for byte in head[6:10]:  # seven bits of each
            length = length << 7 | byte & 0x7F
        # Without flags: what follows is neither extended header nor footer, only padding.
        yield Blank(5, min(size, 10 + length), b"\0" + head[6:10])
    if size >= 128 and _at(source, size - 128, 3) == b"TAG":
        yield Blank(size - 125, size)


def _in_wave(source: Readable, size: int) -> Iterator[Blank]:
    claimed = int.from_bytes(_at(source, 4, 4), "little")
    # A recorder that streams leaves the length open.
    if claimed not in {0, 0xFFFFFFFF} and not 0 <= size - 8 - claimed <= 1:
        raise _unfinished() if claimed > size else _polyglot()
    offset = 12
    for _number in range(_MAX_BOXES):
        head = _at(source, offset, 8)
        if len(head) < 8:
            return
        length = int.from_bytes(head[4:8], "little")
        stop = min(size, offset + 8 + length)
        if head[:4] not in _WAVE_NEEDED:
            yield Blank(offset, stop, b"JUNK" + head[4:8])
        offset = stop + length % 2


def _in_flac(source: Readable, size: int) -> Iterator[Blank]:
    offset, is_last = 4, False
    while not is_last:
        head = _at(source, offset, 4)
        if len(head) < 4:
            raise _unfinished()
        is_last = bool(head[0] & 0x80)
        stop = offset + 4 + int.from_bytes(head[1:4], "big")
        if stop > size:
            raise _unfinished()
        if head[0] & 0x7F in _FLAC_TELLING:
            yield Blank(offset, stop, bytes([head[0] & 0x80 | _FLAC_PADDING]) + head[1:4])
        offset = stop
