"""Drawings that go into a document as ready PDF operators instead of being laid out each time.

WeasyPrint reads an SVG anew for every document, and the art of a certificate is always the same:
drawing it took a third of the rendering time. So the document carries a picture of one row of pixels
in its place, which WeasyPrint positions, sizes and tags like any other, and when the file is
finished the picture's object is replaced by a form that holds the drawing as vectors. How many
pixels the row has is what tells one place from another.
"""

import zlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from struct import pack
from typing import Any, Final

import pydyf


@dataclass(frozen=True, slots=True)
class Drawing:
    """PDF operators in a space of `width` by `height` units whose origin is the top left corner.

    `states` are the graphics states that the operators name, as PDF dictionaries by name.
    """

    width: float
    height: float
    operators: bytes
    states: tuple[tuple[str, bytes], ...] = ()


@cache
def placeholder(pixels: int) -> str:
    """A `data:` address of a grey picture, `pixels` wide and one high, that a drawing will replace."""
    row = b"\x00" + b"\xff" * pixels
    body = [
        (b"IHDR", pack(">IIBBBBB", pixels, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(row)),
        (b"IEND", b""),
    ]
    chunks = (
        pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))
        for kind, data in body
    )
    return f"data:image/png;base64,{b64encode(b'\x89PNG\r\n\x1a\n' + b''.join(chunks)).decode()}"


def stamp(pdf: pydyf.PDF, drawings: Mapping[int, Drawing]) -> None:
    """Replace the placeholders of a finished document, by their width in pixels, by drawings."""
    for number, found in enumerate(pdf.objects):
        if isinstance(found, pydyf.Stream) and found.extra.get("Subtype") == "/Image":
            drawing = drawings.get(found.extra["Width"])
            if drawing is not None and found.extra["Height"] == 1:
                form = _form(drawing)
                form.number = number
                pdf.objects[number] = form


def _form(drawing: Drawing) -> pydyf.Stream:
    """The drawing as a form that fills the unit square, as a picture does."""
    states = {name: _Raw(value) for name, value in drawing.states}
    extra = {
        "Type": "/XObject",
        "Subtype": "/Form",
        "BBox": pydyf.Array([0, 0, drawing.width, drawing.height]),
        "Matrix": f"[{1 / drawing.width:.9f} 0 0 {-1 / drawing.height:.9f} 0 1]",
        "Resources": pydyf.Dictionary({"ExtGState": pydyf.Dictionary(states)}),
    }
    return pydyf.Stream([drawing.operators], extra, compress=True)


class _Raw(pydyf.Object):  # type: ignore[misc]  # pydyf ships no types
    """A value that is PDF already."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._data = data

    @property
    def data(self) -> bytes:
        return self._data


def drawing_of(pdf: pydyf.PDF, width: float, height: float) -> Drawing:
    """The first group of a document as a drawing; that is where WeasyPrint puts a page's background."""
    groups = (
        found
        for found in pdf.objects
        if isinstance(found, pydyf.Stream) and found.extra.get("Subtype") == "/Form"
    )
    group = next(groups)
    operators: bytes = b"\n".join(pydyf._to_bytes(item) for item in group.stream)
    resources = _resolved(pdf, group.extra["Resources"])
    states = tuple((key, value.data) for key, value in resources["ExtGState"].items())
    return Drawing(width, height, operators, states)


def _resolved(pdf: pydyf.PDF, reference: Any) -> Any:
    return pdf.objects[int(reference.split()[0])] if isinstance(reference, bytes) else reference


class Frozen(pydyf.Object):  # type: ignore[misc]
    """A finished stream whose bytes are made once.

    pydyf makes them twice, for the file and for the file's identifier, and packs them each time.
    """

    compressible: Final = False

    def __init__(self, stream: pydyf.Stream) -> None:
        super().__init__()
        self.number, self.generation, self.free = stream.number, stream.generation, stream.free
        self._data: bytes = stream.data

    @property
    def data(self) -> bytes:
        """The stream as it stands in the file."""
        return self._data


def freeze(pdf: pydyf.PDF) -> None:
    """Make the bytes of every stream, once; nothing may be changed in them afterwards."""
    pdf.objects[:] = [
        Frozen(found) if isinstance(found, pydyf.Stream) else found for found in pdf.objects
    ]
