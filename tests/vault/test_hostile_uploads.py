# ruff: noqa: E501  a table of files reads best with one file a line
"""Files that must not come in, and files that must: at the check, and through ``store``."""

import io
import struct
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.core.files.base import File
from PIL import Image
from weasyprint import HTML

from scip.vault.errors import Refused
from scip.vault.inspection import check as checking
from scip.vault.inspection.check import DOCUMENTS, Upload, check

from . import samples

MB = 1024 * 1024
LIMIT = 20 * MB
GOOD = samples.simple_pdf()
JPEG = samples.image("JPEG")
PNG = samples.image("PNG")
WEBP = samples.image("WEBP")
EXE = (
    b"MZ\x90\x00"
    + b"\0" * 60
    + b"\x80\0\0\0\x0e\x1f\xba\x0e\x00\xb4\x09\xcd!This program cannot be run in DOS mode.\r\r\n$"
)
SCRIPT = b"<script>alert(1)</script>"
HTML_PAGE = b"<!DOCTYPE html><html><body>" + SCRIPT + b"</body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"
JS_ACTION = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
JAR = samples.archive()
DOCX = samples.archive("word/document.xml", b"<w/>")


def _in_fake_stream(header: bytes = b"5 0 obj") -> bytes:
    """Active objects behind a comment that looks like the start of a stream."""
    hidden = b"% >> stream\n" + header + b"\n" + JS_ACTION + b"\nendobj\n% endstream\n"
    return GOOD.replace(b"xref\n0", hidden + b"xref\n0", 1)


def _apng() -> bytes:
    first, second = Image.new("RGB", (8, 8)), Image.new("RGB", (8, 8), "white")
    out = io.BytesIO()
    first.save(out, "PNG", save_all=True, append_images=[second])
    return out.getvalue()


def _moving_webp() -> bytes:
    first, second = Image.new("RGB", (8, 8)), Image.new("RGB", (8, 8), "white")
    out = io.BytesIO()
    first.save(out, "WEBP", save_all=True, append_images=[second], duration=100)
    return out.getvalue()


# name, content, the code it must be refused with
HOSTILE: list[tuple[str, str, bytes, str]] = [
    # what it says isn't what it is
    ("executable as pdf", "licence.pdf", EXE, "type"),
    ("executable before a pdf", "licence.pdf", EXE + GOOD, "type"),
    ("elf as pdf", "licence.pdf", b"\x7fELF\x02\x01\x01" + b"\0" * 200, "type"),
    ("mach-o as jpeg", "photo.jpg", b"\xcf\xfa\xed\xfe" + b"\0" * 200, "type"),
    ("shell script as pdf", "licence.pdf", b"#!/bin/sh\nrm -rf ~\n", "type"),
    ("empty", "licence.pdf", b"", "empty"),
    ("one byte", "licence.pdf", b"%", "type"),
    ("only zeros", "licence.pdf", b"\0" * 5000, "type"),
    ("html as pdf", "licence.pdf", HTML_PAGE, "type"),
    ("html", "licence.html", HTML_PAGE, "type"),
    ("svg as png", "photo.png", SVG, "type"),
    ("svg", "photo.svg", SVG, "type"),
    ("xml with entity", "a.pdf", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "type"),
    ("gif as png", "photo.png", samples.image("GIF"), "type"),
    ("gifar", "photo.gif", samples.image("GIF") + JAR, "type"),
    ("bmp as jpeg", "photo.jpg", samples.image("BMP"), "type"),
    ("tiff as jpeg", "photo.jpg", samples.image("TIFF"), "type"),
    ("zip", "licence.zip", JAR, "type"),
    ("jar as pdf", "licence.pdf", JAR, "type"),
    ("docx", "cv.docx", DOCX, "type"),
    ("docx as pdf", "cv.pdf", DOCX, "type"),
    ("rtf", "cv.rtf", b"{\\rtf1\\ansi \\objdata }", "type"),
    ("old word", "cv.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "type"),
    ("postscript as pdf", "a.pdf", b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file\n", "type"),
    ("heic named jpg", "photo.jpg", b"\0\0\0\x18ftypheic" + b"\0" * 100, "type"),
    ("riff that is sound", "photo.webp", b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 40, "type"),
    ("pdf named exe", "licence.exe", GOOD, "extension"),
    ("pdf named html", "licence.html", GOOD, "extension"),
    ("pdf with two endings", "licence.pdf.js", GOOD, "extension"),
    ("png named pdf", "licence.pdf", PNG, "extension"),
    ("jpeg named svg", "photo.svg", JPEG, "extension"),
    # two things at once
    ("leading junk", "a.pdf", b"\n\n\n" + GOOD, "type"),
    ("html then pdf", "a.pdf", HTML_PAGE + GOOD, "type"),
    ("html in the pdf header", "a.pdf", GOOD.replace(b"%\xe2", b"%" + SCRIPT + b"\xe2", 1), "damaged"),
    ("zip behind pdf", "a.pdf", GOOD + JAR, "polyglot"),
    ("jar inside pdf", "a.pdf", samples.simple_pdf(b"", samples.stream(JAR)), "polyglot"),
    ("zip behind jpeg", "a.jpg", JPEG + JAR, "polyglot"),
    ("zip behind png", "a.png", PNG + JAR, "polyglot"),
    ("zip behind webp", "a.webp", WEBP + JAR, "polyglot"),
    ("rar behind jpeg", "a.jpg", JPEG + b"Rar!\x1a\x07\x01\x00" + b"\0" * 30, "polyglot"),
    ("7z behind png", "a.png", PNG + b"7z\xbc\xaf\x27\x1c" + b"\0" * 30, "polyglot"),
    ("html behind jpeg", "a.jpg", JPEG + HTML_PAGE, "polyglot"),
    ("html in jpeg comment", "a.jpg", samples.image("JPEG", comment=HTML_PAGE), "polyglot"),
    ("php in png text", "a.png", PNG[:33] + samples.png_chunk(b"tEXt", b"c\0<?php system($_GET[0]);?>") + PNG[33:], "polyglot"),
    ("program behind pdf", "a.pdf", GOOD + EXE, "polyglot"),
    ("junk behind pdf", "a.pdf", GOOD + b"A" * 3000, "damaged"),
    # a PDF that does something
    ("open javascript", "a.pdf", samples.simple_pdf(b"/OpenAction " + JS_ACTION), "active"),
    ("open by reference", "a.pdf", samples.simple_pdf(b"/OpenAction 5 0 R", b"<< /S /URI /URI (http://x) >>"), "active"),
    ("open by library", "a.pdf", samples.written_pdf(open="http://example.org"), "active"),
    ("javascript by library", "a.pdf", samples.written_pdf(script="app.alert(1)"), "active"),
    ("named javascript", "a.pdf", samples.simple_pdf(b"/Names << /JavaScript 5 0 R >>", b"<< >>"), "active"),
    ("escaped javascript", "a.pdf", samples.simple_pdf(b"", b"<< /S /J#61vaScript /J#53 (1) >>"), "active"),
    ("escaped open action", "a.pdf", samples.simple_pdf(b"/Open#41ction 5 0 R", b"<< /S /URI >>"), "active"),
    ("launch", "a.pdf", samples.simple_pdf(b"", b"<< /S /Launch /F (cmd.exe) >>"), "active"),
    ("additional actions", "a.pdf", samples.simple_pdf(b"/AA << /WC 5 0 R >>", b"<< /S /Named >>"), "active"),
    ("page action", "a.pdf", samples.simple_pdf(page=samples.PAGE[:-2] + b"/AA << /O << /S /Named >> >> >>"), "active"),
    ("attachment by library", "a.pdf", samples.written_pdf(attachment=b"plain"), "active"),
    ("attachment", "a.pdf", samples.simple_pdf(b"/Names << /EmbeddedFiles 5 0 R >>", b"<< /Names [] >>"), "active"),
    ("submit form", "a.pdf", samples.simple_pdf(b"", b"<< /S /SubmitForm /F (http://x) >>"), "active"),
    ("remote go-to", "a.pdf", samples.simple_pdf(b"", b"<< /S /GoToR /F (\\\\\\\\evil\\\\share) >>"), "active"),
    ("xfa form", "a.pdf", samples.simple_pdf(b"/AcroForm << /XFA 5 0 R >>", samples.stream(b"<xdp/>")), "active"),
    ("rich media", "a.pdf", samples.simple_pdf(b"", b"<< /Subtype /RichMedia >>"), "active"),
    ("import data", "a.pdf", samples.simple_pdf(b"", b"<< /S /ImportData >>"), "active"),
    ("in an object stream", "a.pdf", samples.simple_pdf(b"", samples.object_stream(JS_ACTION)), "active"),
    ("in a plain object stream", "a.pdf", samples.simple_pdf(b"", samples.object_stream(b"", b"", b"9 0 " + JS_ACTION)), "active"),
    ("in a later revision", "a.pdf", GOOD + samples.simple_pdf(b"/OpenAction " + JS_ACTION)[9:], "active"),
    # a PDF that hides what it does
    ("object stream in hex", "a.pdf", samples.simple_pdf(b"", samples.object_stream(b"", b"/Filter /ASCIIHexDecode", (b"9 0 " + JS_ACTION).hex().encode() + b">")), "damaged"),
    ("object stream coded twice", "a.pdf", samples.simple_pdf(b"", samples.object_stream(b"", b"/Filter [/AHx /Fl]", zlib.compress(b"9 0 " + JS_ACTION).hex().encode() + b">")), "damaged"),
    ("object stream, filter elsewhere", "a.pdf", samples.simple_pdf(b"", samples.object_stream(JS_ACTION, b"/Filter 6 0 R"), b"/FlateDecode"), "damaged"),
    ("object stream with escaped type", "a.pdf", samples.simple_pdf(b"", samples.object_stream(JS_ACTION).replace(b"/ObjStm", b"/Obj#53tm")), "damaged"),
    ("object stream with predictor", "a.pdf", samples.simple_pdf(b"", samples.object_stream(JS_ACTION, b"/Filter /FlateDecode /DecodeParms << /Predictor 12 >>")), "damaged"),
    ("object stream bomb", "a.pdf", samples.simple_pdf(b"", samples.object_stream(b" " * (40 * MB))), "damaged"),
    ("object stream cut", "a.pdf", samples.simple_pdf(b"", samples.object_stream(b"", data=zlib.compress(b"9 0 " + JS_ACTION * 9)[:-9])), "damaged"),
    ("objects behind a false stream", "a.pdf", _in_fake_stream(), "damaged"),
    ("objects behind a false stream, with a comment in between", "a.pdf", _in_fake_stream(b"5 0 % x\n obj"), "damaged"),
    ("password", "a.pdf", samples.locked_pdf(), "encrypted"),
    ("password, escaped", "a.pdf", samples.simple_pdf(trailer=b"/Encr#79pt 5 0 R"), "encrypted"),
    ("cut pdf", "a.pdf", GOOD[:-40], "damaged"),
    ("only a pdf header", "a.pdf", b"%PDF-1.7\n", "damaged"),
    ("odd version", "a.pdf", GOOD.replace(b"%PDF-1.7", b"%PDF-9.9"), "damaged"),
    ("stream without end", "a.pdf", samples.simple_pdf(b"", b"<< >>\nstream\nabc"), "damaged"),
    # pictures
    ("png bomb", "a.png", samples.png_claiming(20_000, 20_000), "pixels"),
    ("png ribbon", "a.png", samples.png_claiming(40_000, 8), "pixels"),
    ("jpeg claiming 65,000 a side", "a.jpg", JPEG.replace(struct.pack("!HH", 24, 32), struct.pack("!HH", 65_000, 65_000), 1), "pixels"),
    ("png cut", "a.png", PNG[: len(PNG) // 2], "damaged"),
    ("jpeg cut", "a.jpg", samples.image("JPEG", (400, 400))[:1500], "damaged"),
    ("webp cut", "a.webp", WEBP[:40], "damaged"),
    ("jpeg header and junk", "a.jpg", b"\xff\xd8\xff\xe0" + b"junk" * 100, "damaged"),
    ("png with wrong checksum", "a.png", PNG[:30] + bytes((PNG[30] ^ 1,)) + PNG[31:], "damaged"),
    ("moving png", "a.png", _apng(), "moving"),
    ("moving webp", "a.webp", _moving_webp(), "moving"),
    # names
    ("path up", "../../etc/cron.d/a.pdf", GOOD, "name"),
    ("absolute path", "/etc/a.pdf", GOOD, "name"),
    ("windows path", "C:\\Windows\\a.pdf", GOOD, "name"),
    ("stream of a file", "a.pdf:evil.exe", GOOD, "name"),
    ("nul", "a.exe\0.pdf", GOOD, "name"),
    ("line break", "a\r\nSet-Cookie: x=1.pdf", GOOD, "name"),
    ("right-to-left override", "licence\u202efdp.exe.pdf", GOOD, "name"),
    ("isolate", "licence\u2066a.pdf", GOOD, "name"),
    ("300 characters", "a" * 300 + ".pdf", GOOD, "name"),
    ("no name", "", GOOD, "name"),
    ("only dots", "..", GOOD, "name"),
    ("lone surrogate", "a\ud800.pdf", GOOD, "name"),
]  # fmt: skip

WELCOME: list[tuple[str, str, bytes, str]] = [
    ("plain pdf", "licence.pdf", GOOD, "application/pdf"),
    ("pdf by a library", "licence.PDF", samples.written_pdf(), "application/pdf"),
    ("pdf by weasyprint", "a.pdf", HTML(string="<p>Licence</p><a href='https://example.org'>x</a>").write_pdf() or b"", "application/pdf"),
    ("pdf with object stream", "a.pdf", samples.simple_pdf(b"", samples.object_stream(b"<< /A 1 >>")), "application/pdf"),
    ("pdf that opens at its page", "a.pdf", samples.simple_pdf(b"/OpenAction [3 0 R /Fit]"), "application/pdf"),
    ("pdf with escaped font name", "a.pdf", samples.simple_pdf(b"", b"<< /BaseFont /Source#20Serif >>"), "application/pdf"),
    ("pdf saved twice", "a.pdf", GOOD + b"5 0 obj\n<< >>\nendobj\nxref\n0 0\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\r\n", "application/pdf"),
    ("name that is one word", "licence", GOOD, "application/pdf"),
    ("name in many scripts", "शिक्षा 免許 رخصة 🙂 l’été.pdf", GOOD, "application/pdf"),
    ("name with markup", "<script>alert(1)<script>.pdf", GOOD, "application/pdf"),
    ("jpeg", "photo.JPG", JPEG, "image/jpeg"),
    ("jpeg in grey", "photo.jpeg", samples.image("JPEG", mode="L"), "image/jpeg"),
    ("jpeg for print", "photo.jpeg", samples.image("JPEG", mode="CMYK"), "image/jpeg"),
    ("photo with place", "photo.jpg", samples.photo_with_place(6), "image/jpeg"),
    ("png", "scan.png", PNG, "image/png"),
    ("png with palette", "scan.png", samples.image("PNG", mode="P"), "image/png"),
    ("png with clear parts", "scan.png", samples.image("PNG", mode="RGBA"), "image/png"),
    ("png of two tones", "scan.png", samples.image("PNG", mode="1"), "image/png"),
    ("webp", "scan.webp", WEBP, "image/webp"),
]  # fmt: skip


def _upload(name: str, content: bytes) -> Upload:
    # Django's own upload classes would tidy the name, and the vault must not count on that.
    return File(io.BytesIO(content), name=name)


def _named(rows: list[tuple[str, str, bytes, str]]) -> Any:
    return pytest.mark.parametrize(
        ("name", "content", "expected"), [pytest.param(*row[1:], id=row[0]) for row in rows]
    )


def test_there_are_at_least_sixty_hostile_files() -> None:
    assert len({row[0] for row in HOSTILE}) == len(HOSTILE)
    assert len(HOSTILE) >= 60


@_named(HOSTILE)
def test_hostile_file_is_refused_with_a_kind_sentence(
    name: str, content: bytes, expected: str
) -> None:
    with pytest.raises(Refused) as refused:
        check(_upload(name, content), allowed=DOCUMENTS, max_bytes=LIMIT)
    assert refused.value.code == expected
    sentence = refused.value.message
    assert "Nothing else changed." in sentence or "so we left it out" in sentence
    assert "invalid" not in sentence.lower()
    assert "!" not in sentence


@_named(WELCOME)
def test_good_file_is_taken(name: str, content: bytes, expected: str) -> None:
    checked = check(_upload(name, content), allowed=DOCUMENTS, max_bytes=LIMIT)
    assert checked.content_type == expected
    checked.stream.seek(0)
    kept = checked.stream.read()
    assert checked.size == len(kept)
    if expected == "application/pdf":
        # What tells of its making reads as blanks (test_telling), everything else as it came.
        assert {new for old, new in zip(content, kept, strict=True) if old != new} <= {ord(" ")}
    else:
        assert Image.open(io.BytesIO(kept)).size in {(32, 24), (20, 40)}


def test_the_samples_are_files_that_other_readers_open() -> None:
    """Control: an active PDF is refused for what it does, not for being broken."""
    for label, _name, content, expected in [*HOSTILE, *WELCOME]:
        if expected in {"active", "application/pdf"}:
            assert samples.page_count(content) == 1, label


CHECKS: dict[str, tuple[str, Callable[..., Any]]] = {
    "active": ("check_pdf", lambda data: None),
    "damaged": ("check_pdf", lambda data: None),
    "encrypted": ("check_pdf", lambda data: None),
    "polyglot": ("_check_tail", lambda tail, kind: None),
    "name": ("check_name", lambda name: "a.pdf"),
    "extension": ("_agree_on_name", lambda name, kind, allowed: name),
}


@pytest.mark.parametrize(
    ("code", "expected"),
    [("active", 20), ("encrypted", 2), ("name", 12), ("extension", 5), ("polyglot", 8)],
)
def test_without_its_check_the_same_files_pass(
    code: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: each refusal is the work of the check that it names."""
    function, off = CHECKS[code]
    monkeypatch.setattr(checking, function, off)
    passed = 0
    for _label, name, content, refused_with in HOSTILE:
        if refused_with == code:
            with suppress(Refused):
                check(_upload(name, content), allowed=DOCUMENTS, max_bytes=LIMIT)
                passed += 1
    assert passed >= expected


def test_sixty_megabytes_are_refused_by_what_is_there_not_by_what_is_claimed() -> None:
    with tempfile.TemporaryFile() as big:
        big.write(GOOD)
        big.truncate(60 * MB)
        upload = File(big, name="a.pdf")
        upload.size = 1000  # type: ignore[misc]
        with pytest.raises(Refused) as refused:
            check(upload, allowed=DOCUMENTS, max_bytes=LIMIT)
    assert refused.value.code == "size"
    assert "20 MB" in refused.value.message


SLOW = [
    b"1%",
    b"1 ",
    b"\n ",
    b"/",
    b"/#",
    b"/a",
    b"obj ",
    b"stream\n",
    b"stream\nendstream ",
    b"<",
    b"/F 1 ",
    b"/OpenAction [",
    b"/Info 1 0 R 1 0 obj (",
    b"/Type /Metadata obj ",
]


@pytest.mark.parametrize("pattern", SLOW)
@pytest.mark.parametrize("inside", [True, False])
def test_no_pattern_makes_the_search_hang(pattern: bytes, inside: bool) -> None:
    """A search that looks back or ahead over everything again would take days for these."""
    filling = pattern * (4 * MB // len(pattern))
    content = samples.simple_pdf(b"", samples.stream(filling) if inside else filling)
    with suppress(Refused):
        check(_upload("a.pdf", content), allowed=DOCUMENTS, max_bytes=LIMIT)


def test_a_kind_that_the_place_does_not_take_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        check(_upload("a.pdf", GOOD), allowed={"image/png"}, max_bytes=LIMIT)
    assert refused.value.code == "type"
    assert "(PNG)" in refused.value.message


def test_office_documents_get_a_sentence_of_their_own() -> None:
    with pytest.raises(Refused, match="Save the document as PDF"):
        check(
            _upload("cv.docx", samples.archive("[Content_Types].xml")),
            allowed=DOCUMENTS,
            max_bytes=LIMIT,
        )


def test_a_picture_loses_place_camera_comment_and_what_hides_behind_it() -> None:
    photo = samples.photo_with_place(orientation=6)
    assert b"CanaryCamera" in photo
    assert Image.open(io.BytesIO(photo)).getexif().get_ifd(0x8825)
    checked = check(
        _upload("p.jpg", photo + b"CanaryTail" * 10), allowed=DOCUMENTS, max_bytes=LIMIT
    )
    checked.stream.seek(0)
    kept = checked.stream.read()
    assert b"Canary" not in kept
    picture = Image.open(io.BytesIO(kept))
    assert dict(picture.getexif()) == {}
    assert picture.size == (20, 40), "the photo stands upright though its orientation note is gone"


@pytest.mark.parametrize("image_format", ["PNG", "WEBP"])
def test_png_and_webp_lose_their_notes(image_format: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "CanaryCamera"
    content = samples.image(image_format, exif=exif, icc_profile=b"CanaryProfile" + b"\0" * 128)
    assert b"CanaryCamera" in content
    checked = check(
        _upload(f"p.{image_format.lower()}", content), allowed=DOCUMENTS, max_bytes=LIMIT
    )
    checked.stream.seek(0)
    kept = checked.stream.read()
    assert b"CanaryCamera" not in kept
    assert Image.open(io.BytesIO(kept)).info.keys() <= {
        "loop",
        "background",
        "duration",
        "timestamp",
    }
