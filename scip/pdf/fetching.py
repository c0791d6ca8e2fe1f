"""What a document may load while it is rendered: `data:` addresses and our own fonts.

WeasyPrint's own fetcher opens any address and any local file a document mentions, so a name or a
cohort title that smuggles in markup could read the server's disk or call its network from inside.
"""

from typing import Any

from weasyprint.urls import URLFetcher, URLFetcherResponse

from scip.pdf.fonts import font_bytes

_FONT_SCHEME = "font:"


class SealedFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
    """Answers `data:` and `font:<key>`, refuses every other address and stops the rendering."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
        """The resource at the address; ValueError (fatal to the rendering) when not allowed."""
        if url.startswith(_FONT_SCHEME):
            body = font_bytes(url.removeprefix(_FONT_SCHEME))
            return URLFetcherResponse(url, body=body, headers={"Content-Type": "font/ttf"})
        return super().fetch(url, headers)
