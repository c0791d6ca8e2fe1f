"""Fitting a person's name, in any script and of any length, onto a certificate."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, Literal

from scip.pdf.fonts import metrics_for

MM_TO_PT: Final = 72 / 25.4

# Names are measured without kerning and ligatures; this much air keeps an unlucky pair inside.
_AIR: Final = 1.03

# How large a name may stand on one, two, three, four lines, as a share of the largest size: chosen
# so that the block never grows higher than about one and a half single lines.
_SHARE_BY_LINES: Final = (1.0, 0.74, 0.52, 0.4)

# More stacked marks than any orthography uses would paint over the lines above.
_MOST_MARKS: Final = 3

_JOINERS: Final = "\u200c\u200d"
_DROPPED: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "So", "Sk", "Me"})


class UnprintableName(ValueError):
    """A name with letters that none of our fonts has, or with nothing to print at all.

    `missing` holds those letters, so that the person can be asked for another spelling.
    """

    def __init__(self, name: str, missing: str) -> None:
        super().__init__(name)
        self.missing = missing


@dataclass(frozen=True, slots=True)
class FittedName:
    """A name broken into lines and sized; `text` is what is printed, in logical order."""

    text: str
    lines: tuple[str, ...]
    size_pt: float
    direction: Literal["ltr", "rtl"]
    lang: str

    @property
    def css_size(self) -> str:
        """The value of CSS `font-size`; a string, so that no locale puts a comma into it."""
        return f"{self.size_pt:.2f}pt"


def printable_name(name: str) -> str:
    """The name as it can be printed: composed, without control characters, emoji and pictures.

    Emoji are left out, not drawn: a document that is checked by reading it should hold only what
    can be read aloud. Letters are never left out silently: raises UnprintableName.
    """
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", " ".join(name.split())):
        category = unicodedata.category(char)
        if category == "Mn":
            marks += 1
            # A mark that no font has is noise on a letter that one has; in a script that none
            # has, the letters themselves are reported below.
            if marks > _MOST_MARKS or not kept or not _has_glyph(char):
                continue
        else:
            marks = 0
        if category in _DROPPED and char not in _JOINERS:
            continue
        kept.append(char)
    text = " ".join(_without_loose_joiners("".join(kept)).split())
    missing = "".join(dict.fromkeys(char for char in text if not _has_glyph(char)))
    if missing or not text:
        raise UnprintableName(name, missing)
    return text


def direction_of(text: str) -> Literal["ltr", "rtl"]:
    """The direction of the first strongly directed character (rule P2 of the bidi algorithm)."""
    for char in text:
        match unicodedata.bidirectional(char):
            case "L":
                return "ltr"
            case "R" | "AL":
                return "rtl"
    return "ltr"


def fit_name(name: str, width_mm: float, max_pt: float, min_pt: float) -> FittedName:
    """Break and size a name so that its widest line stays within `width_mm`.

    It first shrinks on one line down to `min_pt` points, then breaks into two, three or four
    balanced lines; only a name for which that is not enough becomes smaller than `min_pt`. Breaks
    fall between words, between characters of East Asian scripts and, when one word alone is too
    long, inside it. Raises UnprintableName.
    """
    text = printable_name(name)
    room = width_mm * MM_TO_PT / _AIR
    best: tuple[float, tuple[str, ...]] = (0.0, (text,))
    for tokens in (_words(text), _clusters(text)):
        for count, share in enumerate(_SHARE_BY_LINES, start=1):
            lines = _balanced(tokens, count)
            size = min(max_pt * share, room / max(text_width_em(line) for line in lines))
            best = max(best, (size, lines), key=itemgetter(0))
            if size >= min(min_pt, max_pt * share):
                return _fitted(text, lines, size)
    return _fitted(text, best[1], best[0])


def text_width_em(text: str) -> float:
    """The width of a line in em, from the advance widths of the fonts that will print it."""
    return sum(_advance(char) for char in text) or 1.0


def _advance(char: str) -> float:
    if _ignorable(char) or unicodedata.category(char) == "Mn":
        return 0.0
    found = metrics_for(char)
    return found.advances[ord(char)] if found else 1.0


def _fitted(text: str, lines: tuple[str, ...], size: float) -> FittedName:
    # Rounded down, so that the printed size is never the one that just no longer fits.
    return FittedName(text, lines, int(size * 100) / 100, direction_of(text), _language_of(text))


def _ignorable(char: str) -> bool:
    """Joiners and ideographic variation selectors: they steer shaping and have no glyph."""
    return char in _JOINERS or 0xE0100 <= ord(char) <= 0xE01EF


def _has_glyph(char: str) -> bool:
    return _ignorable(char) or metrics_for(char) is not None


def _without_loose_joiners(text: str) -> str:
    """Drop joiners that don't stand between two letters, as when an emoji sequence was removed."""
    return "".join(
        char
        for i, char in enumerate(text)
        if char not in _JOINERS
        or (0 < i < len(text) - 1 and _is_letter(text[i - 1]) and _is_letter(text[i + 1]))
    )


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LM"


def _is_east_asian(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _language_of(text: str) -> str:
    """The language a name's script stands for, where it stands for one; else empty."""
    for char in text:
        script = unicodedata.name(char, "").split(" ")[0]
        if script in _LANGUAGES:
            return _LANGUAGES[script]
    return ""


_LANGUAGES: Final = {"HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja", "HEBREW": "he"}


def _clusters(text: str) -> list[str]:
    """The text cut before every base character: the last resort for an endless word."""
    pieces: list[str] = []
    for char in text:
        attached = _ignorable(char) or unicodedata.category(char).startswith("M") or char == " "
        if pieces and (attached or pieces[-1][-1] in _JOINERS):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _words(text: str) -> list[str]:
    """The text cut where a line may end; a space stays at the end of its piece."""
    pieces = [""]
    for cluster in _clusters(text):
        before = pieces[-1]
        may_break = before.endswith((" ", "-", "\u2010")) or (
            before and _is_east_asian(before.rstrip()[-1]) and _is_east_asian(cluster[0])
        )
        if may_break and before.strip():
            pieces.append(cluster)
        else:
            pieces[-1] += cluster
    return pieces


def _balanced(pieces: Sequence[str], count: int) -> tuple[str, ...]:
    """At most `count` lines whose widest is as narrow as can be, by halving the allowed width."""
    widths = [text_width_em(piece) for piece in pieces]
    low, high = max(widths), sum(widths)
    lines = _greedy(pieces, widths, high)
    while high - low > 0.01:
        middle = (low + high) / 2
        attempt = _greedy(pieces, widths, middle)
        if len(attempt) <= count:
            lines, high = attempt, middle
        else:
            low = middle
    return tuple(line.strip() for line in lines)


def _greedy(pieces: Sequence[str], widths: Sequence[float], limit: float) -> list[str]:
    lines = [""]
    filled = 0.0
    for piece, width in zip(pieces, widths, strict=True):
        if lines[-1] and filled + width > limit + 1e-9:
            lines.append("")
            filled = 0.0
        lines[-1] += piece
        filled += width
    return lines
