"""The one check that every upload passes before it is sealed.

The type is what the content says; the ending of the name and the browser's claim only have to agree.
"""

import io
import mmap
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

import puremagic
from django.core.files.base import File
from django.utils.translation import gettext as _

from scip.vault.errors import Refused
from scip.vault.inspection.images import clean_image
from scip.vault.inspection.names import check_name, split_extension, with_extension
from scip.vault.inspection.pdf import Buffer, check_pdf
from scip.vault.inspection.recordings import (
    Blanked,
    is_adts,
    is_mp3,
    is_mp4,
    is_mp4_audio,
    is_quicktime,
    is_wave,
    is_webm,
    telling_parts,
)
from scip.vault.inspection.scanner import scan
from scip.vault.inspection.telling import telling_facts
from scip.vault.inspection.text import check_text, is_text
from scip.vault.sealing import Readable

type Upload = File[bytes]
"""A file as it arrives: Django's upload classes, or any ``File`` around a binary file."""

PDF = "application/pdf"
JPEG = "image/jpeg"
PNG = "image/png"
WEBP = "image/webp"
TEXT = "text/plain"
DOCUMENTS: frozenset[str] = frozenset({PDF, JPEG, PNG, WEBP})
"""What evidence may be: a document or a picture of one."""
DOCUMENT_BYTES = 20 * 1024 * 1024
"""The size that fits a phone's photo or a long scan; documents are read as a whole."""
RECORDINGS: frozenset[str] = frozenset(
    {
        "audio/aac", "audio/flac", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav",
        "video/mp4", "video/quicktime", "video/webm",
    }
)  # fmt: skip
"""Sound and film that browsers play themselves."""


@dataclass(frozen=True)
class Kind:
    """A content type with the endings that name it and the way it is recognised."""

    label: str
    extensions: tuple[str, ...]
    signature: Callable[[bytes], bool]
    image_format: str | None = None


KINDS: dict[str, Kind] = {
    PDF: Kind("PDF", (".pdf",), lambda head: head.startswith(b"%PDF-")),
    JPEG: Kind(
        "JPEG",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        lambda head: head.startswith(b"\xff\xd8\xff"),
        "JPEG",
    ),
    PNG: Kind(
        "PNG",
        (".png",),
        lambda head: head.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        "PNG",
    ),
    WEBP: Kind(
        "WebP",
        (".webp",),
        lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP",
        "WEBP",
    ),
    "audio/mpeg": Kind("MP3", (".mp3",), is_mp3),
    "audio/mp4": Kind("M4A", (".m4a", ".m4b", ".mp4"), is_mp4_audio),
    "audio/wav": Kind("WAV", (".wav", ".wave"), is_wave),
    "audio/ogg": Kind("Ogg", (".ogg", ".oga", ".opus"), lambda head: head.startswith(b"OggS")),
    "audio/flac": Kind("FLAC", (".flac",), lambda head: head.startswith(b"fLaC")),
    "audio/aac": Kind("AAC", (".aac",), is_adts),
    # Many phones and programs call a sound recording plain MP4.
    "video/mp4": Kind("MP4", (".mp4", ".m4v", ".m4a"), is_mp4),
    "video/quicktime": Kind("QuickTime", (".mov", ".qt"), is_quicktime),
    "video/webm": Kind("WebM", (".webm",), is_webm),
    # Last: the others may begin with something that could be read as text.
    TEXT: Kind("TXT", (".txt", ".vtt", ".srt", ".md"), is_text),
}

_HEAD = 4096
_TAIL = 66_000
# The end record of a ZIP (so also JAR, APK, DOCX) is looked for in the last 65,557 bytes by every reader.
_ZIP_END = re.compile(rb"PK\x05\x06|PK\x06\x06|PK\x06\x07")
_FOREIGN = re.compile(
    rb"Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|\x7fELF[\x01\x02][\x01\x02]|This program cannot be run in DOS"
)
_MARKUP = re.compile(
    rb"<(?:!doctype|html|head|body|script|iframe|svg|\?php)[\s>/]|<\?php|\bonerror\s*=|javascript:",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CheckedUpload:
    """A file that passed: ``stream`` holds what may be sealed, which for a picture isn't what was sent."""

    stream: IO[bytes] | Readable
    name: str
    content_type: str
    size: int


def megabytes(size: int) -> int:
    """Whole megabytes for people, rounded down."""
    return size // (1024 * 1024)


def check(upload: Upload, *, allowed: Collection[str], max_bytes: int) -> CheckedUpload:
    """Judge an upload by its content; nothing is stored.

    ``allowed`` are content types of ``KINDS``. Raises Refused (ScannerUnavailable when a configured
    scanner is silent) with a sentence for the person. Reads the file more than once, in constant memory
    except for the pixels of a picture, and asks the virus scanner about what was sent.
    """
    unknown = set(allowed) - KINDS.keys()
    if unknown:
        raise ValueError(f"The vault can't recognise {', '.join(sorted(unknown))}.")
    name = check_name(upload.name or "")
    size = _measure(upload)
    _check_not_empty(size)
    head = _read_at(upload, 0, _HEAD)
    content_type = _recognise(head, allowed)
    kind = KINDS[content_type]
    _check_size(size, max_bytes, is_recording=content_type in RECORDINGS)
    name = _agree_on_name(name, kind, allowed)
    if content_type in RECORDINGS:
        blanks = telling_parts(upload, size, content_type)
        scan(upload)
        return CheckedUpload(Blanked(upload, blanks), name, content_type, size)
    _check_tail(_read_at(upload, max(0, size - _TAIL), _TAIL), kind)
    scan(upload)
    if kind.image_format is not None:
        stream = clean_image(upload, kind.image_format)
        return CheckedUpload(stream, name, content_type, stream.seek(0, io.SEEK_END))
    if content_type == TEXT:
        check_text(upload)
    else:
        with _buffer(upload) as data:
            check_pdf(data)
            blanks = telling_facts(data)
        upload.seek(0)
        return CheckedUpload(Blanked(upload, blanks), name, content_type, size)
    upload.seek(0)
    return CheckedUpload(upload, name, content_type, size)


def _measure(upload: Upload) -> int:
    """The size that is really there; a client's claim is not asked."""
    upload.seek(0, io.SEEK_END)
    size: int = upload.tell()
    upload.seek(0)
    return size


def _read_at(upload: Upload, offset: int, size: int) -> bytes:
    upload.seek(offset)
    data: bytes = upload.read(size)
    upload.seek(0)
    return data


def _check_not_empty(size: int) -> None:
    if size == 0:
        raise Refused(
            "empty",
            _(
                "This file is empty, so there was nothing to keep. Nothing else changed. Please choose it again."
            ),
        )


def _check_size(size: int, max_bytes: int, *, is_recording: bool) -> None:
    limit = max_bytes if is_recording else min(max_bytes, DOCUMENT_BYTES)
    if size <= limit:
        return
    sentence = (
        _(
            "This recording is larger than %(limit)d MB, the most that can come in one piece, so we left it "
            "out. Nothing else changed. Open this page with scripts switched on: then it comes in parts, "
            "however large it is. Or save it as sound only, or shorter, and choose it again."
        )
        if is_recording
        else _(
            "This file is larger than %(limit)d MB, so we left it out. Nothing else changed. "
            "Save it smaller, for example as a scan in grey, and choose it again."
        )
    )
    raise Refused("size", sentence % {"limit": megabytes(limit)})


def _labels(allowed: Collection[str]) -> str:
    return ", ".join(kind.label for content_type, kind in KINDS.items() if content_type in allowed)


def _recognise(head: bytes, allowed: Collection[str]) -> str:
    for content_type, kind in KINDS.items():
        if content_type in allowed and kind.signature(head):
            return content_type
    raise Refused("type", _type_sentence(head, allowed))


def _type_sentence(head: bytes, allowed: Collection[str]) -> str:
    seen = ""
    with suppress(puremagic.PureError, ValueError, IndexError):
        seen = puremagic.magic_string(head)[0].extension
    if seen in {".docx", ".doc", ".odt", ".rtf", ".pages"} or b"[Content_Types].xml" in head:
        return _(
            "Word and office documents can carry hidden programs, so we don’t keep them. Nothing else changed. "
            "Save the document as PDF and choose that one."
        )
    return _(
        "We looked inside this file and it isn’t one of the kinds we can keep (%(kinds)s), so we left it out. "
        "Nothing else changed. Save it as one of these, or upload a photo of the page."
    ) % {"kinds": _labels(allowed)}


def _agree_on_name(name: str, kind: Kind, allowed: Collection[str]) -> str:
    extension = split_extension(name)[1]
    if not extension:
        return with_extension(name, kind.extensions[0])
    if extension not in kind.extensions:
        raise Refused(
            "extension",
            _(
                "This file’s name ends in “%(ending)s”, but inside it is a %(kind)s, so we left it out. "
                "Nothing else changed. Check that it is the file you meant, or save it again as %(kinds)s."
            )
            % {"ending": extension, "kind": kind.label, "kinds": _labels(allowed)},
        )
    return name


def _check_tail(tail: bytes, kind: Kind) -> None:
    """Refuse a file that is a second thing as well: an archive, a program or a page behind a picture."""
    found = _ZIP_END.search(tail) or _FOREIGN.search(tail)
    if found is None and kind.image_format is not None:
        found = _MARKUP.search(tail)
    if found is not None:
        raise Refused(
            "polyglot",
            _(
                "There is a second file hidden inside this %(kind)s, so we left it out. Nothing else changed. "
                "Save or print it anew, or upload a fresh photo or scan."
            )
            % {"kind": kind.label},
        )


@contextmanager
def _buffer(upload: Upload) -> Iterator[Buffer]:
    """The whole content for searching: mapped from disk, or as it lies in memory."""
    try:
        number = upload.fileno()
    except (AttributeError, io.UnsupportedOperation):
        upload.seek(0)
        yield upload.read()
        return
    with mmap.mmap(number, 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped
