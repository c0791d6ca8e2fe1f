"""Warns of what could tell who a client is: rules over tokens, nothing leaves the process.

``notice(text, avoid=…, fine=…)`` returns hints in the order of the text. It knows no language
well and several a little; it misses things and warns of harmless ones, so it never blocks
anything. Its work grows with the length of the text and no faster: every rule looks at a few
tokens around the one it stands on, and `Reading.looks` counts them.
"""

from certification.portfolio.deidentification.labels import looks_like_a_name
from certification.portfolio.deidentification.reading import Hint, Kind, Why
from certification.portfolio.deidentification.rules import notice
from certification.portfolio.deidentification.tokens import fold

__all__ = ["Hint", "Kind", "Why", "fold", "looks_like_a_name", "notice"]
