"""Is this a plain PDF: one that shows pages and does nothing else?

The file is not interpreted the way a viewer would do it, because viewers repair what they read and
disagree with each other. Everything outside of streams, and every object stream once inflated, is
searched for the names that make a PDF act. What the search can't look into is refused.
"""

import re
import zlib
from collections.abc import Iterator
from mmap import mmap

from django.utils.translation import gettext as _

from scip.vault.errors import Refused

type Buffer = bytes | mmap

_HEADER = re.compile(rb"%PDF-(?:1\.[0-7]|2\.0)[\x00\t\f\r\n %]")
_END = re.compile(rb"startxref[\s\x00]+\d+[\s\x00]+%%EOF[\s\x00]*\Z")
_TAIL = 2048
_DELIMITER = rb"(?=[\x00\t\n\f\r ()<>\[\]{}/%]|\Z)"

# ISO 32000 actions and containers that run something, fetch something, or carry another file.
_ACTIVE = (
    b"JavaScript", b"JS", b"AA", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"EF", b"RichMedia",
    b"RichMediaExecute", b"XFA", b"SubmitForm", b"ImportData", b"GoToR", b"GoToE", b"Rendition", b"Movie",
    b"Sound", b"Trans3D", b"GoTo3DView", b"U3D", b"Collection",
)  # fmt: skip
_ACTIVE_NAME = re.compile(rb"/(?:" + b"|".join(_ACTIVE) + rb")" + _DELIMITER)
# Writers such as LibreOffice name the page to open at with a literal array; anything else can be an action.
_OPEN_ACTION = re.compile(rb"/OpenAction" + _DELIMITER + rb"(?![\x00\t\n\f\r ]*\[)")
_ENCRYPTED = re.compile(rb"/Encrypt" + _DELIMITER)
_ESCAPED_NAME = re.compile(rb"/[^\x00\t\n\f\r ()<>\[\]{}/%]*#[^\x00\t\n\f\r ()<>\[\]{}/%]*")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_MAX_ESCAPED_NAMES = 20_000

_STREAM = re.compile(rb"(?<!end)stream[ \t]*(?:\r\n|\n|\r)")
_ENDSTREAM = re.compile(rb"endstream")
# An object header inside what looks like a stream: the stream is a blind for objects a viewer would find.
# A line's start counts like a number, for a comment can stand between the number and the word.
_OBJECT_IN_STREAM = re.compile(rb"[\d\r\n][\x00\t\f ]*+obj" + _DELIMITER)
_OBJECT_STREAM = re.compile(rb"/ObjStm" + _DELIMITER)
_FLATE = re.compile(rb"/(?:FlateDecode|Fl)" + _DELIMITER)
_OTHER_CODING = re.compile(
    rb"/(?:ASCIIHexDecode|AHx|ASCII85Decode|A85|LZWDecode|LZW|RunLengthDecode|RL|Crypt|BrotliDecode|DecodeParms|DP)"
    + _DELIMITER
)
_INDIRECT_FILTER = re.compile(
    rb"/(?:Filter|F)[\x00\t\n\f\r ]*+\d+[\x00\t\n\f\r ]++\d+[\x00\t\n\f\r ]++R"
)
_MARKUP = re.compile(
    rb"<(?:!doctype|html|head|body|script|svg|iframe|\?php|\?xml|%@)", re.IGNORECASE
)
_MARKUP_WITHIN = 1024

_INFLATE_LIMIT = 32 * 1024 * 1024
_MAX_STREAMS = 200_000


def _active() -> Refused:
    return Refused(
        "active",
        _(
            "This PDF contains something that runs, opens or carries another file, so we left it out. "
            "Nothing else changed. Print it to a new PDF, or upload a photo or scan of it."
        ),
    )


def _damaged() -> Refused:
    return Refused(
        "damaged",
        _(
            "We couldn’t read this PDF from beginning to end, so we left it out. Nothing else changed. "
            "Open it on your device, save or print it as a new PDF, and choose that one."
        ),
    )


def _encrypted() -> Refused:
    return Refused(
        "encrypted",
        _(
            "This PDF is locked with a password, so we couldn’t look inside and left it out. "
            "Nothing else changed. Save a copy without a password and choose that one."
        ),
    )


def check_pdf(data: Buffer) -> None:
    """Raise Refused unless ``data`` is a whole, unlocked PDF without active content."""
    if not _HEADER.match(data):
        raise _damaged()
    if not _END.search(data, max(0, len(data) - _TAIL)):
        raise _damaged()
    if _MARKUP.search(data, 0, _MARKUP_WITHIN):
        raise _damaged()
    budget = _INFLATE_LIMIT
    for start, end, body, body_end in segments(data):
        names = _check_names(data, start, end)
        if body is None:
            if names:
                raise _damaged()
            continue
        if _OBJECT_IN_STREAM.search(data, body, body_end):
            raise _damaged()
        if names:
            budget -= _check_object_stream(data, slice(start, end), slice(body, body_end), budget)


def segments(data: Buffer) -> Iterator[tuple[int, int, int | None, int]]:
    """Cut the file at its streams: yields (start, end) outside, then where the stream's body lies."""
    position = 0
    for _number in range(_MAX_STREAMS):
        opening = _STREAM.search(data, position)
        if opening is None:
            yield position, len(data), None, len(data)
            return
        closing = _ENDSTREAM.search(data, opening.end())
        if closing is None:
            raise _damaged()
        yield position, opening.start(), opening.end(), closing.start()
        position = closing.end()
    raise _damaged()


def _check_names(data: Buffer, start: int, end: int) -> bool:
    """Search a part outside of streams; returns whether it announces an object stream."""
    if _ENCRYPTED.search(data, start, end):
        raise _encrypted()
    if _ACTIVE_NAME.search(data, start, end) or _OPEN_ACTION.search(data, start, end):
        raise _active()
    announces = _OBJECT_STREAM.search(data, start, end) is not None
    for number, found in enumerate(_ESCAPED_NAME.finditer(data, start, end)):
        if number >= _MAX_ESCAPED_NAMES:
            raise _damaged()
        plain = _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), found[0])
        if _ENCRYPTED.fullmatch(plain):
            raise _encrypted()
        if _ACTIVE_NAME.fullmatch(plain) or plain == b"/OpenAction":
            raise _active()
        # Names of structure are never written with escapes by honest software.
        if plain in {
            b"/ObjStm",
            b"/Filter",
            b"/FlateDecode",
            b"/F",
        } or _OTHER_CODING.fullmatch(plain):
            raise _damaged()
    return announces


def _check_object_stream(data: Buffer, announced: slice, body: slice, budget: int) -> int:
    """Look into a stream that holds objects; returns how many bytes it inflated to."""
    if _OTHER_CODING.search(data, announced.start, announced.stop) or _INDIRECT_FILTER.search(
        data, announced.start, announced.stop
    ):
        raise _damaged()
    content = bytes(data[body])
    if _FLATE.search(data, announced.start, announced.stop):
        inflater = zlib.decompressobj()
        try:
            content = inflater.decompress(content, budget)
        except zlib.error as error:
            raise _damaged() from error
        if inflater.unconsumed_tail or not inflater.eof:
            raise _damaged()
    _check_names(content, 0, len(content))
    return len(content)
