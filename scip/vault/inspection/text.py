"""Plain text, for transcripts."""

import codecs
import re

from django.utils.translation import gettext as _

from scip.vault.errors import Refused
from scip.vault.sealing import Readable

_PART = 1024 * 1024
_CONTROL = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f]")


def is_text(head: bytes) -> bool:
    """UTF-8 without control characters; a letter cut at the end of ``head`` is fine."""
    try:
        words = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return bool(words.strip()) and not _CONTROL.search(words)


def check_text(source: Readable) -> None:
    """Read it whole, in constant memory; raises Refused where it stops being text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    source.seek(0)
    try:
        while part := source.read(_PART):
            if _CONTROL.search(decoder.decode(part)):
                raise _not_text()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _not_text() from error


def _not_text() -> Refused:
    return Refused(
        "text",
        _(
            "Part of this file is not text that we can read, so we left it out. Nothing else changed. "
            "Save it as plain text with the encoding UTF-8, or as PDF, and choose that one."
        ),
    )
