"""What a PDF tells of who made it, when and out of which file: the places, to be read as blanks.

Two places are looked at, as viewers do: the information dictionary and XMP packets. What is blanked
keeps its length, so that nothing else moves. A signed PDF stays as it came, because its signature
covers every byte; and so does what lies compressed, which can't be blanked in place.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from scip.vault.inspection.pdf import Buffer, segments
from scip.vault.inspection.recordings import Blank

_SIGNED = re.compile(rb"/ByteRange[\x00\t\n\f\r ]*\[")
_REFERENCE = rb"(\d{1,10})[\x00\t\n\f\r ]{1,4}(\d{1,5})[\x00\t\n\f\r ]{1,4}R(?![A-Za-z])"
_INFO = re.compile(rb"/Info[\x00\t\n\f\r ]{0,4}" + _REFERENCE)
_REFERENCES = re.compile(_REFERENCE)
_OBJECT = re.compile(
    rb"(?<!\d)(\d{1,10})[\x00\t\n\f\r ]{1,4}(\d{1,5})[\x00\t\n\f\r ]{1,4}obj(?![A-Za-z])"
)
_XMP = re.compile(rb"/Type[\x00\t\n\f\r ]{0,4}/Metadata(?![A-Za-z])")
_FILTER = re.compile(rb"/Filter(?![A-Za-z])")
_STRING = re.compile(
    # An escaped parenthesis begins none: from each of them all that follows would be read again.
    # Escapes and one level of parentheses inside; or hexadecimal; <<, the start of a dictionary, is neither.
    rb"(?<!\\)\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*+\))*+)\)|(?<!<)<([0-9A-Fa-f\x00\t\n\f\r ]*+)>",
    re.DOTALL,
)
# Honest files have one or two of each, a packet for each picture at most, and short objects of
# facts. Each blank is looked at whenever a part of the file is read.
_MOST = 16
_MOST_OBJECTS = 64
_MOST_STRINGS = 64
_MOST_PACKETS = 1_000
_OBJECT_BYTES = 64 * 1024


def telling_facts(data: Buffer) -> list[Blank]:
    """The parts of a checked PDF that tell of its making."""
    if _SIGNED.search(data):
        return []
    return [*_in_information(data), *islice(_in_packets(data), _MOST_PACKETS)]


def _in_information(data: Buffer) -> Iterator[Blank]:
    """Strings of the information dictionary, and those that it points to (as Apple writes it)."""
    facts = _objects(data, islice(_INFO.finditer(data), _MOST))
    for start, end in facts:
        yield from _strings(data, start, end)
    pointed = (islice(_REFERENCES.finditer(data, *place), _MOST) for place in facts)
    for start, end in _objects(data, chain.from_iterable(pointed)):
        yield from _strings(data, start, end)


def _objects(data: Buffer, references: Iterable[re.Match[bytes]]) -> list[tuple[int, int]]:
    """Where these objects lie, each with its versions. The file is read once, however many they are."""
    wanted = {(found[1], found[2]) for found in references}
    places: list[tuple[int, int]] = []
    objects = _OBJECT.finditer(data) if wanted else iter(())
    meant = (found for found in objects if (found[1], found[2]) in wanted)
    for found in islice(meant, _MOST_OBJECTS):
        end = data.find(b"endobj", found.end(), found.end() + _OBJECT_BYTES)
        # Facts are short objects without a stream.
        if end > 0 and data.find(b"stream", found.end(), end) < 0:
            places.append((found.end(), end))
    return places


def _strings(data: Buffer, start: int, end: int) -> Iterator[Blank]:
    for found in islice(_STRING.finditer(data, start, end), _MOST_STRINGS):
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
