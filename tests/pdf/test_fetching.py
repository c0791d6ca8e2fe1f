"""A document can load nothing: 0 requests, 0 bytes of files, whatever its markup asks for."""

from base64 import b64encode
from pathlib import Path

import pytest
from weasyprint import HTML

from scip.pdf.fetching import SealedFetcher
from scip.pdf.rendering import ForbiddenFetch, render_html

from .conftest import Sink

CANARY = "CANARY-41c7e0"


def data_svg(content: str) -> str:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{content}</svg>'
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


# HERE stands for the sink's address or for a local file's.
VECTORS = {
    "img": '<img src="HERE/a.png" alt="">',
    "img redirected": '<img src="HERE/redirect" alt="">',
    "stylesheet link": '<link rel="stylesheet" href="HERE/a.css">',
    "import": "<style>@import url(HERE/a.css);</style>",
    "import in a media rule": '<style>@import "HERE/a.css" print;</style>',
    "font-face": "<style>@font-face{font-family:x;src:url(HERE/a.ttf)}p{font-family:x}</style><p>x",
    "background": '<p style="background:url(HERE/a.png)">x</p>',
    "border image": '<p style="border:1px solid;border-image:url(HERE/a.png) 1">x</p>',
    "list marker": '<ul><li style="list-style-image:url(HERE/a.png)">x</ul>',
    "generated content": "<style>p::before{content:url(HERE/a.png)}</style><p>x",
    "page background": "<style>@page{background:url(HERE/a.png)}</style><p>x",
    "svg image": '<svg width="9" height="9"><image href="HERE/a.png" width="9" height="9"/></svg>',
    "svg use": '<svg width="9" height="9"><use href="HERE/a.svg#x"/></svg>',
    "svg style": '<svg width="9" height="9"><style>@import url(HERE/a.css);</style></svg>',
    "object": '<object data="HERE/a.svg" type="image/svg+xml"></object>',
    "embed": '<embed src="HERE/a.svg" type="image/svg+xml">',
    "attachment link": '<link rel="attachment" href="HERE/a.txt">',
    "attachment anchor": '<a rel="attachment" href="HERE/a.txt">x</a>',
    "base and relative": '<base href="HERE/"><img src="a.png" alt="">',
    "colour profile": "<style>@color-profile --x{src:url(HERE/a.icc)}</style><p>x",
}


def page(markup: str) -> str:
    return f'<!doctype html><html lang="en"><title>t</title><body>{markup}<p>end</p>'


def attempt(markup: str) -> bytes:
    """The PDF, or nothing when the rendering was refused: both are fine, a request is not."""
    try:
        return render_html(page(markup))
    except ForbiddenFetch:
        return b""


@pytest.mark.parametrize("vector", VECTORS)
def test_no_vector_makes_a_request(vector: str, sink: Sink) -> None:
    attempt(VECTORS[vector].replace("HERE", sink.url))
    assert sink.requests == []


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("scheme", ["file://", "FILE://", "ftp://127.0.0.1"])
def test_no_vector_reads_a_file(
    vector: str, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.png", "a.css", "a.ttf", "a.svg", "a.txt", "a.icc", "redirect"):
        (tmp_path / name).write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg"><text>{CANARY}</text></svg>'
        )
    opened: list[str] = []
    original = SealedFetcher.open

    def recording(self: SealedFetcher, url: object, *args: object, **kwargs: object) -> object:
        opened.append(str(url))
        return original(self, url, *args, **kwargs)

    monkeypatch.setattr(SealedFetcher, "open", recording)
    pdf = attempt(VECTORS[vector].replace("HERE", f"{scheme}{tmp_path}"))
    assert opened == []
    assert CANARY.encode() not in pdf


@pytest.mark.parametrize("vector", ["img", "stylesheet link", "font-face", "background", "object"])
def test_a_foreign_address_is_an_error_and_not_a_gap(vector: str, sink: Sink) -> None:
    with pytest.raises(ForbiddenFetch):
        render_html(page(VECTORS[vector].replace("HERE", sink.url)))


def test_an_image_inside_a_data_image_makes_no_request(sink: Sink) -> None:
    inner = f'<image href="{sink.url}/a.png" width="9" height="9"/><use href="{sink.url}/b.svg#x"/>'
    attempt(f'<img src="{data_svg(inner)}" alt="">')
    assert sink.requests == []


def test_an_unknown_font_key_is_refused() -> None:
    with pytest.raises(ForbiddenFetch):
        render_html(page("<style>@font-face{font-family:z;src:url(font:../../etc/passwd)}</style>"))


def test_links_and_data_images_are_fine(sink: Sink) -> None:
    drawn = data_svg('<path d="M0 0h9v9z"/>')
    pdf = render_html(page(f'<a href="{sink.url}/x">x</a><img src="{drawn}" alt="drawn">'))
    assert pdf.startswith(b"%PDF-1.7")
    assert sink.requests == []


# The negative control: with WeasyPrint's own fetcher the same markup does reach the sink.
NOT_FETCHED_BY_WEASYPRINT = {
    "border image",
    "svg style",
    "colour profile",
    "attachment anchor",
    "svg use",
}


@pytest.mark.parametrize("vector", sorted(set(VECTORS) - NOT_FETCHED_BY_WEASYPRINT))
def test_without_the_seal_the_vector_makes_a_request(vector: str, sink: Sink) -> None:
    HTML(string=page(VECTORS[vector].replace("HERE", sink.url))).write_pdf()
    assert sink.requests != []


def test_without_the_seal_a_file_is_embedded(tmp_path: Path) -> None:
    secret = tmp_path / "a.txt"
    secret.write_text(CANARY)
    markup = page(f'<link rel="attachment" href="{secret.as_uri()}">')
    assert CANARY.encode() in (HTML(string=markup).write_pdf(uncompressed_pdf=True) or b"")
