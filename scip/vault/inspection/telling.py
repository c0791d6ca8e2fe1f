"""What a PDF tells of who made it, when and out of which file: the places, to be read as blanks.

Two places are looked at, as viewers do: the information dictionary and XMP packets. What is blanked
keeps its length, so that nothing else moves. A signed PDF stays as it came, because its signature
covers every byte; and so does what lies compressed, which can't be blanked in place.
"""

import re
from collections.abc import Iterator
from itertools import islice

from scip.vault.inspection.pdf import Buffer, segments
from scip.vault.inspection.recordings import Blank

_SIGNED = re.compile(rb"/ByteRange[\x00\t\n\f\r ]*\[")
_REFERENCE = rb"(\d{1,10})[\x00\t\n\f\r ]{1,4}(\d{1,5})[\x00\t\n\f\r ]{1,4}R(?![A-Za-z])"
_INFO = re.compile(rb"/Info[\x00\t\n\f\r ]{0,4}" + _REFERENCE)
_REFERENCES = re.compile(_REFERENCE)
_OBJECT = rb"(?<!\d)%s[\x00\t\n\f\r ]{1,4}%s[\x00\t\n\f\r ]{1,4}obj(?![A-Za-z])"
_XMP = re.compile(rb"/Type[\x00\t\n\f\r ]{0,4}/Metadata(?![A-Za-z])")
_FILTER = re.compile(rb"/Filter(?![A-Za-z])")
_STRING = re.compile(
    # Escapes and one level of parentheses inside; or hexadecimal; <<, the start of a dictionary, is neither.
    rb"\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*+\))*+)\)|(?<!<)<([0-9A-Fa-f\x00\t\n\f\r ]*+)>",
    re.DOTALL,
)
# Honest files have one or two of each, and an object of facts is short.
_MOST = 16
_OBJECT_BYTES = 64 * 1024


def telling_facts(data: Buffer) -> list[Blank]:
    """The parts of a checked PDF that tell of its making."""
    if _SIGNED.search(data):
        return []
    return [*_in_information(data), *_in_packets(data)]


def _in_information(data: Buffer) -> Iterator[Blank]:
    """Strings of the information dictionary, and those that it points to (as Apple writes it)."""
    for found in islice(_INFO.finditer(data), _MOST):
        for start, end in _objects(data, found[1], found[2]):
            yield from _strings(data, start, end)
            for other in islice(_REFERENCES.finditer(data, start, end), _MOST):
                for first, last in _objects(data, other[1], other[2]):
                    yield from _strings(data, first, last)


def _objects(data: Buffer, number: bytes, generation: bytes) -> Iterator[tuple[int, int]]:
    """Where an object lies: each of its versions."""
    for found in islice(re.finditer(_OBJECT % (number, generation), data), _MOST):
        end = data.find(b"endobj", found.end(), found.end() + _OBJECT_BYTES)
        # Facts are short objects without a stream.
        if end > 0 and data.find(b"stream", found.end(), end) < 0:
            yield found.end(), end


def _strings(data: Buffer, start: int, end: int) -> Iterator[Blank]:
    for found in _STRING.finditer(data, start, end):
        first, last = found.span(1) if found[1] is not None else found.span(2)
        yield spaces(first, last)


def _in_packets(data: Buffer) -> Iterator[Blank]:
    """XMP that lies open."""
    for start, end, body, body_end in segments(data):
        if body is None:
            continue
        about = bytes(data[max(start, end - 1024) : end])
        about = about[about.rfind(b"obj") :]
        if _XMP.search(about) and not _FILTER.search(about):
            yield spaces(body, body_end - 2)


def spaces(start: int, stop: int) -> Blank:
    return Blank(start, stop, b" " * max(0, stop - start))
