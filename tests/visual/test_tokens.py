"""The colours of tokens.css keep WCAG's contrast in both schemes, computed, not eyed."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = Path(settings.BASE_DIR) / "static" / "css" / "tokens.css"

GROUNDS = ("paper", "surface", "sunken")
SOFT_GROUNDS = ("action-soft", "clay-soft", "met-soft", "open-soft", "danger-soft")
TEXT_PAIRS = [
    *[
        (text, ground)
        for ground in GROUNDS
        for text in ("ink", "ink-soft", "action", "action-strong", "clay")
    ],
    *[(text, ground) for ground in GROUNDS for text in ("met", "open", "danger")],
    *[("ink", ground) for ground in SOFT_GROUNDS],
    *[("ink-soft", ground) for ground in SOFT_GROUNDS],
    *[("action", ground) for ground in SOFT_GROUNDS],
    *[(ground.removesuffix("-soft"), ground) for ground in SOFT_GROUNDS],
    ("action-ink", "action"),
    ("action-ink", "action-strong"),
    ("danger-ink", "danger"),
    ("surface", "met"),
]
# Borders of fields and the focus ring: 3:1 is asked (WCAG 1.4.11).
SHAPE_PAIRS = [(shape, ground) for ground in GROUNDS for shape in ("line-strong", "clay", "open")]


def read_tokens(css: str) -> dict[str, tuple[str, str]]:
    """Token name → (light, dark) hex colours."""
    found = re.findall(r"--([a-z-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)", css)
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.fixture(scope="module")
def tokens() -> dict[str, tuple[str, str]]:
    return read_tokens(TOKENS.read_text())


@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_is_readable_in_light_and_dark(
    tokens: dict[str, tuple[str, str]], text: str, ground: str
) -> None:
    for scheme in (0, 1):
        assert contrast(tokens[text][scheme], tokens[ground][scheme]) >= 4.5


@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS)
def test_borders_of_controls_can_be_seen(
    tokens: dict[str, tuple[str, str]], shape: str, ground: str
) -> None:
    for scheme in (0, 1):
        assert contrast(tokens[shape][scheme], tokens[ground][scheme]) >= 3.0


def test_the_measure_itself_tells_good_from_bad() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#8d8676", "#f3ede3") < 4.5


def test_every_colour_used_in_the_sheets_is_a_token(tokens: dict[str, tuple[str, str]]) -> None:
    known = set(re.findall(r"--([a-z0-9-]+):", TOKENS.read_text()))
    for sheet in TOKENS.parent.glob("*.css"):
        css = sheet.read_text()
        own = known | set(re.findall(r"--([a-z0-9-]+):", css))
        assert set(re.findall(r"var\(--([a-z0-9-]+)", css)) - own == set(), sheet.name
        if sheet.name != "tokens.css":
            assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;, )])", css) == [], sheet.name
