"""What a PDF tells of its making does not come in, and nothing else of it changes."""

import io
from collections.abc import Callable
from time import process_time
from typing import Any

import pytest
from django.core.files.base import ContentFile
from pypdf import PdfReader, PdfWriter

from scip.vault.inspection.check import DOCUMENTS, check
from scip.vault.inspection.telling import telling_facts
from scip.vault.services import read, store

from . import samples

NAME, HEX = b"Martha (Mia) Klein", b"Martha".hex().encode()
XMP = b"<?xpacket?><dc:creator>Martha Klein</dc:creator><?xpacket end?>"
PACKET = samples.stream(XMP, b"/Type /Metadata /Subtype /XML")


def kept(content: bytes) -> bytes:
    """What would be sealed."""
    checked = check(ContentFile(content, name="talk.pdf"), allowed=DOCUMENTS, max_bytes=10**6)
    checked.stream.seek(0)
    return checked.stream.read()


def information(*objects: bytes) -> bytes:
    """A PDF whose information dictionary is object 5."""
    return samples.simple_pdf(b"", *objects, trailer=b"/Info 5 0 R")


@pytest.mark.parametrize(
    "content",
    [
        information(b"<< /Author (%s) /CreationDate (D:20260301) >>" % NAME),
        information(b"<< /Author <%s> /Producer (A\\) word) >>" % HEX),
        information(b"<< /Author 6 0 R /Title 7 0 R >>", b"(%s)" % NAME, b"(Martha)"),
        samples.simple_pdf(b"/Metadata 5 0 R", PACKET),
    ],
    ids=["strings", "hexadecimal", "as Apple writes it", "an XMP packet"],
)
def test_names_and_moments_are_blank(content: bytes) -> None:
    found = kept(content)
    assert len(found) == len(content)
    for words in (b"Martha", b"Klein", HEX, b"D:2026", b"word"):
        assert words not in found
    changed = [old for old, new in zip(content, found, strict=True) if old != new]
    assert changed
    assert {new for old, new in zip(content, found, strict=True) if old != new} == {ord(" ")}
    reader = PdfReader(io.BytesIO(found), strict=True)
    assert len(reader.pages) == 1
    assert not "".join(str(value).strip() for value in (reader.metadata or {}).values())


def bookmarked() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_outline_item(title="Martha is a chapter here", page_number=0)
    writer.metadata = None
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        bookmarked,
        lambda: information(b"<< /Author (%s) >>" % NAME, b"<< /ByteRange [0 1 2 3] >>"),
        lambda: samples.simple_pdf(b"/Lang (Martha)"),
    ],
    ids=["what is in the document", "signed", "no facts"],
)
def test_everything_else_stays_as_it_came(content: Callable[[], bytes]) -> None:
    sent = content()
    assert kept(sent) == sent


FACTS = b"5 0 obj <<%s>> endobj\n" % b" ".join(b"/A%d 6 0 R" % place for place in range(16))


@pytest.mark.parametrize(
    "content",
    [
        b"a b c d " * 125_000 + FACTS * 16 + b"/Info 5 0 R " * 16 + b"6 0 obj (Mia) endobj",
        b"5 0 obj\n" * 500_000 + b"/Info 5 0 R ",
        b"5 0 obj <<(" + b"\\(" * 30_000 + b">> endobj /Info 5 0 R ",
        (b"5 0 obj <<" + b"()" * 30_000 + b">> endobj\n") * 64 + b"/Info 5 0 R ",
        b"1 0 obj <</Type /Metadata>> stream\nMia\nendstream endobj\n" * 20_000,
    ],
    ids=["facts pointing to facts", "without an end", "escapes", "many strings", "many packets"],
)
def test_hostile_facts_hold_nobody_up(content: bytes) -> None:
    began = process_time()
    found = telling_facts(content)
    # No measure of speed: reading again from every place takes from ten seconds to hours.
    assert process_time() - began < 8
    assert len(found) < 10_000


def test_what_is_kept_in_the_vault_is_blank(db: Any, stranger: Any) -> None:
    sent = ContentFile(information(b"<< /Author (%s) >>" % NAME), name="talk.pdf")
    file = store(sent, owner=stranger, purpose="excerpt", allowed=DOCUMENTS, max_bytes=10**6)
    assert b"Martha" not in read(file)
    assert read(file).startswith(b"%PDF-")
