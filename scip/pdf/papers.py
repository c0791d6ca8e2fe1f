"""The sheets we print on: A4 for most of the world, US Letter for North America."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Paper(Enum):
    """A paper size; the value is what a person or an address may name it by."""

    A4 = "a4"
    LETTER = "letter"


# Portrait width and height in millimetres (ISO 216 and ANSI A).
_PORTRAIT_MM: Final[dict[Paper, tuple[float, float]]] = {
    Paper.A4: (210.0, 297.0),
    Paper.LETTER: (215.9, 279.4),
}

# Countries and territories whose printers hold Letter, as ISO 3166-1 codes
# (the Unicode CLDR list of regions with the paper size "US-Letter").
_LETTER_COUNTRIES: Final = frozenset(
    ("BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE")
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper size held upright or on its side."""

    paper: Paper
    landscape: bool = False

    @property
    def width_mm(self) -> float:
        """Width as held, in millimetres."""
        return _PORTRAIT_MM[self.paper][1 if self.landscape else 0]

    @property
    def height_mm(self) -> float:
        """Height as held, in millimetres."""
        return _PORTRAIT_MM[self.paper][0 if self.landscape else 1]

    @property
    def css_size(self) -> str:
        """The value of CSS `size`; a string, so that no locale puts a comma into it."""
        return f"{self.width_mm}mm {self.height_mm}mm"


def paper_for_country(code: str) -> Paper:
    """The paper a person in the country with this ISO 3166-1 code most likely prints on."""
    return Paper.LETTER if code.upper() in _LETTER_COUNTRIES else Paper.A4
