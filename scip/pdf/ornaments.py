"""The drawn parts of our documents: the three interlocking arcs, and a certificate's engraving.

Everything is drawn from the sheet's size in millimetres and stands in the page's background: a
background is decoration to a screen reader, an inline picture would be announced.
"""

from base64 import b64encode
from functools import cache
from math import sqrt
from typing import Final

from scip.pdf.papers import Sheet

PAPER: Final = "#fdfbf7"
TEAL: Final = "#0f5c63"
CLAY: Final = "#a4532f"
GREEN: Final = "#3f6332"
SAND: Final = "#c9bca4"

# The engraved arcs stand on the rule above the facts: its height over the sheet's lower edge.
BASIS_RULE_MM: Final = 68.0

# The arcs in engraving: the three colours, thinned with paper until text stands on them unharmed.
_ENGRAVED: Final = ("#dde8e6", "#f0e1d7", "#e1e8db")


@cache
def certificate_art(sheet: Sheet) -> str:
    """Frame, engraved arcs and the mark for one sheet in millimetres, as a `data:` address of an SVG."""
    width, height = sheet.width_mm, sheet.height_mm
    middle = width / 2
    return _data_address(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" fill="none">'
        f"{_engraving(middle, height - BASIS_RULE_MM)}{_frame(width, height)}"
        f"{mark(middle, 34.5, 0.34)}</svg>",
    )


@cache
def mark_art() -> str:
    """The mark alone, as a `data:` address of an SVG of 76 by 34 units."""
    return _data_address(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-38 -29 76 34" fill="none">'
        f"{mark(0, 0, 1, paper='#ffffff')}</svg>",
    )


def mark(x: float, y: float, scale: float, *, paper: str = PAPER) -> str:
    """Three arcs that hold each other: the first lies over the second, the second over the third,
    and the third over the first. (x, y) is the middle of the base line."""
    radius, step = 22.0, 13.0
    left, centre, right = (_arc(offset, radius) for offset in (-step, 0.0, step))
    gap, line = 8.0, 4.4
    # The part of the third arc around its meeting with the first (at x = 0), once more on top.
    near, far = -3.6, 4.4
    over = (
        f"M{near:.3f} {-sqrt(radius**2 - (near - step) ** 2):.3f}"
        f"A{radius} {radius} 0 0 1 {far:.3f} {-sqrt(radius**2 - (far - step) ** 2):.3f}"
    )
    strokes = [
        (right, GREEN, False),
        (centre, CLAY, True),
        (left, TEAL, True),
        (over, GREEN, True),
    ]
    drawn = []
    for path, colour, is_over in strokes:
        cap = "butt" if path is over else "round"
        if is_over:
            drawn.append(f'<path d="{path}" stroke="{paper}" stroke-width="{gap}"/>')
        drawn.append(
            f'<path d="{path}" stroke="{colour}" stroke-width="{line}" stroke-linecap="{cap}"/>',
        )
    return f'<g transform="translate({x} {y}) scale({scale})">{"".join(drawn)}</g>'


def _engraving(x: float, y: float) -> str:
    """Three families of hairlines; where they cross they weave a pattern, as on a banknote."""
    lines = []
    for colour, offset in zip(_ENGRAVED, (-42.0, 0.0, 42.0), strict=True):
        path = "".join(_arc(offset, 62.0 + 1.9 * i) for i in range(13))
        lines.append(f'<path d="{path}" stroke="{colour}" stroke-width="0.2"/>')
    return f'<g transform="translate({x} {y})">{"".join(lines)}</g>'


def _frame(width: float, height: float) -> str:
    """A double line with hollowed corners; in each corner the three arcs in small."""
    outer = _hollow(8.0, width, height, 9.0)
    inner = _hollow(9.6, width, height, 9.0)
    corners = []
    for colour, radius in ((TEAL, 5.6), (CLAY, 4.2), (GREEN, 2.8)):
        path = "".join(
            f"M{x + dx * radius} {y}A{radius} {radius} 0 0 {int(dx * dy > 0)} {x} {y + dy * radius}"
            for x, dx in ((8.0, 1), (width - 8.0, -1))
            for y, dy in ((8.0, 1), (height - 8.0, -1))
        )
        corners.append(f'<path d="{path}" stroke="{colour}" stroke-width="0.45"/>')
    return (
        f'<path d="{outer}" stroke="{TEAL}" stroke-width="0.5"/>'
        f'<path d="{inner}" stroke="{SAND}" stroke-width="0.2"/>{"".join(corners)}'
    )


def _hollow(inset: float, width: float, height: float, radius: float) -> str:
    """A closed rectangle whose corners are quarter circles hollowed inwards."""
    left, top, right, bottom = inset, inset, width - inset, height - inset
    arc = f"A{radius} {radius} 0 0 0"
    return (
        f"M{left + radius} {top}H{right - radius}{arc} {right} {top + radius}"
        f"V{bottom - radius}{arc} {right - radius} {bottom}"
        f"H{left + radius}{arc} {left} {bottom - radius}V{top + radius}{arc} {left + radius} {top}Z"
    )


def _arc(x: float, radius: float) -> str:
    """The upper half of a circle around (x, 0)."""
    return f"M{x - radius} 0A{radius} {radius} 0 0 1 {x + radius} 0"


def _data_address(svg: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
