"""The QR code that leads from a printed page to its verification page."""

from typing import Final

import segno

from scip.pdf.stamps import Drawing

# ISO/IEC 18004 asks for four empty modules on each side, else some cameras don't find the code.
QUIET_ZONE: Final = 4
# The ink of the text, #1f2a2e.
_INK: Final = "0.121569 0.164706 0.180392 rg"


def qr_drawing(url: str) -> Drawing:
    """The address as a QR code (error correction M); a unit is a module, the quiet zone included.

    All modules are one filled shape, so that no hairline shows between them. Raises
    segno.DataOverflowError when the address is longer than a QR code can hold (about 2,300 bytes).
    """
    code = segno.make(url, error="m", micro=False, boost_error=False)
    rows = [bytes(row) for row in code.matrix]
    size = len(rows) + 2 * QUIET_ZONE
    operators = "\n".join([_INK, *_runs(rows), "f"])
    return Drawing(size, size, operators.encode())


def _runs(rows: list[bytes]) -> list[str]:
    """A rectangle, one module high, for each horizontal run of dark modules."""
    pieces = []
    for y, row in enumerate(rows, start=QUIET_ZONE):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                pieces.append(f"{start + QUIET_ZONE} {y} {x - start} 1 re")
            x += 1
    return pieces
