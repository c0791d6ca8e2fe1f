"""Files made on the spot: good ones, and the building blocks of hostile ones."""

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject


def pdf_of(objects: list[bytes], *, version: bytes = b"1.7", trailer: bytes = b"") -> bytes:
    """A PDF of numbered objects (1, 2, …) with a right cross-reference table; object 1 is the catalog."""
    out = bytearray(b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R >>"


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """A stream object's body."""
    return b"<< /Length %d %s >>\nstream\n" % (len(data), entries) + data + b"\nendstream"


def simple_pdf(
    catalog: bytes = b"", *more: bytes, trailer: bytes = b"", page: bytes = PAGE
) -> bytes:
    """A one-page PDF with extra catalog entries and further objects from number 5."""
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
            PAGES,
            page,
            stream(zlib.compress(b"BT ET"), b"/Filter /FlateDecode"),
            *more,
        ],
        trailer=trailer,
    )


def object_stream(
    content: bytes, entries: bytes = b"/Filter /FlateDecode", data: bytes | None = None
) -> bytes:
    """An object stream that holds ``content`` as object 9."""
    head = b"9 0 "
    packed = zlib.compress(head + content) if data is None else data
    return stream(packed, b"/Type /ObjStm /N 1 /First %d " % len(head) + entries)


def padded_pdf(size: int) -> bytes:
    """A good PDF of exactly this size, filled with bytes that don't compress to anything known."""
    empty = simple_pdf(b"", stream(b""))
    filling = (b"0123456789abcde\n" * (size // 16 + 1))[: size - len(empty)]
    made = simple_pdf(b"", stream(filling))
    return simple_pdf(b"", stream(filling[: len(filling) - (len(made) - size)]))


def image(
    image_format: str, size: tuple[int, int] = (32, 24), mode: str = "RGB", **options: Any
) -> bytes:
    """A picture with a gradient."""
    picture = Image.linear_gradient("L").resize(size).convert(mode)
    out = io.BytesIO()
    picture.save(out, image_format, **options)
    return out.getvalue()


def photo_with_place(orientation: int = 1) -> bytes:
    """A JPEG with camera, GPS place, comment and resolution, as a phone makes it."""
    exif = Image.Exif()
    exif[0x010F] = "CanaryCamera"
    exif[0x0112] = orientation
    exif.get_ifd(0x8825).update({1: "N", 2: (38.0, 43.0, 0.0), 29: "2026:01:02"})
    return image("JPEG", (40, 20), exif=exif, comment=b"CanaryComment", dpi=(300, 300))


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """One PNG chunk with its checksum."""
    return struct.pack("!L", len(data)) + kind + data + struct.pack("!L", zlib.crc32(kind + data))


def png_claiming(width: int, height: int) -> bytes:
    """A tiny PNG file that unpacks to ``width`` × ``height`` black dots."""
    header = struct.pack("!LLBBBBB", width, height, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + width // 8)
    rows = b"".join(packer.compress(row) for _row in range(min(height, 3000))) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", rows)
        + png_chunk(b"IEND", b"")
    )


def archive(name: str = "Evil.class", data: bytes = b"\xca\xfe\xba\xbe") -> bytes:
    """A ZIP (and so a JAR) with one entry."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, data)
    return out.getvalue()


def locked_pdf() -> bytes:
    """A PDF that asks for a password."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def written_pdf(**what: Any) -> bytes:
    """A PDF by a common library, optionally with ``attachment`` or ``script``."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Title": "Licence (JS) 2027"})
    if "attachment" in what:
        writer.add_attachment("a.exe", what["attachment"])
    if "script" in what:
        action = DictionaryObject(
            {
                NameObject("/S"): NameObject("/JavaScript"),
                NameObject("/JS"): TextStringObject(what["script"]),
            }
        )
        writer.root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/CO"): action})
    if "open" in what:
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
            {
                NameObject("/S"): NameObject("/URI"),
                NameObject("/URI"): TextStringObject(what["open"]),
            }
        )
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def page_count(data: bytes) -> int:
    """Pages that another reader sees, so a sample is known to be a PDF at all."""
    return len(PdfReader(io.BytesIO(data)).pages)
