"""The fonts of our documents: static faces from font wheels, and nothing from the machine.

A document must look the same on a laptop, in a container without any font and in ten years, and its
text must come out again by copying. So the only fonts a rendering can see are the ones listed here.
Static faces, because a variable one costs four times the rendering time; what exists only as a
variable font is pinned to one weight when it is first needed.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

# Both are heavy, and a process that never draws a document (beat, nearly every web worker) or
# measures a name starts in half of the time without them.
if TYPE_CHECKING:
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher


@dataclass(frozen=True, slots=True)
class Face:
    """One static font: where it lies in its wheel, and when it is needed."""

    key: str
    family: str
    package: str
    file: str
    weight: int = 400
    style: str = "normal"
    # The core faces are always loaded; the others when a text has a character that needs them.
    is_core: bool = False
    is_variable: bool = False

    @property
    def path(self) -> Path:
        """The font file inside the installed wheel."""
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise FontMissing(self.package)
        return Path(spec.submodule_search_locations[0], self.file)


class FontMissing(RuntimeError):
    """A font wheel that the documents need is not installed; the argument is its package."""


SERIF: Final = "Source Serif Pro"

# The order is the order of the fallback chain: the first face with a glyph for a character prints it.
FACES: Final = (
    Face("serif", SERIF, "font_source_serif_pro", "files/SourceSerifPro-Regular.ttf", is_core=True),
    Face(
        "serif-italic",
        SERIF,
        "font_source_serif_pro",
        "files/SourceSerifPro-It.ttf",
        style="italic",
        is_core=True,
    ),
    Face(
        "serif-semibold",
        SERIF,
        "font_source_serif_pro",
        "files/SourceSerifPro-Semibold.ttf",
        weight=600,
        is_core=True,
    ),
    Face("arabic", "Amiri", "fontpkg_amiri", "files/Amiri-Regular.ttf"),
    Face(
        "hebrew",
        "Frank Ruhl Libre",
        "fontpkg_frank_ruhl_libre",
        "files/FrankRuhlLibre[wght].ttf",
        is_variable=True,
    ),
    Face("cjk", "Noto Sans CJK JP", "noto_cjk_sans_jp_regular", "NotoSansCJKjp-Regular.otf"),
    Face("devanagari", "Mukta", "fontpkg_mukta", "files/Mukta-Regular.ttf"),
    Face("bengali", "Hind Siliguri", "fontpkg_hind_siliguri", "files/HindSiliguri-Regular.ttf"),
    Face("thai", "Sarabun", "fontpkg_sarabun", "files/Sarabun-Regular.ttf"),
    Face(
        "tamil",
        "Noto Sans Tamil",
        "fontpkg_noto_sans_tamil",
        "files/NotoSansTamil[wdth,wght].ttf",
        is_variable=True,
    ),
    Face(
        "telugu",
        "Noto Sans Telugu",
        "fontpkg_noto_sans_telugu",
        "files/NotoSansTelugu[wdth,wght].ttf",
        is_variable=True,
    ),
    # Latin letters beyond the serif's reach, as Hausa's hooked ones.
    Face(
        "latin-extended",
        "Noto Sans",
        "fontpkg_noto_sans",
        "files/NotoSans[wdth,wght].ttf",
        is_variable=True,
    ),
)

FAMILIES: Final = ", ".join(dict.fromkeys(f'"{face.family}"' for face in FACES))

# One upright face per family is enough to know which characters the family can print, how wide.
_UPRIGHT: Final = tuple(f for f in FACES if f.style == "normal" and f.weight == 400)


@dataclass(frozen=True, slots=True)
class Metrics:
    """What is needed to measure a line: advance widths in em, by code point."""

    face: Face
    advances: dict[int, float]


@cache
def metrics(key: str) -> Metrics:
    """Advance widths of the face with this key; read once per process."""
    from fontTools.ttLib import TTFont

    face = _face(key)
    with TTFont(face.path, lazy=True) as font:
        units = font["head"].unitsPerEm
        widths = font["hmtx"].metrics
        advances = {code: widths[name][0] / units for code, name in font.getBestCmap().items()}
    return Metrics(face, advances)


def metrics_for(char: str) -> Metrics | None:
    """The first metrics in the chain that can print the character; None when no face can."""
    code = ord(char)
    for face in _UPRIGHT:
        found = metrics(face.key)
        if code in found.advances:
            return found
    return None


def font_bytes(key: str) -> bytes:
    """The font file for this key, pinned to one weight if it was variable; FontMissing if unknown."""
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    face = _face(key)
    if not face.is_variable:
        return face.path.read_bytes()
    with TTFont(face.path) as font:
        pinned = {axis.axisTag: axis.defaultValue for axis in font["fvar"].axes}
        static = instancer.instantiateVariableFont(font, {**pinned, "wght": face.weight})
        output = BytesIO()
        static.save(output)
    return output.getvalue()


class FontShelf:
    """The one font configuration of a process, which grows by the faces that texts turn out to need.

    A configuration per document leaks about 200 KiB each; a shared one stays flat. It belongs to the
    process that made it, because it owns a folder that it removes at its end.
    """

    def __init__(self, fetcher: URLFetcher) -> None:
        self.pid = os.getpid()
        self._fetcher = fetcher
        self._loaded: set[str] = set()
        self.configuration = _configuration_without_system_fonts()
        self._load(face for face in FACES if face.is_core)

    def cover(self, text: str) -> None:
        """Load the faces that the characters of the text need and that are not loaded yet."""
        needed = dict.fromkeys(
            found.face
            for char in sorted(set(text))
            if not char.isascii() and (found := metrics_for(char)) is not None
        )
        self._load(needed)

    def _load(self, faces: Iterable[Face]) -> None:
        from weasyprint import CSS

        new = [face for face in faces if face.key not in self._loaded]
        if new:
            rules = "".join(
                f'@font-face {{ font-family: "{face.family}"; font-weight: {face.weight}; '
                f"font-style: {face.style}; src: url(font:{face.key}) }}"
                for face in new
            )
            CSS(string=rules, font_config=self.configuration, url_fetcher=self._fetcher)
            self._loaded.update(face.key for face in new)


def _face(key: str) -> Face:
    for face in FACES:
        if face.key == key:
            return face
    raise FontMissing(key)


_environment_lock = threading.Lock()


def _configuration_without_system_fonts() -> FontConfiguration:
    """A font configuration that knows no folder of the machine.

    Fontconfig reads where fonts lie from the file that the environment names, at the moment a
    configuration is made, so the name is set for just that moment.
    """
    from weasyprint.text.fonts import FontConfiguration

    folder = Path(tempfile.gettempdir())
    with tempfile.NamedTemporaryFile("w", suffix=".conf", dir=folder) as config, _environment_lock:
        config.write(f"<fontconfig><cachedir>{folder / 'scip-fontconfig'}</cachedir></fontconfig>")
        config.flush()
        before = os.environ.get("FONTCONFIG_FILE")
        os.environ["FONTCONFIG_FILE"] = config.name
        try:
            return FontConfiguration()
        finally:
            if before is None:
                del os.environ["FONTCONFIG_FILE"]
            else:
                os.environ["FONTCONFIG_FILE"] = before
