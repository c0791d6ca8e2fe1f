"""The QR code that leads from a printed page to its verification page."""

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

# ISO/IEC 18004 asks for four empty modules on each side, else some cameras don't find the code.
QUIET_ZONE = 4


def qr_path(url: str) -> SafeString:
    """An inline SVG with the address as a QR code (error correction M), one path for all modules.

    One path, not a rectangle per module: that halves the rendering time of a certificate. The
    `viewBox` counts in modules and includes the quiet zone. Raises segno.DataOverflowError when the
    address is longer than a QR code can hold (about 2,300 bytes).
    """
    code = segno.make(url, error="m", micro=False, boost_error=False)
    rows = [bytes(row) for row in code.matrix]
    size = len(rows) + 2 * QUIET_ZONE
    return format_html(
        '<svg class="qr" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        '<title>{title}</title><path stroke="#1f2a2e" d="{path}"/></svg>',
        size=str(size),
        title=gettext("QR code leading to %(url)s") % {"url": url},
        path="".join(_runs(rows)),
    )


def _runs(rows: list[bytes]) -> list[str]:
    """A stroke, one module thick, for each horizontal run of dark modules.

    A stroke takes two path commands where an outline takes four, and commands are what costs time.
    """
    pieces = []
    for y, row in enumerate(rows, start=QUIET_ZONE):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                pieces.append(f"M{start + QUIET_ZONE} {y}.5h{x - start}")
            x += 1
    return pieces
