"""The first view: everything a public page loads stays under 60 KB compressed, from this site alone."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

LIMIT = 60 * 1024
STATIC = Path(site_settings.BASE_DIR) / "static"


def compressed(content: bytes) -> int:
    return len(gzip.compress(content, compresslevel=6))


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def loaded_by(html: str) -> list[str]:
    """Names of the static files that a page loads."""
    return re.findall(r'(?:src|href)="/static/([^"]+)"', html)


def weight(html: str) -> int:
    """Bytes of a page and of everything it loads, compressed."""
    total = compressed(html.encode())
    for name in loaded_by(html):
        path = finders.find(name)
        assert path, f"{name} is not there"
        total += compressed(Path(path).read_bytes())
    return total


def first_view() -> str:
    return render_to_string("404.html") + render_to_string("components/htmx.html")


def test_first_view_with_htmx_stays_light() -> None:
    assert len(loaded_by(first_view())) >= 10
    assert weight(first_view()) <= LIMIT


def test_a_heavier_page_would_be_noticed() -> None:
    heavy = first_view() + '<script src="/static/django_htmx/htmax-4.js"></script>'
    assert weight(heavy) > LIMIT


def test_sheets_and_scripts_load_nothing_from_elsewhere() -> None:
    for path in [*STATIC.rglob("*.css"), *STATIC.rglob("*.js")]:
        text = path.read_text()
        assert re.findall(r"(?:url\(|@import|import\()\s*['\"]?(?:https?:)?//", text) == [], (
            path.name
        )
        assert "eval(" not in text
        assert "innerHTML" not in text
