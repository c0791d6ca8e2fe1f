"""From text to tokens: words, numbers, space, single signs. One pass, no backtracking."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache

# Four kinds that exclude each other by their first character: nothing to go back over.
_PIECES = re.compile(r"[^\W\d_]+|\d+|\s+|.", re.DOTALL)
# Signs that stand inside words of scripts which write vowels as marks are joined to them.
_JOINERS = frozenset("\u200c\u200d")


class Sort(IntEnum):
    """What a token is made of."""

    WORD = 0
    NUMBER = 1
    SPACE = 2
    SIGN = 3


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of the text; ``folded`` is how it is compared."""

    sort: Sort
    start: int
    end: int
    text: str

    @property
    def folded(self) -> str:
        return _known_fold(self.text) if len(self.text) <= 40 else fold(self.text)

    @property
    def is_capitalised(self) -> bool:
        """Begins with a capital and goes on: initials are no names."""
        return (
            self.sort is Sort.WORD and len(self.text) > 1 and self.text[0] != self.text[0].lower()
        )


@cache
def is_mark(sign: str) -> bool:
    return sign in _JOINERS or unicodedata.category(sign).startswith("M")


def fold(text: str) -> str:
    """How words are compared: compatibility form, without case, single spaces, no edges."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


# The words of a text come again and again.
_known_fold = lru_cache(maxsize=8192)(fold)


def tokens_of(text: str) -> list[Token]:
    """The text as tokens without gaps; words keep their combining marks."""
    return list(_joined(text))


def _joined(text: str) -> Iterator[Token]:
    start, end, is_word = 0, 0, False
    for piece in _PIECES.finditer(text):
        first = piece.group()[0]
        continues = is_word and (
            is_mark(first) or (end == piece.start() and is_mark(text[end - 1]))
        )
        if continues and (is_mark(first) or first.isalpha()):
            end = piece.end()
            continue
        if is_word:
            yield Token(Sort.WORD, start, end, text[start:end])
        start, end = piece.span()
        is_word = first.isalpha()
        if not is_word:
            yield Token(_sort(first), start, end, text[start:end])
    if is_word:
        yield Token(Sort.WORD, start, end, text[start:end])


def _sort(first: str) -> Sort:
    if first.isdecimal():
        return Sort.NUMBER
    return Sort.SPACE if first.isspace() else Sort.SIGN
