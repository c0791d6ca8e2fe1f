"""The name that a file came with."""

import unicodedata
from pathlib import PurePath

from django.utils.translation import gettext as _

from scip.vault.errors import Refused

MAX_LENGTH = 255

# Characters that make a name read differently from what it is: embeddings, overrides and isolates.
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def check_name(name: str) -> str:
    """Return the name in composed form without surrounding blanks.

    Browsers send a bare file name, so a name with a path, control characters or reordering marks was
    made by hand; raises Refused for it, and for one that is too long or empty.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not name.strip("."):
        raise Refused(
            "name",
            _(
                "This file came without a name, so we left it out. Give it a name and choose it again."
            ),
        )
    if len(name) > MAX_LENGTH or len(name.encode(errors="surrogatepass")) > 4 * MAX_LENGTH:
        raise Refused(
            "name",
            _(
                "This file’s name is longer than we can keep, so we left the file out. "
                "Nothing else changed. Shorten the name and choose it again."
            ),
        )
    if any(
        char in "/\\:"
        or char in _REORDERING
        or unicodedata.category(char) in {"Cc", "Cs", "Co", "Zl", "Zp"}
        for char in name
    ):
        raise Refused(
            "name",
            _(
                "This file’s name contains characters that can hide what it is, so we left the file out. "
                "Nothing else changed. Rename it with plain letters and choose it again."
            ),
        )
    return name


def split_extension(name: str) -> tuple[str, str]:
    """Return the name without its ending, and the ending in lower case with its dot (or nothing)."""
    path = PurePath(name)
    return path.stem, path.suffix.lower()


def with_extension(name: str, extension: str) -> str:
    """Give the name an ending, shortening the rest so that both fit."""
    stem = split_extension(name)[0]
    return stem[: MAX_LENGTH - len(extension)] + extension
